// Where each slot of one question stands: at the primary, at the mirror, unclear, or settled. No I/O.
#ifndef RAIDA_CLIENT_DETAIL_EXCHANGE_MACHINE_HPP
#define RAIDA_CLIENT_DETAIL_EXCHANGE_MACHINE_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/base/errc.hpp>
#include <raida/wire/reply.hpp>

#include <bitset>
#include <cstddef>
#include <system_error>

namespace raida::inline v1::detail {

/// A server that could not be reached, or not be sent to, or that was silent has a mirror asked in its place,
/// at once, if the question may be repeated. A sealed body with two readings is unclear: what other answers
/// teach may tell. Ended early nobody is asked any more.
template <std::size_t N>
class exchange_machine
{
  public:
    exchange_machine(const std::bitset<N>& servers, bool may_repeat) noexcept
        : at_primary_{servers}, may_repeat_{may_repeat}
    {}

    /// Is this slot of the primaries worth a question at the mirror? `outdated`: the answer is that of a
    /// machine that is asked no longer.
    [[nodiscard]] bool wants_mirror(const reply& one, bool outdated) const noexcept
    {
        return at_primary_[one.server] && may_repeat_ && !has_ended_ && (outdated || is_unanswered(one));
    }
    void go_to_mirror(std::size_t server) noexcept
    {
        at_primary_.reset(server);
        at_mirror_.set(server);
    }

    /// What stands in a slot now is all that will come. True unless it was known already.
    bool arrived(std::size_t server, bool readable) noexcept
    {
        if (!at_primary_[server] && !at_mirror_[server])
            return false;
        at_primary_.reset(server);
        at_mirror_.reset(server);
        unclear_[server] = !readable;
        return true;
    }

    /// The body of an unclear slot can be read now, or will never be.
    void clear_up(std::size_t server) noexcept { unclear_.reset(server); }

    /// Enough is known, or nobody wants to know any more.
    void end() noexcept { has_ended_ = true; }

    [[nodiscard]] bool has_ended() const noexcept { return has_ended_; }
    [[nodiscard]] const std::bitset<N>& at_primary() const noexcept { return at_primary_; }
    [[nodiscard]] const std::bitset<N>& at_mirror() const noexcept { return at_mirror_; }
    [[nodiscard]] const std::bitset<N>& unclear() const noexcept { return unclear_; }

    /// Slots in which something stands that is not the last word.
    [[nodiscard]] std::bitset<N> provisional() const noexcept { return at_mirror_ | unclear_; }

  private:
    static bool is_unanswered(const reply& one) noexcept
    {
        return one.error && one.error != errc::not_awaited && one.error != errc::oversize &&
               one.error != errc::skipped && !is_system_error(one.error, std::errc::operation_canceled);
    }

    std::bitset<N> at_primary_, at_mirror_, unclear_;
    bool may_repeat_;
    bool has_ended_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_EXCHANGE_MACHINE_HPP
