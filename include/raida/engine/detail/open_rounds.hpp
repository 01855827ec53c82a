// The fan-outs in flight: how each begins, how its slots are settled, and how it ends.
#ifndef RAIDA_ENGINE_DETAIL_OPEN_ROUNDS_HPP
#define RAIDA_ENGINE_DETAIL_OPEN_ROUNDS_HPP

#include <raida/base/errc.hpp>
#include <raida/engine/detail/event_log.hpp>
#include <raida/engine/detail/lane.hpp>
#include <raida/engine/detail/results.hpp>
#include <raida/engine/detail/round.hpp>
#include <raida/engine/detail/schedule.hpp>
#include <raida/engine/detail/send_turns.hpp>
#include <raida/engine/detail/server_knowledge.hpp>
#include <raida/engine/limits.hpp>
#include <raida/engine/request_options.hpp>
#include <raida/engine/statistics.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// Every change of a slot's state is made here, so that lanes, times, results and statistics agree.
template <std::size_t N>
class open_rounds
{
  public:
    using server_set = std::bitset<N>;
    explicit open_rounds(const limits& allowed)
        : limits_{allowed.checked()},
          when_{limits_.queue_wait},
          told_{rounds_},
          known_{limits_.isolation},
          turns_{limits_.in_flight_per_lane}
    {
        lanes_.reserve(N);
        for (std::size_t server = 0; server < N; ++server)
            lanes_.emplace_back(rounds_, server);
    }

    open_rounds(const open_rounds&) = delete; // the lanes point into it

    [[nodiscard]] round_pool<N>& rounds() noexcept { return rounds_; }
    [[nodiscard]] lane<N>& lane_of(std::size_t server) noexcept { return lanes_[server]; }
    [[nodiscard]] schedule<N>& when() noexcept { return when_; }
    [[nodiscard]] results<N>& told() noexcept { return told_; }
    [[nodiscard]] server_knowledge<N>& known() noexcept { return known_; }
    [[nodiscard]] fanout_statistics<N>& counts() noexcept { return counts_; }
    [[nodiscard]] event_log<N>& events() noexcept { return events_; }
    [[nodiscard]] const limits& allowed() const noexcept { return limits_; }

    /// The longest that any request has been allowed to take: so long its echo is remembered.
    [[nodiscard]] std::chrono::nanoseconds longest_timeout() const noexcept { return longest_timeout_; }

    // ---- rounds

    /// Takes a checked fan-out in. When memory is short: std::bad_alloc, and nothing has changed.
    round<N>& admit(const std::array<packet_view, N>& packets, request_options<N>&& options,
                    replies<N>& answers, const server_set& reachable, round_owner* owner, time_point now)
    {
        // What can fail comes first, while the round is still free.
        server_set asked = reachable;
        for (std::size_t server = 0; server < N; ++server)
            asked[server] = asked[server] && !packets[server].bytes.empty();
        asked &= ~known_.left_out(asked, now);

        round<N>& made = rounds_.spare();
        when_.reserve(rounds_.size());
        for (std::size_t server = 0; server < N; ++server)
            if (asked[server])
                lanes_[server].make_room();
        made.store(packets, options);

        rounds_.take();
        made.begin(options, answers, owner, ++serial_, now);
        made.due = (std::min)(now + limits_.queue_wait, made.ends);
        answers.reset();
        for (std::size_t server = 0; server < N; ++server)
            if (asked[server])
                enter(made, packets[server], options, server, now);
            else
                answers.fail(server,
                             packets[server].bytes.empty() ? errc::skipped
                             : !reachable[server]          ? errc::no_endpoint
                                                           : errc::isolated,
                             {}, 0);
        made.outstanding == 0 ? complete(made, now) : when_.add(made);
        return made;
    }

    /// Ends a round now: what is settled stays, every other slot ends with `reason`.
    void finish(round<N>& which, std::error_code reason, time_point now)
    {
        if (!which.active || which.finished)
            return;
        for (std::size_t server = 0; server < N; ++server) {
            const slot& one = which.slots[server];
            if (one.state == slot_state::settled)
                continue;
            if (one.state == slot_state::provisional) { // unproved, but it is what has arrived
                which.answers->accept_held(server, one.attempts);
            } else if (reason == errc::timed_out) {
                time_out(which, server, {}, now);
            } else {
                lanes_[server].on_silence(which.index, now);
                which.answers->fail(server, reason, {}, one.attempts);
            }
            settle(which, server, false, now);
        }
        if (!which.finished)
            complete(which, now);
    }

