// Which request a datagram or a network error belongs to.
#ifndef RAIDA_ENGINE_DETAIL_MATCHING_HPP
#define RAIDA_ENGINE_DETAIL_MATCHING_HPP

#include <raida/engine/detail/lane.hpp>
#include <raida/engine/detail/packet_block.hpp>
#include <raida/engine/detail/round.hpp>
#include <raida/engine/transport.hpp>
#include <raida/wire/challenge.hpp>
#include <raida/wire/packet.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace raida::inline v1::detail {

/// Do the two begin alike, as far as the shorter one goes?
[[nodiscard]] inline bool begin_alike(bytes_view a, bytes_view b) noexcept
{
    const auto common = (std::min)(a.size(), b.size());
    return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(common), b.begin());
}

/// How a datagram fits the requests of its lane that have its echo.
struct match
{
    std::uint32_t verified = no_round;  ///< carries that request's signature
    std::uint32_t candidate = no_round; ///< the right echo, not proved
    std::size_t candidates = 0;
    bool other_group = false; ///< the right echo under another command's group
};

/// Looks only: requests are named by the index of their round, and no_round is none.
template <std::size_t N>
class matching
{
  public:
    explicit matching(round_pool<N>& rounds) noexcept : rounds_{rounds} {}

    /// Could an answer to this packet be taken for one to a request in this lane, or the other way round?
    /// With the same echo only different signatures tell two answers apart.
    [[nodiscard]] bool is_ambiguous(lane<N>& in, std::size_t server, const packet_view& packet) const
    {
        bool clash = false;
        in.with_echo(echo_of(packet.bytes), [&](std::uint32_t index, const slot& other) {
            clash = clash || !packet.expected || !other.is_signed ||
                    equal_constant_time(*packet.expected, rounds_[index].packets.expected_signature(server));
        });
        return clash;
    }

    [[nodiscard]] match find(lane<N>& in, std::size_t server, std::uint8_t generation,
                             const response_header& header) const
    {
        match found;
        in.with_echo(header.echo, [&](std::uint32_t index, const slot& one) {
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

    /// Does this answer to that very request prove itself?
    [[nodiscard]] bool is_verified(std::uint32_t index, std::size_t server,
                                   const response_header& header) const
    {
        const slot& one = rounds_[index].slots[server];
        const auto& packets = rounds_[index].packets;
        return one.is_signed && header.echo == one.echo && header.group == packets.packet(server)[4] &&
               equal_constant_time(header.signature, packets.expected_signature(server));
    }

    /// The request that the match is about though it has no known signature: it is told by its echo alone, so
    /// an echo that was used lately may bring an answer to the earlier request.
    [[nodiscard]] std::uint32_t unsigned_only(std::size_t server, const match& found) const
    {
        if (found.candidates != 1)
            return no_round;
        const slot& one = rounds_[found.candidate].slots[server];
        return !one.is_signed && one.fresh_echo != 0 ? found.candidate : no_round;
    }

    /// A request that is not settled.
    [[nodiscard]] std::uint32_t open(std::size_t server, request_id id) const
    {
        const auto index = static_cast<std::uint32_t>(static_cast<std::uint64_t>(id));
        const auto serial = static_cast<std::uint64_t>(id) >> 32;
        const bool is_open = index < rounds_.size() && rounds_[index].active &&
                             rounds_[index].serial == serial &&
                             rounds_[index].slots[server].state != slot_state::settled;
        return is_open ? index : no_round;
    }

    /// One that was sent, too.
    [[nodiscard]] std::uint32_t sent(std::size_t server, request_id id) const
    {
        const auto index = open(server, id);
        return index != no_round && rounds_[index].slots[server].was_sent() ? index : no_round;
    }

    /// The request whose datagram is quoted, or that can only be meant where the quote is too short to tell.
    [[nodiscard]] std::uint32_t quoted(lane<N>& in, std::size_t server, std::uint8_t generation,
                                       bytes_view quote) const
    {
        if (quote.size() < header_size)
            return in.sole_in_flight(generation);
        std::uint32_t found = no_round;
        std::size_t fitting = 0;
        in.with_echo(echo_of(quote), [&](std::uint32_t index, const slot& one) {
            if (one.was_sent() && one.generation == generation &&
                begin_alike(rounds_[index].packets.packet(server), quote)) {
                found = index;
                ++fitting;
            }
        });
        return fitting == 1 ? found : no_round;
    }

    /// Was a quote that fits taken from the request itself? Its header can be guessed, but for the echo; what
    /// follows cannot. Routers that quote no more than ICMP asks for prove nothing.
    [[nodiscard]] static bool is_proof(bytes_view quote) noexcept { return quote.size() >= header_size + 8; }

    /// A quote that goes on with the next request is of the packet in which they left together. A long one
    /// that ends before may be: what can be asked again is taken for refused like the request beside it.
    [[nodiscard]] bool quotes_companions(lane<N>& in, std::size_t server, std::uint32_t first,
                                         bytes_view quote) const
    {
        const bytes_view packet = rounds_[first].packets.packet(server);
        if (quote.size() <= packet.size())
            return quote.size() > least_quoted && is_idempotent(command_of(packet));
        const auto next = in.next_companion(first);
        return next != no_round &&
               begin_alike(quote.subspan(packet.size()), rounds_[next].packets.packet(server));
    }

  private:
    round_pool<N>& rounds_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_MATCHING_HPP
