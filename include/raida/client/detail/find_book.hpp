// What servers answer to find, kept server by server.
#ifndef RAIDA_CLIENT_DETAIL_FIND_BOOK_HPP
#define RAIDA_CLIENT_DETAIL_FIND_BOOK_HPP

#include <raida/client/detail/batch_machine.hpp>
#include <raida/consensus/find_tally.hpp>
#include <raida/consensus/options.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <utility>

namespace raida::inline v1::detail {

/// Only servers that could not answer a chunk are asked again, in parts: too long, or one token that the
/// server does not know (it then refuses the whole chunk).
template <std::size_t N>
class find_book
{
  public:
    using result = find_tally<N>;

    find_book(const consensus_options& rules, std::size_t tokens) : rules_{rules}, result_{tokens} {}

    /// A server that has complained of an unknown token this often, and has not answered once since, is
    /// believed to complain of anything.
    static constexpr std::size_t most_complaints = 12;

    [[nodiscard]] bool wants_parts(const reply& one, bool readable) noexcept
    {
        if (!one)
            return false;
        std::size_t& complaints = complaints_[one.server];
        if (one.status() == status::invalid_serial_or_denomination)
            return ++complaints <= most_complaints;
        complaints = is_find_result(one.status()) ? 0 : complaints;
        return !readable || one.status() == status::invalid_packet_length;
    }

    /// Of every token a quorum of servers says the same, or none is in reach any more.
    [[nodiscard]] bool is_decided(const piece<N>& chunk, const piece<N>& part, const replies<N>& so_far,
                                  const std::bitset<N>& open, bool alone) const
    {
        if (!alone || part.count != chunk.count || part.servers != chunk.servers)
            return false; // what was said before is not in here
        find_tally<N> now{part.count};
        std::size_t pending = 0;
        for (std::size_t i = 0; i < N; ++i)
            if (so_far[i].error == errc::pending || open[i])
                ++pending;
            else
                now.add(0, part.count, so_far[i]);
        const std::size_t needed = detail::votes_needed<N>(rules_);
        for (std::size_t token = 0; token < chunk.count; ++token) {
            std::size_t most = 0;
            for (const auto which :
                 {find_answer::neither, find_answer::authenticity, find_answer::new_authenticity})
                most = (std::max)(most, now.count(token, which));
            if (most < needed && most + pending >= needed)
                return false;
        }
        return true;
    }

    void take(const piece<N>&, const piece<N>& part, replies<N>& answers, const std::bitset<N>& servers)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (servers[i])
                result_.add(part.first, part.count, answers[i]);
    }

    std::size_t close(const piece<N>& chunk) const noexcept { return chunk.count; }

    [[nodiscard]] result take() && { return std::move(result_); }

  private:
    consensus_options rules_;
    result result_;
    std::array<std::size_t, N> complaints_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_FIND_BOOK_HPP