    /// A settled slot was shown to whoever watches.
    void notified(round<N>& of, time_point now)
    {
        // The rule is the caller's, and may run the context: until it has spoken the round cannot finish.
        bool enough = false;
        try {
            enough = !of.finished && !of.lingering && of.outstanding != 0 && of.has_enough();
        } catch (...) {
            shown(of, now);
            throw;
        }
        if (enough && !of.finished && !of.lingering) {
            const auto linger = of.rules->linger;
            of.lingering = linger > linger.zero();
            of.ends = (std::min)(of.ends, now + linger);
            if (of.lingering)
                when_.due_by(of, of.ends);
            else
                finish(of, errc::not_awaited, now);
        }
        shown(of, now);
    }

    /// Gives a finished round's place back. Its packets are wiped.
    void release(round<N>& which) noexcept
    {
        which.end();
        rounds_.give_back(which);
    }

    /// Does everything that is due.
    void expire(time_point now)
    {
        turns_.advance(lanes_, now);
        while (when_.next_due() <= now) {
            round<N>& which = when_.first();
            if (which.ends <= now) {
                finish(which, which.lingering ? errc::not_awaited : errc::timed_out, now);
                continue;
            }
            for (std::size_t server = 0; server < N; ++server)
                if (which.slots[server].state != slot_state::settled &&
                    when_.due_of(which, which.slots[server]) <= now)
                    expire_slot(which, server, now);
            if (!which.finished)
                when_.look_again(which, now);
        }
    }

    // ---- slots

    /// A request of this lane has left.
    void sent(std::size_t server, std::uint32_t index, time_point now)
    {
        round<N>& of = rounds_[index];
        slot& one = of.slots[server];
        auto& from = lanes_[server];
        from.dequeue(index);
        if (one.attempts == 0) {
            from.use_echo(one);
        } else {
            longest_timeout_ = (std::max)(longest_timeout_, of.lengthen(one));
            ++counts_.servers[server].retried;
        }
        from.history.mark(one.echo);
        one.since = of.micros(now);
        ++one.attempts;
        from.take_place(index);
        events_.sent(of, server, now);
        when_.due_by(of, when_.due_of(of, one));
    }

    void answer(std::size_t server, std::uint32_t index, bytes_view bytes, bool verified, time_point now)
    {
        round<N>& of = rounds_[index];
        const slot& one = of.slots[server];
        if (lanes_[server].on_answer(index, verified, now))
            events_.window_changed(server, lanes_[server].window.size(), now);
        if (verified || !one.is_signed)
            known_.heard(server);
        if (verified)
            known_.on_answer(of, server, lanes_[server].sockets.current(), now);
        try {
            of.answers->answer(server, bytes, verified, now - of.sent_at(one), one.attempts);
        } catch (const std::bad_alloc&) { // costs this slot its answer, and nobody else anything
            of.answers->fail(server, std::make_error_code(std::errc::not_enough_memory),
                             now - of.sent_at(one), one.attempts);
        }
        settle(of, server, true, now);
    }

    void fail(std::size_t server, std::uint32_t index, std::error_code error, time_point now)
    {
        round<N>& of = rounds_[index];
        const slot& one = of.slots[server];
        const auto waited = one.attempts != 0 ? now - of.sent_at(one) : std::chrono::nanoseconds{};
        of.answers->fail(server, error, waited, one.attempts);
        settle(of, server, true, now);
    }

    /// Lets a request that was sent wait to be sent again, if it may be.
    bool ask_again(std::size_t server, std::uint32_t index, time_point now)
    {
        const bool may = rounds_[index].may_ask_again(server, now);
        if (may)
            lanes_[server].enqueue_again(index);
        update_sendable(server, now);
        return may;
    }

    /// Keeps an unproved answer for as long as proved ones usually take. False when memory is short.
    bool hold(std::size_t server, std::uint32_t index, bytes_view bytes, time_point now)
    {
        round<N>& of = rounds_[index];
        slot& one = of.slots[server];
        try {
            of.answers->hold(server, bytes, now - of.sent_at(one));
        } catch (const std::bad_alloc&) {
            return false;
        }
        const bytes_view packet = of.packets.packet(server);
        const auto usual = known_.usual_timeout(server, command_of(packet), packet.size());
        const auto over = (std::max)(now + limits_.grace, of.sent_at(one) + usual);
        one.state = slot_state::provisional;
        one.timeout = (std::min)(one.timeout, of.micros(over) - one.since);
        when_.due_by(of, when_.due_of(of, one));
        return true;
    }

