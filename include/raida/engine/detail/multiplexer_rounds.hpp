// multiplexer: how a fan-out begins and how it ends.
#ifndef RAIDA_ENGINE_DETAIL_MULTIPLEXER_ROUNDS_HPP
#define RAIDA_ENGINE_DETAIL_MULTIPLEXER_ROUNDS_HPP

#include <raida/engine/detail/multiplexer.hpp>

namespace raida::inline v1::detail {

template <std::size_t N>
std::error_code multiplexer<N>::check(const std::array<packet_view, N>& packets,
                                      const request_options<N>& options)
{
    if (rounds_.active() >= limits_.fanouts)
        return errc::queue_full;
    if (const auto error = options.deadline.check())
        return error;
    if (const auto error = options.complete.check())
        return error;
    if (options.linger < options.linger.zero() || options.linger > longest_deadline ||
        options.overall < options.overall.zero() || options.overall > longest_deadline ||
        options.retry.attempts == 0 || options.retry.attempts > 255)
        return errc::invalid_deadline;
    for (std::size_t server = 0; server < N; ++server)
        if (const auto error = check_packet(server, packets[server], options.retry.attempts > 1))
            return error;
    return {};
}

template <std::size_t N>
std::error_code multiplexer<N>::check_packet(std::size_t server, const packet_view& packet, bool retried)
{
    const bytes_view bytes = packet.bytes;
    if (bytes.empty())
        return {};
    if (bytes.size() > max_packet_)
        return errc::packet_too_large;
    if (bytes.size() < header_size + terminator_size)
        return errc::malformed_packet;
    if (retried && !is_idempotent({bytes[4], bytes[5]}))
        return errc::not_idempotent;

    // With the same echo only different signatures tell two answers apart.
    bool clash = false;
    lanes_[server].with_echo(
        load_big<2, std::uint16_t>(bytes.data() + 30), [&](std::uint32_t index, const slot& other) {
            clash = clash || !packet.expected || !other.is_signed ||
                    equal_constant_time(*packet.expected, rounds_[index].packets.expected_signature(server));
        });
    return clash ? make_error_code(errc::indistinguishable) : std::error_code{};
}

// What can fail comes first, while the round is still free.
template <std::size_t N>
round<N>& multiplexer<N>::admit(const std::array<packet_view, N>& packets, request_options<N>&& options,
                                replies<N>& answers, const lane_set& reachable, void* owner, time_point now)
{
    lane_set asked = reachable;
    for (std::size_t server = 0; server < N; ++server)
        asked[server] = asked[server] && !packets[server].bytes.empty();
    asked &= ~left_out(asked, now);

    round<N>& made = rounds_.spare();
    due_.reserve(rounds_.size());
    for (std::size_t server = 0; server < N; ++server)
        if (asked[server])
            lanes_[server].make_room();
    made.store(packets, options);

    rounds_.take();
    now_ = now;
    made.slots.fill(slot{});
    made.take_rules(options);
    made.began = now;
    made.serial = ++serial_;
    made.active = true;
    made.finished = made.lingering = made.reported = false;
    made.outstanding = made.unnotified = 0;
    made.answers = &answers;
    made.owner = owner;
    made.ends = options.overall > options.overall.zero() ? now + options.overall : time_point::max();
    made.due = std::min(now + limits_.queue_wait, made.ends);
    answers.reset();
    for (std::size_t server = 0; server < N; ++server)
        if (asked[server])
            enter(made, packets, options, server, now);
        else
            answers.fail(server,
                         packets[server].bytes.empty() ? errc::skipped
                         : !reachable[server]          ? errc::no_endpoint
                                                       : errc::isolated,
                         {}, 0);
    if (made.outstanding == 0)
        complete(made);
    else
        due_.insert(made);
    return made;
}

// One request takes its place in its lane's queue; there is room for it.
template <std::size_t N>
void multiplexer<N>::enter(round<N>& made, const std::array<packet_view, N>& packets,
                           const request_options<N>& options, std::size_t server, time_point now)
{
    const bytes_view bytes = packets[server].bytes;
    health_[server].probe();
    const auto timeout =
        timeout_for(server, options.deadline, {bytes[4], bytes[5]}, bytes.size());
    longest_timeout_ = std::max(longest_timeout_, timeout);
    made.due = std::min(made.due, now + timeout);
    slot& one = made.slots[server];
    one.timeout = static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::microseconds>(timeout).count());
    one.echo = load_big<2, std::uint16_t>(bytes.data() + 30);
    one.is_signed = packets[server].expected ? 1 : 0;
    ++made.outstanding;
    lanes_[server].insert(made.index);
    lanes_[server].enqueue(made.index);
    update_sendable(server);
}

