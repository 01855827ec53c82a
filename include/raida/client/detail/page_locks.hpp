// Which pages of which servers are being changed: those of one server follow one another, and never wait for
// another server.
#ifndef RAIDA_CLIENT_DETAIL_PAGE_LOCKS_HPP
#define RAIDA_CLIENT_DETAIL_PAGE_LOCKS_HPP

#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// A page as servers keep it: real ones were seen to lose a pown that raced with another on the same page.
using page = std::pair<std::int8_t, std::uint32_t>;

inline page page_of(token_id token) noexcept
{
    return {token.denomination.value, token.serial.value / 1024};
}

/// The pages that a client's powns are changing, whichever calls they belong to.
///
/// Whoever waits at a server stands in one line there, and goes to its end once it got something: nobody
/// starves, and since whoever stands first is kept waiting by powns in flight alone, two calls never wait for
/// each other.
class page_locks
{
  public:
    /// Names a call.
    using owner = std::uint32_t;

    /// Somebody who waits at a server where something has changed.
    struct waiter
    {
        owner who;
        std::size_t server;
        friend bool operator==(const waiter&, const waiter&) = default;
    };

    /// Is it neither taken, nor wanted by somebody who waits before `who`?
    [[nodiscard]] bool is_free(std::size_t server, owner who, const page& wanted)
    {
        lane& at = lane_of(server);
        if (at.taken.contains(wanted))
            return false;
        return std::none_of(at.line.begin(), find(at, who), [&](const place& before) {
            return std::find(before.wants.begin(), before.wants.end(), wanted) != before.wants.end();
        });
    }

    /// Takes all of them, which must be free.
    void take(std::size_t server, owner who, std::span<const page> wanted)
    {
        lane& at = lane_of(server);
        for (const page& one : wanted)
            at.taken.emplace(one, who);
        leave(at, who);
    }

    void give_back(std::size_t server, std::span<const page> done)
    {
        lane& at = lane_of(server);
        for (const page& one : done)
            at.changed |= at.taken.erase(one) != 0;
    }

    /// `who` is over: gives back whatever it has, and waits no more.
    void forget(owner who) noexcept
    {
        for (lane& at : lanes_) {
            at.changed |= std::erase_if(at.taken, [who](const auto& one) { return one.second == who; }) != 0;
            leave(at, who);
        }
    }

    /// All that `who` waits for at this server; nothing to leave the line.
    void wait(std::size_t server, owner who, std::span<const page> wanted)
    {
        lane& at = lane_of(server);
        if (wanted.empty())
            return leave(at, who);
        const auto found = find(at, who);
        if (found == at.line.end()) {
            at.line.push_back({who, {wanted.begin(), wanted.end()}});
        } else if (!std::equal(wanted.begin(), wanted.end(), found->wants.begin(), found->wants.end())) {
            found->wants.assign(wanted.begin(), wanted.end());
            at.changed = true;
        }
    }

    /// Everybody who should try again, since something has changed where they wait.
    [[nodiscard]] std::vector<waiter> take_woken()
    {
        std::vector<waiter> woken;
        woken.reserve(waiting()); // first: should that fail they are found the next time
        for (std::size_t server = 0; server < lanes_.size(); ++server)
            if (std::exchange(lanes_[server].changed, false))
                for (const place& one : lanes_[server].line)
                    woken.push_back({one.who, server});
        return woken;
    }

    friend bool operator==(const page_locks&, const page_locks&) = default;

  private:
    struct place
    {
        owner who;
        std::vector<page> wants;
        friend bool operator==(const place&, const place&) = default;
    };

    struct lane
    {
        std::map<page, owner> taken{};
        std::vector<place> line{};
        bool changed = false;
        friend bool operator==(const lane&, const lane&) = default;
    };

    lane& lane_of(std::size_t server)
    {
        if (server >= lanes_.size())
            lanes_.resize(server + 1);
        return lanes_[server];
    }

    static std::vector<place>::iterator find(lane& at, owner who)
    {
        return std::find_if(at.line.begin(), at.line.end(), [&](const place& one) { return one.who == who; });
    }

    [[nodiscard]] std::size_t waiting() const noexcept
    {
        std::size_t count = 0;
        for (const lane& at : lanes_)
            count += at.changed ? at.line.size() : 0;
        return count;
    }

    static void leave(lane& at, owner who) noexcept
    {
        if (const auto found = find(at, who); found != at.line.end()) {
            at.line.erase(found);
            at.changed = true;
        }
    }

    std::vector<lane> lanes_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_PAGE_LOCKS_HPP
