// multiplexer: what is learned about each server, and what follows from it.
#ifndef RAIDA_ENGINE_DETAIL_MULTIPLEXER_LEARNING_HPP
#define RAIDA_ENGINE_DETAIL_MULTIPLEXER_LEARNING_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/engine/detail/multiplexer.hpp>

namespace raida::inline v1::detail {

template <std::size_t N>
void multiplexer<N>::learn(const std::array<round_trip, N>& known) noexcept
{
    std::transform(known.begin(), known.end(), round_trips_.begin(),
                   [](const round_trip& one) { return one.checked(); });
}

template <std::size_t N>
void multiplexer<N>::forget(std::size_t server) noexcept
{
    round_trips_[server] = {};
    health_[server] = {};
    late_[server] = {};
}

// Never so many that no verdict could be reached.
template <std::size_t N>
auto multiplexer<N>::left_out(const lane_set& asked, time_point now) const noexcept -> lane_set
{
    lane_set lanes;
    for (std::size_t server = 0; server < N; ++server)
        lanes[server] = asked[server] && !health_[server].may_ask(now);
    const bool enough_left = asked.count() >= lanes.count() + N / 2 + 1;
    return enough_left && lanes.count() <= limits_.isolation.most ? lanes : lane_set{};
}

// A server that was never heard of though its whole deadline passed is awaited no longer than the slowest one
// that is known; the second time it is most likely none at all, and awaited as a typical one. Should it be
// slower than that, its late answer will tell.
template <std::size_t N>
round_trip multiplexer<N>::expected_of(std::size_t server) const noexcept
{
    const round_trip& own = round_trips_[server];
    const auto failures = health_[server].failures();
    if (failures == 0 || own.samples != 0 || own.backed_off > own.backed_off.zero())
        return own;
    std::array<const round_trip*, N> known{};
    std::size_t count = 0;
    for (const round_trip& other : round_trips_)
        if (other.samples != 0)
            known[count++] = &other;
    if (count == 0)
        return own;
    const auto like = known.begin() + static_cast<std::ptrdiff_t>(failures == 1 ? count - 1 : count / 2);
    std::nth_element(known.begin(), like, known.begin() + static_cast<std::ptrdiff_t>(count),
                     [](const auto* a, const auto* b) { return a->timeout() < b->timeout(); });
    return **like;
}

template <std::size_t N>
void multiplexer<N>::learn_from_answer(const round<N>& of, std::size_t server, time_point now)
{
    const slot& one = of.slots[server];
    if (one.generation != lanes_[server].generation())
        return; // asked at an earlier address, maybe
    if (one.attempts == 1)
        round_trips_[server].add(now - of.sent_at(one), of.packets.packet(server).size());
    else
        round_trips_[server].back_off(std::chrono::microseconds{one.timeout});
}

template <std::size_t N>
void multiplexer<N>::learn_from_silence(const round<N>& of, std::size_t server)
{
    const slot& one = of.slots[server];
    const std::chrono::microseconds timeout{one.timeout};
    health_[server].failed(now_, timeout, limits_.isolation);
    const auto& error = (*of.answers)[server].error;
    const bool may_still_come = error == errc::timed_out || error == errc::not_awaited ||
                                is_system_error(error, std::errc::operation_canceled);
    if (!may_still_come || one.attempts == 0 || one.is_signed == 0 ||
        one.generation != lanes_[server].generation() || late_[server].is_busy(now_))
        return;
    if (one.attempts == 1 && error != errc::timed_out)
        round_trips_[server].add_unfinished(now_ - of.sent_at(one));
    const bytes_view packet = of.packets.packet(server);
    late_[server].watch({.sent = of.sent_at(one),
                         .timeout = timeout,
                         .size = static_cast<std::uint32_t>(packet.size()),
                         .signature = crc32(of.packets.expected_signature(server)),
                         .echo = one.echo,
                         .group = packet[4],
                         .generation = one.generation,
                         .sent_once = one.attempts == 1,
                         .timed_out = now_ - of.sent_at(one) >= timeout},
                        of.sent_at(one) + longest_timeout_, rests_);
}

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_MULTIPLEXER_LEARNING_HPP
