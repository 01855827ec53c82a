// Requests and responses as bytes: the two 32-byte headers, the terminator, and what is a response.
#ifndef RAIDA_WIRE_PACKET_HPP
#define RAIDA_WIRE_PACKET_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/wire/status.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace raida::inline v1 {

inline constexpr std::size_t server_count = 25;   ///< servers of the network, and the default of every `N`
inline constexpr std::size_t header_size = 32;    ///< bytes, of requests and of responses
inline constexpr std::size_t terminator_size = 2; ///< bytes
inline constexpr std::size_t challenge_size = 16; ///< bytes; the last four are a CRC-32
inline constexpr std::uint8_t terminator_byte = 0x3E;       ///< twice at the end of a body, never encrypted
inline constexpr std::size_t default_datagram_limit = 1400; ///< bytes of a request; servers cut longer ones
inline constexpr std::size_t max_datagram = 65507;          ///< bytes that UDP over IPv4 can carry
inline constexpr std::size_t max_body = 65535;              ///< what the body length field can say
inline constexpr std::uint16_t default_coin = 6;            ///< as deployed servers and clients use it

/// What a server sends back to prove that it answers this very request: the challenge, or under encryption
/// the challenge XOR the authenticity number.
using signature = std::array<std::uint8_t, 16>;

/// How a body is encrypted.
enum class encryption_type : std::uint8_t
{
    none = 0,      ///< not at all
    token_key = 1, ///< under a token's authenticity number
    locker_key = 2 ///< under a locker's
};

/// A command as two bytes on the wire.
struct command_code
{
    std::uint8_t group{}; ///< first byte
    std::uint8_t code{};  ///< second byte

    friend constexpr bool operator==(const command_code&, const command_code&) = default;
};

inline constexpr command_code echo_command{0, 0};    ///< are you there?
inline constexpr command_code version_command{0, 1}; ///< what do you run?
inline constexpr command_code detect_command{1, 10}; ///< are these authentic?
inline constexpr command_code pown_command{1, 20};   ///< take these new numbers
inline constexpr command_code find_command{2, 60};   ///< which of two numbers do you hold?

/// May the same request be sent twice without changing what it does? Only of commands known to be harmless:
/// a repeated pown is answered with a fail, since the authenticity number has changed.
[[nodiscard]] constexpr bool is_idempotent(command_code what) noexcept
{
    return what == echo_command || what == version_command || what == detect_command || what == find_command;
}

namespace detail {

/// Of a request's first bytes, the whole header at least.
[[nodiscard]] constexpr command_code command_of(bytes_view packet) noexcept
{
    return {packet[4], packet[5]};
}

} // namespace detail

/// The first 32 bytes of a request. Every field keeps what was parsed, right or wrong: servers judge.
struct request_header
{
    std::uint8_t server{};                ///< must be the target's number, 0..24
    std::uint8_t shard{};                 ///< 0 on the deployed network
    command_code what{};                  ///< the command
    std::uint16_t coin = default_coin;    ///< whose tokens
    encryption_type encryption{};         ///< of the body
    std::array<std::uint8_t, 5> key_id{}; ///< denomination and serial number of the key, or a locker's prefix
    std::uint16_t body_size{};            ///< challenge + payload + terminator
    std::array<std::uint8_t, 8> nonce{};  ///< the last two bytes are the echo
    std::uint8_t version = 1;             ///< of the header
    std::uint8_t split_id = 0;            ///< 0: not split
    std::uint8_t bitfield = 1;            ///< 1, as clients send it
    std::array<std::uint8_t, 5> reserved{}; ///< zeros
    std::uint8_t packet_index = 0;          ///< a request is one packet
    std::uint8_t packet_count = 1;          ///< a request is one packet

    /// The number that a response repeats.
    [[nodiscard]] constexpr std::uint16_t echo() const noexcept
    {
        return detail::load_big<2, std::uint16_t>(nonce.data() + 6);
    }
    /// Sets it.
    constexpr void echo(std::uint16_t value) noexcept { detail::store_big<2>(nonce.data() + 6, value); }

    /// Writes `header_size` bytes.
    constexpr void write(std::uint8_t* to) const noexcept
    {
        to[0] = version;
        to[1] = split_id;
        to[2] = server;
        to[3] = shard;
        to[4] = what.group;
        to[5] = what.code;
        detail::store_big<2>(to + 6, coin);
        to[8] = bitfield;
        detail::copy_bytes(reserved.data(), reserved.size(), to + 9);
        to[14] = packet_index;
        to[15] = packet_count;
        to[16] = static_cast<std::uint8_t>(encryption);
        detail::copy_bytes(key_id.data(), key_id.size(), to + 17);
        detail::store_big<2>(to + 22, body_size);
        detail::copy_bytes(nonce.data(), nonce.size(), to + 24);
    }

