// MD5 as RFC 1321 has it: servers derive numbers by it, and nothing here trusts it for anything else.
#ifndef RAIDA_WIRE_DETAIL_MD5_HPP
#define RAIDA_WIRE_DETAIL_MD5_HPP

#include <raida/base/detail/bytes.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace raida::inline v1::detail {

/// The whole message at once. What is left of it on the stack is wiped.
class md5
{
  public:
    using digest = std::array<std::uint8_t, 16>;

    [[nodiscard]] static digest of(bytes_view message) noexcept
    {
        md5 state;
        bytes_view rest = message;
        for (; rest.size() >= block_size; rest = rest.subspan(block_size))
            state.mix(rest.data());
        state.finish(rest, message.size());
        digest result{};
        for (std::size_t i = 0; i < result.size(); ++i)
            result[i] = static_cast<std::uint8_t>(state.words_[i / 4] >> (8 * (i % 4)));
        return result;
    }

  private:
    static constexpr std::size_t block_size = 64;
    using words = std::array<std::uint32_t, 4>;

    md5() noexcept = default;
    md5(const md5&) = delete;
    md5& operator=(const md5&) = delete;
    ~md5()
    {
        wipe(words_.data(), sizeof(words_));
        wipe(block_.data(), sizeof(block_));
        wipe(last_.data(), sizeof(last_));
    }

    // The last bytes, a one bit, zeros, and the message's length in bits, least significant byte first.
    void finish(bytes_view rest, std::uint64_t size) noexcept
    {
        std::copy(rest.begin(), rest.end(), last_.begin());
        last_[rest.size()] = 0x80;
        if (rest.size() + 9 > block_size) {
            mix(last_.data());
            last_ = {};
        }
        for (std::size_t i = 0; i < 8; ++i)
            last_[56 + i] = static_cast<std::uint8_t>(size * 8 >> (8 * i));
        mix(last_.data());
    }

    void mix(const std::uint8_t* bytes) noexcept
    {
        // floor(2^32 * |sin(i + 1)|)
        static constexpr std::uint32_t sines[64] = {
            0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
            0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
            0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
            0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
            0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
            0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
            0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
            0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
        static constexpr std::uint8_t turns[4][4] = {
            {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
        static constexpr std::uint8_t steps[4] = {1, 5, 3, 7}, starts[4] = {0, 1, 5, 0};

        for (std::size_t i = 0; i < block_.size(); ++i)
            block_[i] = static_cast<std::uint32_t>(bytes[4 * i]) |
                        static_cast<std::uint32_t>(bytes[4 * i + 1]) << 8 |
                        static_cast<std::uint32_t>(bytes[4 * i + 2]) << 16 |
                        static_cast<std::uint32_t>(bytes[4 * i + 3]) << 24;
        auto [a, b, c, d] = words_;
        for (std::size_t i = 0; i < 64; ++i) {
            const std::size_t round = i / 16;
            const std::uint32_t word = block_[(starts[round] + steps[round] * i) % 16];
            const std::uint32_t turned =
                b + std::rotl(a + select(round, b, c, d) + word + sines[i], turns[round][i % 4]);
            a = d;
            d = c;
            c = b;
            b = turned;
        }
        words_[0] += a;
        words_[1] += b;
        words_[2] += c;
        words_[3] += d;
    }

    static std::uint32_t select(std::size_t round, std::uint32_t b, std::uint32_t c, std::uint32_t d) noexcept
    {
        switch (round) {
        case 0:
            return (b & c) | (~b & d);
        case 1:
            return (b & d) | (c & ~d);
        case 2:
            return b ^ c ^ d;
        default:
            return c ^ (b | ~d);
        }
    }

    words words_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    std::array<std::uint32_t, 16> block_{};
    std::array<std::uint8_t, block_size> last_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_MD5_HPP
