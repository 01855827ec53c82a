// What counts as a packet: bytes, an asio buffer, or a request that says which signature its answer must
// carry.
#ifndef RAIDA_FANOUT_DETAIL_PACKET_ACCESS_HPP
#define RAIDA_FANOUT_DETAIL_PACKET_ACCESS_HPP

#include <raida/base/errc.hpp>
#include <raida/engine/detail/packet_block.hpp>
#include <raida/wire/packet.hpp>

#include <asio/buffer.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace raida::inline v1::detail {

template <class Byte>
concept byte_like = sizeof(Byte) == 1 && std::is_trivially_copyable_v<std::remove_reference_t<Byte>>;

// The standard's own concepts of ranges would cost more to include than all of this library's core.
template <class Range>
concept byte_range = requires(Range& range) {
    { *std::data(range) } -> byte_like;
    { std::size(range) } -> std::convertible_to<std::size_t>;
};

template <class Packet>
concept signed_packet = requires(const Packet& packet) {
    { packet.bytes } -> byte_range;
    { packet.expected_signature } -> std::convertible_to<std::optional<signature>>;
};

template <class Packet>
concept buffer_packet = std::convertible_to<const Packet&, asio::const_buffer>;

/// One server's packet.
template <class Packet>
concept packet_like = signed_packet<Packet> || buffer_packet<Packet> || byte_range<const Packet>;

template <class Packets>
using packet_of = std::iter_value_t<decltype(std::begin(std::declval<const Packets&>()))>;

/// A range of packets, one per server.
template <class Packets>
concept packet_range = packet_like<packet_of<std::remove_cvref_t<Packets>>>;

inline bytes_view as_bytes(const void* data, std::size_t size) noexcept
{
    return {static_cast<const std::uint8_t*>(data), size};
}

template <packet_like Packet>
packet_view as_packet(const Packet& packet)
{
    if constexpr (signed_packet<Packet>) {
        return {as_bytes(std::data(packet.bytes), std::size(packet.bytes)), packet.expected_signature};
    } else if constexpr (buffer_packet<Packet>) {
        const asio::const_buffer buffer = packet;
        return {as_bytes(buffer.data(), buffer.size()), {}};
    } else {
        return {as_bytes(std::data(packet), std::size(packet)), {}};
    }
}

/// Looks at exactly N packets. The views are as good as the range's elements: they must not be temporaries.
template <std::size_t N, packet_range Packets>
std::error_code view_packets(const Packets& packets, std::array<packet_view, N>& views)
{
    using element = decltype(*std::begin(packets));
    static_assert(std::is_lvalue_reference_v<element> ||
                      std::ranges::enable_borrowed_range<std::remove_cvref_t<element>> ||
                      std::same_as<std::remove_cvref_t<element>, asio::const_buffer>,
                  "the range makes its packets on the fly: store them first");
    std::size_t count = 0;
    for (auto&& packet : packets) {
        if (count == N)
            return errc::wrong_packet_count;
        packet_view& view = views[count++];
        view = as_packet(packet);
        if (!view.expected)
            view.expected = implied_signature(view.bytes);
    }
    return count == N ? std::error_code{} : make_error_code(errc::wrong_packet_count);
}

} // namespace raida::inline v1::detail

#endif // RAIDA_FANOUT_DETAIL_PACKET_ACCESS_HPP
