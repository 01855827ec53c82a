// multiplexer: which request leaves next.
#ifndef RAIDA_ENGINE_DETAIL_MULTIPLEXER_SENDING_HPP
#define RAIDA_ENGINE_DETAIL_MULTIPLEXER_SENDING_HPP

#include <raida/engine/detail/multiplexer.hpp>

namespace raida::inline v1::detail {

template <std::size_t N>
std::size_t multiplexer<N>::next_batch(std::size_t server, std::span<outgoing> batch)
{
    auto& from = lanes_[server];
    const std::size_t places =
        limits_.in_flight_per_lane - std::min(limits_.in_flight_per_lane, from.in_flight());
    std::size_t count = 0;
    for (auto index = from.first_waiting(); index != no_round && count < std::min(places, batch.size());
         index = from.at(index).next) {
        const round<N>& of = rounds_[index];
        batch[count++] = {of.packets.packet(server),
                          static_cast<request_id>(std::uint64_t{of.serial} << 32 | of.index)};
    }
    return count;
}

template <std::size_t N>
void multiplexer<N>::sent(std::size_t server, std::span<const outgoing> batch, time_point now, bool as_one)
{
    std::uint32_t companion = no_round;
    auto& from = lanes_[server];
    now_ = now;
    from.history.advance(now, longest_timeout_);
    if (!batch.empty())
        health_[server].asked(now);
    counts_.servers[server].sent += batch.size();
    for (const outgoing& request : batch) {
        const auto index = open_slot(server, request.id);
        if (index == no_round) {
            from.history.mark(load_big<2, std::uint16_t>(request.bytes.data() + 30));
            continue;
        }
        round<N>& of = rounds_[index];
        slot& one = of.slots[server];
        from.dequeue(index);
        if (one.attempts == 0)
            note_echo(server, one);
        else
            lengthen(of, one, server);
        from.history.mark(one.echo);
        one.since = of.micros(now);
        ++one.attempts;
        from.take_place(one);
        if (as_one && companion != no_round)
            from.join(companion, index);
        companion = index;
        due_by(of, of.due_of(one, limits_.queue_wait));
    }
    update_sendable(server);
}

// An echo that is used again proves nothing any more, neither here nor for an earlier request that is still
// open. A retry repeats its own: that changes nothing.
template <std::size_t N>
void multiplexer<N>::note_echo(std::size_t server, slot& one)
{
    one.fresh_echo = 1;
    if (lanes_[server].history.recent(one.echo))
        lanes_[server].with_echo(one.echo, [](std::uint32_t, slot& other) { other.fresh_echo = 0; });
}

// Each further attempt has more time.
template <std::size_t N>
void multiplexer<N>::lengthen(const round<N>& of, slot& one, std::size_t server)
{
    const auto next = std::min<std::chrono::nanoseconds>(
        of.rules->retry.next(std::chrono::microseconds{one.timeout}), longest_deadline);
    one.timeout = static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::microseconds>(next).count());
    longest_timeout_ =
        std::max<std::chrono::nanoseconds>(longest_timeout_, std::chrono::microseconds{one.timeout});
    ++counts_.servers[server].retried;
}

template <std::size_t N>
void multiplexer<N>::fail_unsent(std::size_t server, const outgoing& request, std::error_code error)
{
    const auto index = open_slot(server, request.id);
    if (index == no_round)
        return;
    round<N>& of = rounds_[index];
    ++counts_.servers[server].refused;
    of.answers->fail(server, error, {}, of.slots[server].attempts);
    settle(of, server, true);
}

template <std::size_t N>
void multiplexer<N>::update_sendable(std::size_t server) noexcept
{
    const auto& in = lanes_[server];
    sendable_[server] = in.has_waiting() && in.in_flight() < limits_.in_flight_per_lane;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_MULTIPLEXER_SENDING_HPP
