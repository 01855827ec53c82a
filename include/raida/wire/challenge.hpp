// The 16-byte challenge that opens every request body, its CRC-32, and the signature that answers it.
#ifndef RAIDA_WIRE_CHALLENGE_HPP
#define RAIDA_WIRE_CHALLENGE_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/wire/packet.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace raida::inline v1 {

namespace detail {

// Four tables: row k advances a byte over k more bytes of zeros, so that four bytes are done in one step.
struct crc32_tables
{
    std::uint32_t rows[4][256] = {};

    constexpr crc32_tables() noexcept
    {
        std::uint32_t crc = 1;
        for (unsigned bit = 128; bit != 0; bit /= 2) { // the rest is sums: CRC(a ^ b) = CRC(a) ^ CRC(b)
            crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
            for (unsigned byte = 0; byte < 256; byte += 2 * bit)
                rows[0][byte + bit] = rows[0][byte] ^ crc;
        }
        for (unsigned row = 1; row < 4; ++row)
            for (unsigned byte = 0; byte < 256; ++byte)
                rows[row][byte] = (rows[row - 1][byte] >> 8) ^ rows[0][rows[row - 1][byte] & 0xFFU];
    }
};

inline constexpr crc32_tables crc32_table;

} // namespace detail

/// CRC-32 as zlib computes it. `seed` is the CRC of what came before, so that data can come in pieces.
[[nodiscard]] constexpr std::uint32_t crc32(bytes_view data, std::uint32_t seed = 0) noexcept
{
    const auto& rows = detail::crc32_table.rows;
    std::uint32_t crc = ~seed;
    std::size_t at = 0;
    for (; data.size() - at >= 4; at += 4) {
        crc ^= data[at] | static_cast<std::uint32_t>(data[at + 1]) << 8 |
               static_cast<std::uint32_t>(data[at + 2]) << 16 |
               static_cast<std::uint32_t>(data[at + 3]) << 24;
        crc = rows[3][crc & 0xFFU] ^ rows[2][(crc >> 8) & 0xFFU] ^ rows[1][(crc >> 16) & 0xFFU] ^
              rows[0][crc >> 24];
    }
    for (; at < data.size(); ++at)
        crc = (crc >> 8) ^ rows[0][(crc ^ data[at]) & 0xFFU];
    return ~crc;
}

/// A challenge: 12 random bytes and their CRC-32. The bytes must be fresh for every server and every request,
/// from a cryptographically secure source: they are what makes an answer impossible to forge.
[[nodiscard]] constexpr signature make_challenge(const std::array<std::uint8_t, 12>& random) noexcept
{
    signature challenge{};
    detail::copy_bytes(random.data(), random.size(), challenge.data());
    detail::store_big<4>(challenge.data() + random.size(), crc32(random));
    return challenge;
}

/// Does the CRC at the end fit the 12 bytes before it? If not, servers answer `status::invalid_crc`.
[[nodiscard]] constexpr bool is_valid_challenge(std::span<const std::uint8_t, 16> challenge) noexcept
{
    return crc32(challenge.first<12>()) == detail::load_big<4>(challenge.data() + 12);
}

/// Compares without giving away, by the time it takes, where two signatures differ.
[[nodiscard]] constexpr bool equal_constant_time(std::span<const std::uint8_t, 16> left,
                                                 std::span<const std::uint8_t, 16> right) noexcept
{
    unsigned difference = 0;
    for (std::size_t i = 0; i < left.size(); ++i)
        difference |= static_cast<unsigned>(left[i] ^ right[i]);
    return difference == 0;
}

/// The signature of an answer under encryption types 1 and 2: the challenge XOR the key's authenticity number
/// at that server. Under type 0 the signature is the challenge itself.
[[nodiscard]] constexpr signature sign(std::span<const std::uint8_t, 16> challenge,
                                       std::span<const std::uint8_t, 16> authenticity) noexcept
{
    signature result{};
    for (std::size_t i = 0; i < result.size(); ++i)
        result[i] = static_cast<std::uint8_t>(challenge[i] ^ authenticity[i]);
    return result;
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_CHALLENGE_HPP
