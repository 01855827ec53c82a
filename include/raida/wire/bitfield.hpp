// A view of the body of a mixed answer: one bit per token, padded with zeros.
#ifndef RAIDA_WIRE_BITFIELD_HPP
#define RAIDA_WIRE_BITFIELD_HPP

#include <raida/base/detail/bytes.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace raida::inline v1 {

/// Which bit of a byte is the first token's. Real servers count from the least significant bit (measured);
/// the written specification says the most significant one.
enum class bit_order : std::uint8_t
{
    lsb_first,
    msb_first
};

/// One bit per token over bytes that somebody else owns and keeps alive. Any bytes and any count are safe:
/// bits that the bytes do not hold read as fail, and is_well_formed() tells. Thread safety: distinct objects
/// safe; const use of a shared one safe.
class bitfield
{
  public:
    /// `body` without terminator; `count` tokens.
    constexpr bitfield(bytes_view body, std::size_t count, bit_order order = bit_order::lsb_first) noexcept
        : body_{body}, count_{count}, order_{order}
    {}

    /// Bytes that `count` bits take.
    [[nodiscard]] static constexpr std::size_t bytes_for(std::size_t count) noexcept
    {
        return count / 8 + (count % 8 != 0 ? 1 : 0);
    }

    /// Tokens, not bytes.
    [[nodiscard]] constexpr std::size_t size() const noexcept { return count_; }

    /// Did `token` pass? Tokens that the bytes or the count do not reach did not.
    [[nodiscard]] constexpr bool operator[](std::size_t token) const noexcept
    {
        const std::size_t byte = token / 8;
        if (token >= count_ || byte >= body_.size())
            return false;
        const std::size_t bit = order_ == bit_order::lsb_first ? token % 8 : 7 - token % 8;
        return ((body_[byte] >> bit) & 1U) != 0;
    }

    /// How many tokens passed; padding is not counted.
    [[nodiscard]] constexpr std::size_t count_pass() const noexcept
    {
        const std::size_t whole = count_ / 8 < body_.size() ? count_ / 8 : body_.size();
        std::size_t passed = 0;
        for (const std::uint8_t byte : body_.first(whole))
            passed += static_cast<std::size_t>(std::popcount(byte));
        if (whole < body_.size() && whole == count_ / 8)
            passed += static_cast<std::size_t>(
                std::popcount(static_cast<std::uint8_t>(body_[whole] & ~padding_mask())));
        return passed;
    }

    /// Exactly the bytes that `size()` tokens take, with no padding bit set. Nothing else is an answer.
    [[nodiscard]] constexpr bool is_well_formed() const noexcept
    {
        return body_.size() == bytes_for(count_) && (count_ % 8 == 0 || (body_.back() & padding_mask()) == 0);
    }

    /// At least one token passed and at least one failed: what a server means by "mixed".
    [[nodiscard]] constexpr bool is_mixed() const noexcept
    {
        const std::size_t passed = count_pass();
        return passed != 0 && passed != count_;
    }

    /// The bytes as they came, and how to read them.
    [[nodiscard]] constexpr bytes_view bytes() const noexcept { return body_; }
    /// Which bit is the first token's.
    [[nodiscard]] constexpr bit_order order() const noexcept { return order_; }

  private:
    // The bits of the byte after the last whole one that belong to no token.
    [[nodiscard]] constexpr unsigned padding_mask() const noexcept
    {
        const std::size_t used = count_ % 8;
        return order_ == bit_order::lsb_first ? (0xFFU << used) & 0xFFU : 0xFFU >> used;
    }

    bytes_view body_;
    std::size_t count_;
    bit_order order_;
};

} // namespace raida::inline v1

#endif // RAIDA_WIRE_BITFIELD_HPP
