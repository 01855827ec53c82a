// multiplexer: which slot a datagram or a network error belongs to.
#ifndef RAIDA_ENGINE_DETAIL_MULTIPLEXER_RECEIVING_HPP
#define RAIDA_ENGINE_DETAIL_MULTIPLEXER_RECEIVING_HPP

#include <raida/engine/detail/multiplexer.hpp>

namespace raida::inline v1::detail {

template <std::size_t N>
auto multiplexer<N>::find(std::size_t server, std::uint8_t generation, const response_header& header) -> match
{
    match found;
    lanes_[server].with_echo(header.echo, [&](std::uint32_t index, const slot& one) {
        if (!one.was_sent() || one.generation != generation)
            return;
        const auto& packets = rounds_[index].packets;
        if (packets.packet(server)[4] != header.group) {
            found.other_group = true;
            return;
        }
        if (one.is_signed && equal_constant_time(header.signature, packets.expected_signature(server)))
            found.verified = index;
        found.candidate = index;
        ++found.candidates;
    });
    return found;
}

template <std::size_t N>
void multiplexer<N>::on_datagram(std::size_t server, std::uint8_t generation, const incoming& arrived,
                                 time_point now)
{
    lane_statistics& counted = counts_.servers[server];
    ++counted.received;
    now_ = now;
    lanes_[server].history.advance(now, longest_timeout_);

    const auto header = response_header::parse(arrived.bytes);
    const bool oversize = arrived.truncated || arrived.bytes.size() > limits_.max_reply;
    if (arrived.id != request_id::unknown)
        return on_only_answer(server, arrived, oversize, now);
    const auto shape = oversize ? response_shape::malformed : shape_of(arrived.bytes);
    if (!header || (shape == response_shape::malformed && !oversize)) {
        ++counted.malformed;
        return;
    }
    if (header->server != server) { // at most the complaint of a server that was asked under a wrong number
        if (oversize || !is_header_error(header->status) || !give_hint(server, generation, header->status))
            ++counted.foreign;
        return;
    }

    health_[server].heard(); // be it too late, it is alive
    late_[server].on_answer(*header, generation, now, rests_, round_trips_[server]);
    const match found = find(server, generation, *header);
    if (oversize) {
        ++counted.oversize;
        if (const auto index = found.verified != no_round ? found.verified : unsigned_only(server, found);
            index != no_round)
            fail(server, index, errc::oversize, now);
    } else if (found.verified != no_round && shape == response_shape::well_formed) {
        answer(server, found.verified, arrived.bytes, true, now);
    } else {
        unverified(server, generation, *header, arrived.bytes, found, now);
    }
}

// A connection brings one answer to one request: nothing better can replace it, so it ends the slot in any
// case. Servers send header errors with echo and signature zero there (measured).
template <std::size_t N>
void multiplexer<N>::on_only_answer(std::size_t server, const incoming& arrived, bool oversize,
                                    time_point now)
{
    lane_statistics& counted = counts_.servers[server];
    const auto index = by_id(server, arrived.id);
    if (index == no_round) {
        ++counted.late;
        return;
    }
    const slot& one = lanes_[server].at(index);
    const auto header = response_header::parse(arrived.bytes);
    if (oversize) {
        ++counted.oversize;
        return fail(server, index, errc::oversize, now);
    }
    if (!header || header->server != server || shape_of(arrived.bytes) == response_shape::malformed) {
        ++counted.malformed;
        return fail(server, index, errc::malformed_response, now);
    }
    health_[server].heard();
    const auto& packets = rounds_[index].packets;
    const bool verified = one.is_signed && header->echo == one.echo &&
                          header->group == packets.packet(server)[4] &&
                          equal_constant_time(header->signature, packets.expected_signature(server));
    if (verified || !one.is_signed || is_error(header->status))
        return answer(server, index, arrived.bytes, verified, now);
    ++counted.forged;
    fail(server, index, errc::malformed_response, now);
}

template <std::size_t N>
std::uint32_t multiplexer<N>::open_slot(std::size_t server, request_id id)
{
    const auto index = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
    const auto serial = static_cast<std::uint64_t>(id) >> 32;
    const bool is_open = index < rounds_.size() && rounds_[index].active && rounds_[index].serial == serial &&
                         lanes_[server].at(index).state != slot_state::settled;
    return is_open ? index : no_round;
}

template <std::size_t N>
std::uint32_t multiplexer<N>::by_id(std::size_t server, request_id id)
{
    const auto index = open_slot(server, id);
    return index != no_round && lanes_[server].at(index).was_sent() ? index : no_round;
}

template <std::size_t N>
void multiplexer<N>::unverified(std::size_t server, std::uint8_t generation, const response_header& header,
                                bytes_view bytes, const match& found, time_point now)
{
    lane_statistics& counted = counts_.servers[server];
    const bool is_complaint = is_error(header.status);
    if (unsigned_only(server, found) != no_round && shape_of(bytes) == response_shape::well_formed)
        return answer(server, found.candidate, bytes, false, now);
    if (found.candidates == 1) {
        round<N>& of = rounds_[found.candidate];
        slot& one = of.slots[server];
        if (is_complaint && one.fresh_echo != 0) {
            if (one.state != slot_state::in_flight) {
                ++counted.late; // the first complaint is the one that is kept
                return;
            }
            const auto over = now + std::max<std::chrono::nanoseconds>(limits_.grace, {});
            try {
                of.answers->hold(server, bytes, now - of.sent_at(one));
            } catch (const std::bad_alloc&) {
                return; // as if it had been lost: a better one may still come
            }
            one.state = slot_state::provisional;
            one.timeout = std::min(one.timeout, of.micros(over) - one.since);
            return due_by(of, over);
        }
    }
    if (is_complaint && give_hint(server, generation, header.status))
        return;
    if (found.candidates != 0)
        ++counted.forged;
    else if (lanes_[server].history.recent(header.echo) && !found.other_group)
        ++counted.late;
    else
        ++counted.foreign;
}

// A request without a known signature is told by its echo alone: an echo that was used lately may bring an
// answer to the earlier request.
template <std::size_t N>
std::uint32_t multiplexer<N>::unsigned_only(std::size_t server, const match& found)
{
    if (found.candidates != 1)
        return no_round;
    const slot& one = lanes_[server].at(found.candidate);
    return !one.is_signed && one.fresh_echo != 0 ? found.candidate : no_round;
}

// Only when a single request is in flight can an error with a stranger's echo be about it.
template <std::size_t N>
bool multiplexer<N>::give_hint(std::size_t server, std::uint8_t generation, status seen)
{
    const auto index = lanes_[server].sole_in_flight(generation);
    if (index == no_round || !is_error(seen))
        return false;
    rounds_[index].answers->hint(server, seen);
    ++counts_.servers[server].hints;
    return true;
}

template <std::size_t N>
void multiplexer<N>::answer(std::size_t server, std::uint32_t index, bytes_view bytes, bool verified,
                            time_point now)
{
    round<N>& of = rounds_[index];
    const slot& one = of.slots[server];
    ++counts_.servers[server].answered;
    health_[server].heard();
    if (verified)
        learn_from_answer(of, server, now);
    try {
        of.answers->answer(server, bytes, verified, now - of.sent_at(one), one.attempts);
    } catch (const std::bad_alloc&) { // costs this slot its answer, and nobody else anything
        of.answers->fail(server, std::make_error_code(std::errc::not_enough_memory), now - of.sent_at(one),
                         one.attempts);
    }
    settle(of, server, true);
}

template <std::size_t N>
void multiplexer<N>::fail(std::size_t server, std::uint32_t index, std::error_code error, time_point now)
{
    round<N>& of = rounds_[index];
    const slot& one = of.slots[server];
    of.answers->fail(server, error, now - of.sent_at(one), one.attempts);
    settle(of, server, true);
}

// A quote that goes on with the next request is of the packet in which they left together.
template <std::size_t N>
bool multiplexer<N>::quotes_companions(std::size_t server, std::uint32_t first, bytes_view quoted)
{
    const auto next = lanes_[server].next_companion(first);
    const std::size_t size = rounds_[first].packets.packet(server).size();
    if (next == no_round || quoted.size() <= size)
        return false;
    const bytes_view rest = quoted.subspan(size), packet = rounds_[next].packets.packet(server);
    return std::equal(rest.begin(),
                      rest.begin() + static_cast<std::ptrdiff_t>(std::min(rest.size(), packet.size())),
                      packet.begin());
}

template <std::size_t N>
void multiplexer<N>::on_error(std::size_t server, std::uint8_t generation, std::error_code error,
                              bytes_view quoted, request_id id, time_point now)
{
    now_ = now;
    auto& on = lanes_[server];
    std::uint32_t blamed = no_round;
    if (id != request_id::unknown) {
        blamed = by_id(server, id);
    } else if (quoted.size() >= header_size) { // the quote is the start of the datagram that was refused
        std::size_t fitting = 0;
        on.with_echo(load_big<2, std::uint16_t>(quoted.data() + 30),
                     [&](std::uint32_t index, const slot& one) {
                         const bytes_view packet = rounds_[index].packets.packet(server);
                         const std::size_t common = std::min(packet.size(), quoted.size());
                         if (one.was_sent() && one.generation == generation &&
                             std::equal(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(common),
                                        quoted.begin())) {
                             blamed = index;
                             ++fitting;
                         }
                     });
        if (fitting != 1)
            blamed = no_round;
    } else {
        blamed = on.sole_in_flight(generation);
    }
    if (blamed == no_round) {
        ++counts_.servers[server].unattributed;
        return;
    }
    const bool all = quotes_companions(server, blamed, quoted);
    for (auto next = on.companion_of(blamed); all && next != no_round; next = on.companion_of(blamed)) {
        ++counts_.servers[server].refused;
        fail(server, next, error, now);
    }
    ++counts_.servers[server].refused;
    fail(server, blamed, error, now);
}

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_MULTIPLEXER_RECEIVING_HPP