template <std::size_t N>
void multiplexer<N>::finish(round<N>& which, std::error_code reason)
{
    if (!which.active || which.finished)
        return;
    for (std::size_t server = 0; server < N; ++server) {
        const slot& one = which.slots[server];
        if (one.state == slot_state::settled)
            continue;
        if (one.state == slot_state::provisional) { // unproved, but it is what has arrived
            which.answers->accept_held(server, one.attempts);
            ++counts_.servers[server].answered;
        } else {
            which.answers->fail(server, reason, {}, one.attempts);
            counts_.servers[server].timed_out += reason == errc::timed_out ? 1 : 0;
        }
        settle(which, server, false);
    }
    if (!which.finished)
        complete(which);
}

// Takes the slot out of its lane. A watched slot is shown before its round can finish.
template <std::size_t N>
void multiplexer<N>::settle(round<N>& which, std::size_t server, bool watched)
{
    slot& one = which.slots[server];
    auto& in = lanes_[server];
    if (one.state == slot_state::queued)
        in.dequeue(which.index);
    else
        in.leave_place(one);
    in.erase(which.index);
    one.state = slot_state::settled;
    update_sendable(server);
    --which.outstanding;
    if ((*which.answers)[server].error)
        learn_from_silence(which, server);

    if (watched && which.is_watched()) {
        const auto name = static_cast<std::uint32_t>(which.index * N + server);
        (first_settled_ == no_slot
             ? first_settled_
             : rounds_[static_cast<std::uint32_t>(last_settled_ / N)].slots[last_settled_ % N].next) = name;
        last_settled_ = name;
        ++which.unnotified;
    } else if (which.outstanding == 0 && which.unnotified == 0) {
        complete(which);
    }
}

template <std::size_t N>
auto multiplexer<N>::next_settled() noexcept -> settled_slot
{
    if (first_settled_ == no_slot)
        return {};
    settled_slot next{&rounds_[static_cast<std::uint32_t>(first_settled_ / N)], first_settled_ % N};
    first_settled_ = std::exchange(next.of->slots[next.server].next, no_slot);
    return next;
}

template <std::size_t N>
void multiplexer<N>::notified(round<N>& of, time_point now)
{
    now_ = now;
    --of.unnotified;
    if (!of.finished && !of.lingering && of.outstanding != 0 && of.has_enough()) {
        const auto linger = of.rules->linger;
        of.lingering = linger > linger.zero();
        of.ends = std::min(of.ends, now + linger);
        if (of.lingering)
            due_by(of, of.ends);
        else
            finish(of, errc::not_awaited);
    }
    if (of.outstanding == 0 && of.unnotified == 0)
        complete(of);
}

// Nothing is awaited any more; it becomes a result once every settled slot was shown.
template <std::size_t N>
void multiplexer<N>::complete(round<N>& which)
{
    if (!which.finished) {
        which.finished = true;
        due_.erase(which);
    }
    if (which.unnotified != 0 || std::exchange(which.reported, true))
        return;
    which.next = which.index; // the last one points to itself
    if (first_finished_ == no_round)
        first_finished_ = which.index;
    else
        rounds_[last_finished_].next = which.index;
    last_finished_ = which.index;
    ++finished_count_;
}

template <std::size_t N>
round<N>* multiplexer<N>::next_finished() noexcept
{
    if (first_finished_ == no_round)
        return nullptr;
    round<N>& next = rounds_[first_finished_];
    first_finished_ = next.next == next.index ? no_round : next.next;
    next.next = no_round;
    --finished_count_;
    return &next;
}

template <std::size_t N>
void multiplexer<N>::release(round<N>& which) noexcept
{
    which.packets.wipe();
    which.active = false;
    which.owner = nullptr;
    which.answers = nullptr;
    which.drop_rules();
    rounds_.give_back(which);
}

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_MULTIPLEXER_ROUNDS_HPP
