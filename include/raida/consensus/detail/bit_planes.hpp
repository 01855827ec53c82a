// One bit per token in 64-bit words: how a server's mixed body becomes words, whatever its bit order, and
// where a tally keeps them.
#ifndef RAIDA_CONSENSUS_DETAIL_BIT_PLANES_HPP
#define RAIDA_CONSENSUS_DETAIL_BIT_PLANES_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/wire/bitfield.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// 64 tokens: token t is bit t % 64 of word t / 64, counted from the least significant bit.
using plane_word = std::uint64_t;
inline constexpr std::size_t plane_word_bits = 64;

constexpr std::size_t words_for(std::size_t tokens) noexcept
{
    return tokens / plane_word_bits + (tokens % plane_word_bits != 0 ? 1 : 0);
}

/// The bits of the last word that belong to tokens.
constexpr plane_word last_word_mask(std::size_t tokens) noexcept
{
    const std::size_t used = tokens % plane_word_bits;
    return used == 0 ? ~plane_word{0} : (plane_word{1} << used) - 1;
}

/// The last bit of each byte first, all eight bytes at once.
constexpr plane_word reverse_bits_of_bytes(plane_word word) noexcept
{
    word = ((word >> 1) & 0x5555555555555555U) | ((word & 0x5555555555555555U) << 1);
    word = ((word >> 2) & 0x3333333333333333U) | ((word & 0x3333333333333333U) << 2);
    return ((word >> 4) & 0x0F0F0F0F0F0F0F0FU) | ((word & 0x0F0F0F0F0F0F0F0FU) << 4);
}

/// Eight bytes of a body in their normal order: the first token's bit is the lowest.
template <bit_order Order>
plane_word load_word(const std::uint8_t* from) noexcept
{
    plane_word word = 0;
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(&word, from, sizeof word);
    } else {
        for (std::size_t i = 0; i < sizeof word; ++i)
            word |= plane_word{from[i]} << (8 * i);
    }
    return Order == bit_order::lsb_first ? word : reverse_bits_of_bytes(word);
}

/// Reads the bodies of mixed answers for a batch of tokens, at least one. A body has the form of a mixed
/// answer if it has exactly the bytes that the tokens take, padding zero, and at least one pass and one fail.
template <bit_order Order>
class mixed_reader
{
  public:
    explicit constexpr mixed_reader(std::size_t tokens) noexcept
        : bytes_{bitfield::bytes_for(tokens)},
          last_{words_for(tokens) - 1},
          mask_{last_word_mask(tokens)},
          shift_{static_cast<unsigned>(8 * ((last_ + 1) * sizeof(plane_word) - bytes_))}
    {}

    /// Has `body` that form?
    [[nodiscard]] bool accepts(bytes_view body) const noexcept
    {
        return body.size() == bytes_ && is_mixed(body.data(), last_word(body.data()));
    }

    /// Copies a body to words_for(tokens) words. False if it has not that form; `to` may then hold anything.
    [[nodiscard]] bool read(bytes_view body, plane_word* to) const noexcept
    {
        return body.size() == bytes_ && read_sized(body.data(), to);
    }

    /// The same for a body that is known to have the right number of bytes.
    [[nodiscard]] bool read_sized(const std::uint8_t* body, plane_word* to) const noexcept
    {
        for (std::size_t i = 0; i < last_; ++i)
            to[i] = load_word<Order>(body + i * sizeof(plane_word));
        const plane_word last = last_word(body);
        to[last_] = last;
        return is_mixed(body, last);
    }

    /// One word of a body that was accepted.
    [[nodiscard]] plane_word word(bytes_view body, std::size_t index) const noexcept
    {
        return index < last_ ? load_word<Order>(body.data() + index * sizeof(plane_word))
                             : last_word(body.data());
    }

