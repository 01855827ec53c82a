// multiplexer: deadlines, retries, graces and waits that are over.
#ifndef RAIDA_ENGINE_DETAIL_MULTIPLEXER_TIME_HPP
#define RAIDA_ENGINE_DETAIL_MULTIPLEXER_TIME_HPP

#include <raida/engine/detail/multiplexer.hpp>

namespace raida::inline v1::detail {

template <std::size_t N>
auto multiplexer<N>::lanes_due(time_point now) const -> lane_set
{
    lane_set lanes;
    due_.for_each_due(now, [&](const round<N>& one) {
        const bool gives_up = one.ends <= now;
        for (std::size_t server = 0; server < N; ++server)
            if (one.slots[server].was_sent() &&
                (gives_up || one.due_of(one.slots[server], limits_.queue_wait) <= now))
                lanes.set(server);
    });
    return lanes;
}

template <std::size_t N>
void multiplexer<N>::expire(time_point now)
{
    now_ = now;
    while (!due_.empty() && due_.next_due() <= now) {
        round<N>& which = due_.top();
        if (which.ends <= now) {
            finish(which, which.lingering ? errc::not_awaited : errc::timed_out);
            continue;
        }
        for (std::size_t server = 0; server < N; ++server)
            if (which.slots[server].state != slot_state::settled &&
                which.due_of(which.slots[server], limits_.queue_wait) <= now)
                expire_slot(which, server, now);
        if (which.finished)
            continue;
        // time_point::max() while only its watcher is waited for. A retry gets its chance to be sent first.
        which.due = std::max(earliest_due(which), now + std::chrono::nanoseconds{1});
        due_.update(which);
    }
}

template <std::size_t N>
void multiplexer<N>::expire_slot(round<N>& which, std::size_t server, time_point now)
{
    slot& one = which.slots[server];
    lane_statistics& counted = counts_.servers[server];
    const auto waited = now - which.sent_at(one);
    if (one.state == slot_state::provisional) {
        which.answers->accept_held(server, one.attempts);
        ++counted.answered;
    } else if (one.attempts == 0) {
        which.answers->fail(server, errc::overloaded, waited, 0);
    } else if (one.state == slot_state::in_flight && one.attempts < which.most_attempts() &&
               now - which.began <= longest_deadline) {
        lanes_[server].leave_place(one);
        lanes_[server].enqueue(which.index);
        update_sendable(server);
        return;
    } else {
        which.answers->fail(server, errc::timed_out, waited, one.attempts);
        ++counted.timed_out;
    }
    settle(which, server, true);
}

template <std::size_t N>
time_point multiplexer<N>::earliest_due(const round<N>& which) const noexcept
{
    time_point earliest = which.ends;
    for (const slot& one : which.slots)
        if (one.state != slot_state::settled)
            earliest = std::min(earliest, which.due_of(one, limits_.queue_wait));
    return earliest;
}

template <std::size_t N>
void multiplexer<N>::due_by(round<N>& which, time_point when) noexcept
{
    if (which.finished || when >= which.due)
        return;
    which.due = when;
    due_.update(which);
}

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_MULTIPLEXER_TIME_HPP