    /// The inverse of write(); nothing only for fewer than `header_size` bytes.
    [[nodiscard]] static constexpr std::optional<request_header> parse(bytes_view packet) noexcept
    {
        if (packet.size() < header_size)
            return std::nullopt;
        const std::uint8_t* from = packet.data();
        request_header header;
        header.version = from[0];
        header.split_id = from[1];
        header.server = from[2];
        header.shard = from[3];
        header.what = detail::command_of(packet);
        header.coin = detail::load_big<2, std::uint16_t>(from + 6);
        header.bitfield = from[8];
        detail::copy_bytes(from + 9, header.reserved.size(), header.reserved.data());
        header.packet_index = from[14];
        header.packet_count = from[15];
        header.encryption = static_cast<encryption_type>(from[16]);
        detail::copy_bytes(from + 17, header.key_id.size(), header.key_id.data());
        header.body_size = detail::load_big<2, std::uint16_t>(from + 22);
        detail::copy_bytes(from + 24, header.nonce.size(), header.nonce.data());
        return header;
    }

    friend constexpr bool operator==(const request_header&, const request_header&) = default;
};

/// The first 32 bytes of a response.
struct response_header
{
    std::uint8_t server{};     ///< who says that it answers
    std::uint8_t shard{};      ///< the answering server's
    raida::status status{};    ///< what it says
    std::uint8_t group{};      ///< the command's group
    std::uint16_t frames = 1;  ///< datagrams of the answer
    std::uint16_t echo{};      ///< the request's
    std::uint32_t body_size{}; ///< 24 bits: body and terminator (measured); 0 when there is no body
    std::chrono::microseconds execution_time{}; ///< the server's own time, 32 bits (measured: microseconds)
    raida::signature signature{};               ///< proves whose answer it is

    /// Writes `header_size` bytes.
    constexpr void write(std::uint8_t* to) const noexcept
    {
        to[0] = server;
        to[1] = shard;
        to[2] = static_cast<std::uint8_t>(status);
        to[3] = group;
        detail::store_big<2>(to + 4, frames);
        detail::store_big<2>(to + 6, echo);
        to[8] = 0;
        detail::store_big<3>(to + 9, body_size);
        detail::store_big<4>(to + 12, execution_time.count());
        detail::copy_bytes(signature.data(), signature.size(), to + 16);
    }

    /// The inverse of write(); nothing only for fewer than `header_size` bytes.
    [[nodiscard]] static constexpr std::optional<response_header> parse(bytes_view datagram) noexcept
    {
        if (datagram.size() < header_size)
            return std::nullopt;
        const std::uint8_t* from = datagram.data();
        response_header header;
        header.server = from[0];
        header.shard = from[1];
        header.status = static_cast<raida::status>(from[2]);
        header.group = from[3];
        header.frames = detail::load_big<2, std::uint16_t>(from + 4);
        header.echo = detail::load_big<2, std::uint16_t>(from + 6);
        header.body_size = detail::load_big<3>(from + 9);
        header.execution_time = std::chrono::microseconds{detail::load_big<4>(from + 12)};
        detail::copy_bytes(from + 16, header.signature.size(), header.signature.data());
        return header;
    }

    friend constexpr bool operator==(const response_header&, const response_header&) = default;
};

/// What a received datagram can be, by its form alone.
enum class response_shape
{
    well_formed, ///< a header, alone or with exactly the body and terminator that its size field announces
    wide_error,  ///< a 48-byte header: how some servers answer errors about encryption; its extra bytes mean
                 ///< nothing
    malformed    ///< nothing that a server sends
};

/// Judges arbitrary bytes. Says nothing about whose answer it is.
[[nodiscard]] constexpr response_shape shape_of(bytes_view datagram) noexcept
{
    const std::size_t size = datagram.size();
    if (size < header_size)
        return response_shape::malformed;
    const std::size_t announced = detail::load_big<3>(datagram.data() + 9);
    if (announced == 0 && size == header_size)
        return response_shape::well_formed;
    if (announced == 0 && size == header_size + 16)
        return response_shape::wide_error;
    const bool fits = announced >= terminator_size && size - header_size == announced;
    const bool ends = fits && datagram[size - 2] == terminator_byte && datagram[size - 1] == terminator_byte;
    return ends ? response_shape::well_formed : response_shape::malformed;
}

/// The body of a response without its terminator; empty if it has none. Bytes that are not well-formed give
/// an empty body too, but only shape_of() tells why. The view points into `datagram`.
[[nodiscard]] constexpr bytes_view response_body(bytes_view datagram) noexcept
{
    if (datagram.size() < header_size + terminator_size || shape_of(datagram) != response_shape::well_formed)
        return {};
    return datagram.subspan(header_size, datagram.size() - header_size - terminator_size);
}

/// The signature that the answer to a raw request must carry, where the request itself tells it: its
/// challenge if it is not encrypted. Nothing for encrypted requests and for those without room for one.
[[nodiscard]] constexpr std::optional<signature> implied_signature(bytes_view request) noexcept
{
    if (request.size() < header_size + challenge_size + terminator_size || request[16] != 0)
        return std::nullopt;
    signature challenge{};
    detail::copy_bytes(request.data() + header_size, challenge_size, challenge.data());
    return challenge;
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_PACKET_HPP