  private:
    // The last 1 to 8 bytes, zeros behind them.
    [[nodiscard]] plane_word last_word(const std::uint8_t* body) const noexcept
    {
        if (bytes_ >= sizeof(plane_word)) // read together with bytes of the word before
            return load_word<Order>(body + bytes_ - sizeof(plane_word)) >> shift_;
        std::array<std::uint8_t, sizeof(plane_word)> padded{};
        std::copy_n(body, bytes_, padded.data());
        return load_word<Order>(padded.data());
    }

    // The last word tells in nearly all cases, and one comparison in those.
    [[nodiscard]] bool is_mixed(const std::uint8_t* body, plane_word last) const noexcept
    {
        if (last - 1 < mask_ - 1) // neither none of the mask nor all of it, and nothing above
            return true;
        return (last & ~mask_) == 0 && differs_from(body, last != 0);
    }

    // Is there another vote than `pass` before the last word?
    [[nodiscard]] bool differs_from(const std::uint8_t* body, bool pass) const noexcept
    {
        const plane_word same = pass ? ~plane_word{0} : plane_word{0};
        for (std::size_t i = 0; i < last_; ++i)
            if (load_word<Order>(body + i * sizeof(plane_word)) != same)
                return true;
        return false;
    }

    std::size_t bytes_, last_; // bytes of a body; the number of its last word
    plane_word mask_;          // the last word's tokens
    unsigned shift_;           // how many bits of the last eight bytes belong to the word before
};

/// Rows of words, one bit per token each, in one block of memory that is kept from one use to the next.
class bit_planes
{
  public:
    bit_planes() = default;
    bit_planes(const bit_planes&) = default;
    bit_planes& operator=(const bit_planes&) = default;
    ~bit_planes() = default;

    // A moved-from object holds no tokens, so that no index reaches the memory that is gone.
    bit_planes(bit_planes&& other) noexcept
        : memory_{std::move(other.memory_)}, tokens_{std::exchange(other.tokens_, 0)}, stride_{other.stride_}
    {}

    bit_planes& operator=(bit_planes&& other) noexcept
    {
        memory_ = std::move(other.memory_);
        tokens_ = std::exchange(other.tokens_, 0);
        stride_ = other.stride_;
        return *this;
    }

    /// No tokens, until there are all the rows that `tokens` take and commit() says so. The memory is kept.
    void start(std::size_t tokens) noexcept
    {
        tokens_ = 0;
        stride_ = words_for(tokens);
        // Rows one behind the other at a power of two would all compete for the same lines of the cache.
        if (stride_ >= 64)
            stride_ = (((stride_ + 7) / 8) | 1U) * 8;
    }

    /// Makes room for rows 0 .. count - 1, at least one, which hold anything until they are written. Pointers
    /// to rows become invalid. Throws std::length_error for rows that no memory could hold.
    void reserve(std::size_t count)
    {
        if (stride_ <= memory_.size() / count) // divided by a constant; the product could wrap around
            return;
        if (stride_ > memory_.max_size() / count)
            throw std::length_error{"too many tokens"};
        memory_.resize(count * stride_);
    }

    /// Zeroes `count` rows.
    void zero(std::size_t first, std::size_t count) noexcept { std::fill_n(row(first), count * stride_, 0); }

    void commit(std::size_t tokens) noexcept { tokens_ = tokens; }

    [[nodiscard]] std::size_t tokens() const noexcept { return tokens_; }
    [[nodiscard]] std::size_t words() const noexcept { return words_for(tokens_); }
    [[nodiscard]] std::size_t stride() const noexcept { return stride_; }
    [[nodiscard]] plane_word* row(std::size_t index) noexcept { return memory_.data() + index * stride_; }
    [[nodiscard]] const plane_word* row(std::size_t index) const noexcept
    {
        return memory_.data() + index * stride_;
    }

    [[nodiscard]] bool test(std::size_t index, std::size_t token) const noexcept
    {
        return ((row(index)[token / plane_word_bits] >> (token % plane_word_bits)) & 1U) != 0;
    }

  private:
    std::vector<plane_word> memory_;
    std::size_t tokens_ = 0;
    std::size_t stride_ = 0;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CONSENSUS_DETAIL_BIT_PLANES_HPP