    // ---- lanes

    /// Those in which a request may leave now.
    [[nodiscard]] const server_set& sendable() const noexcept { return turns_.now(); }

    void update_sendable(std::size_t server, time_point now) noexcept
    {
        turns_.update(server, lanes_[server], now);
    }

    /// No later than the next thing to do; time_point::max() when there is nothing.
    [[nodiscard]] time_point next_due() const noexcept { return (std::min)(when_.next_due(), turns_.next()); }

  private:
    void enter(round<N>& made, const packet_view& packet, const request_options<N>& options,
               std::size_t server, time_point now)
    {
        // One request takes its place in its lane's queue; there is room for it.
        const bytes_view bytes = packet.bytes;
        known_.admitted(server);
        const auto timeout = known_.timeout_for(server, options.deadline, command_of(bytes), bytes.size());
        longest_timeout_ = (std::max)(longest_timeout_, timeout);
        made.due = (std::min)(made.due, now + timeout);
        slot& one = made.slots[server];
        one.timeout = whole_micros(timeout);
        one.echo = echo_of(bytes);
        one.is_signed = packet.expected ? 1 : 0;
        ++made.outstanding;
        lanes_[server].insert(made.index);
        lanes_[server].enqueue(made.index);
        update_sendable(server, now);
    }

    void expire_slot(round<N>& which, std::size_t server, time_point now)
    {
        slot& one = which.slots[server];
        const auto waited = now - which.sent_at(one);
        if (one.state == slot_state::provisional) {
            which.answers->accept_held(server, one.attempts);
        } else if (one.attempts == 0) {
            which.answers->fail(server, errc::overloaded, waited, 0);
        } else if (one.state == slot_state::in_flight && ask_again(server, which.index, now)) {
            return lanes_[server].on_loss(which.index, now);
        } else {
            time_out(which, server, waited, now);
        }
        settle(which, server, true, now);
    }

    void settle(round<N>& which, std::size_t server, bool watched, time_point now)
    {
        // Takes the slot out of its lane. A watched slot is shown before its round can finish.
        slot& one = which.slots[server];
        auto& in = lanes_[server];
        in.leave(which.index);
        in.erase(which.index);
        one.state = slot_state::settled;
        events_.settled(which, server, now);
        update_sendable(server, now);
        --which.outstanding;
        if ((*which.answers)[server].error)
            known_.on_silence(which, server, in.sockets.current(), longest_timeout_, now);
        else
            ++counts_.servers[server].answered;
        if (watched && which.is_watched())
            told_.add_settled(which, server);
        else if (which.outstanding == 0 && which.unnotified == 0)
            complete(which, now);
    }

    void time_out(round<N>& which, std::size_t server, std::chrono::nanoseconds waited, time_point now)
    {
        const auto refused = lanes_[server].suspected(which.index);
        lanes_[server].on_loss(which.index, now);
        which.answers->fail(server, refused ? refused : make_error_code(errc::timed_out), waited,
                            which.slots[server].attempts);
        ++(refused ? counts_.servers[server].refused : counts_.servers[server].timed_out);
    }

    void shown(round<N>& of, time_point now)
    {
        if (--of.unnotified == 0 && of.outstanding == 0)
            complete(of, now);
    }

    void complete(round<N>& which, time_point now)
    {
        // Nothing is awaited any more; it becomes a result once every settled slot was shown.
        if (!which.finished) {
            which.finished = true;
            events_.done(which, now);
            when_.remove(which);
        }
        if (which.unnotified == 0 && !std::exchange(which.reported, true))
            told_.add_finished(which);
    }

    limits limits_;
    round_pool<N> rounds_;
    std::vector<lane<N>> lanes_;
    schedule<N> when_;
    results<N> told_;
    server_knowledge<N> known_;
    fanout_statistics<N> counts_;
    event_log<N> events_;
    send_turns<N> turns_;
    std::chrono::nanoseconds longest_timeout_ = default_deadline;
    std::uint32_t serial_ = 0;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_OPEN_ROUNDS_HPP
