// When each round in flight has something to do.
#ifndef RAIDA_ENGINE_DETAIL_SCHEDULE_HPP
#define RAIDA_ENGINE_DETAIL_SCHEDULE_HPP

#include <raida/engine/detail/due_heap.hpp>
#include <raida/engine/detail/round.hpp>

#include <algorithm>
#include <bitset>
#include <chrono>
#include <cstddef>

namespace raida::inline v1::detail {

/// A round's time is that of its earliest slot, or earlier: an answer does not put it off, which would cost
/// more than finding out once that there is nothing to do.
template <std::size_t N>
class schedule
{
  public:
    explicit schedule(std::chrono::nanoseconds queue_wait) noexcept : queue_wait_{queue_wait} {}

    /// Room for so many rounds: adding them cannot fail.
    void reserve(std::size_t rounds) { heap_.reserve(rounds); }
    void add(round<N>& one) { heap_.insert(one); }
    void remove(round<N>& one) noexcept { heap_.erase(one); }

    /// No later than the next thing to do; time_point::max() when there is nothing.
    [[nodiscard]] time_point next_due() const noexcept
    {
        return heap_.empty() ? (time_point::max)() : heap_.next_due();
    }
    [[nodiscard]] round<N>& first() const noexcept { return heap_.top(); }

    [[nodiscard]] time_point due_of(const round<N>& of, const slot& one) const noexcept
    {
        return of.due_of(one, queue_wait_);
    }

    /// The round has something to do at `when`, too.
    void due_by(round<N>& one, time_point when) noexcept
    {
        if (one.finished || when >= one.due)
            return;
        one.due = when;
        heap_.update(one);
    }

    /// After what was due in it was done. A retry gets its chance to be sent before the round is looked at
    /// again; time_point::max() while only its watcher is waited for.
    void look_again(round<N>& at, time_point now) noexcept
    {
        time_point earliest = at.ends;
        for (const slot& one : at.slots)
            if (one.state != slot_state::settled)
                earliest = (std::min)(earliest, due_of(at, one));
        at.due = (std::max)(earliest, now + std::chrono::nanoseconds{1});
        heap_.update(at);
    }

    /// Servers that a slot is about to stop waiting for.
    [[nodiscard]] std::bitset<N> servers_due(time_point now) const
    {
        std::bitset<N> servers;
        heap_.for_each_due(now, [&](const round<N>& one) {
            const bool gives_up = one.ends <= now;
            for (std::size_t server = 0; server < N; ++server)
                if (one.slots[server].was_sent() && (gives_up || due_of(one, one.slots[server]) <= now))
                    servers.set(server);
        });
        return servers;
    }

  private:
    due_heap<round<N>> heap_;
    std::chrono::nanoseconds queue_wait_; // how long a slot waits for a place in its lane
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_SCHEDULE_HPP
