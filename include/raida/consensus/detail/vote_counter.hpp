// Counting votes for many tokens at once: carry-save adders over words that hold one bit per token.
#ifndef RAIDA_CONSENSUS_DETAIL_VOTE_COUNTER_HPP
#define RAIDA_CONSENSUS_DETAIL_VOTE_COUNTER_HPP

#include <raida/consensus/detail/bit_planes.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

namespace raida::inline v1::detail {

// g++ and clang. Where they would have to pass vectors without having registers for them they warn.
#if defined(__GNUC__) && (!defined(__i386__) || defined(__SSE2__))
/// 128 tokens in one register of the smallest vector unit of 64-bit processors.
using plane_pair [[gnu::vector_size(16)]] = plane_word;
#else
/// One word after the other.
using plane_pair = plane_word;
#endif

template <class Block>
Block load_block(const plane_word* from) noexcept
{
    Block block;
    std::memcpy(&block, from, sizeof block);
    return block;
}

template <class Block>
Block all_ones() noexcept
{
    if constexpr (sizeof(Block) == sizeof(plane_word))
        return ~plane_word{0};
    else
        return Block{~plane_word{0}, ~plane_word{0}};
}

/// Adds up to N votes per token: bit b of every token's count is in digits[b].
template <std::size_t N, class Block>
class vote_counter
{
  public:
    // N + 1 must be a number too: it is the threshold that no count reaches.
    static constexpr std::size_t digit_count = std::bit_width(N + 1);

    /// Counts N planes; `next()` gives the block at hand of one after the other.
    template <class Next>
    explicit vote_counter(Next next) noexcept
    {
        add<N>(next);
    }

    /// The tokens whose count is at least `value`, which is at most N + 1: the carry out of
    /// count + (2^digits - value). The branches go the same way for every block.
    [[nodiscard]] Block at_least(std::size_t value) const noexcept
    {
        Block carry = all_ones<Block>();
        for (std::size_t i = 0; i < digit_count; ++i)
            if (((value >> i) & 1U) != 0)
                carry = digits_[i] & carry;
            else
                carry = digits_[i] | carry;
        return carry;
    }

  private:
    // Adds two bits to a digit and gives the carry into the next one.
    static Block full_add(Block& digit, Block a, Block b) noexcept
    {
        const Block partial = digit ^ a;
        const Block carry = (digit & a) | (partial & b);
        digit = partial ^ b;
        return carry;
    }

    // A tree of adders: 2^Digit planes become one carry into that digit.
    template <std::size_t Digit, class Next>
    Block carry_of(Next& next) noexcept
    {
        if constexpr (Digit == 0) {
            return next();
        } else {
            const Block a = carry_of<Digit - 1>(next);
            const Block b = carry_of<Digit - 1>(next);
            return full_add(digits_[Digit - 1], a, b);
        }
    }

    // The smallest group first, since the digit that it carries into and those above are then still empty.
    template <std::size_t Count, class Next>
    void add(Next& next) noexcept
    {
        if constexpr (Count != 0) {
            constexpr std::size_t digit = std::countr_zero(Count);
            digits_[digit] = carry_of<digit>(next);
            add<Count - (std::size_t{1} << digit)>(next);
        }
    }

    std::array<Block, digit_count> digits_{};
};

/// Votes that are the same for all tokens, and how many are wanted.
struct vote_thresholds
{
    std::size_t pass;     ///< passes in the mixed planes from which on a token is authentic
    std::size_t not_fail; ///< passes in the mixed planes from which on it is not counterfeit

    /// `needed` votes, when `all_pass` and `all_fail` servers judged all tokens alike and `mixed` differ.
    static constexpr vote_thresholds of(std::size_t needed, std::size_t all_pass, std::size_t all_fail,
                                        std::size_t mixed) noexcept
    {
        const std::size_t never = mixed + 1;
        const std::size_t pass = needed > all_pass ? (std::min)(needed - all_pass, never) : 0;
        const std::size_t most_fails = all_fail + mixed;
        const std::size_t not_fail = most_fails >= needed ? (std::min)(most_fails - needed + 1, never) : 0;
        return {pass, not_fail};
    }
};

/// Writes, for words `from` .. of N planes that lie `stride` words apart, which tokens are authentic and
/// which are counterfeit. Returns the first word that was not a whole block any more.
template <std::size_t N, class Block>
std::size_t judge_blocks(const plane_word* rows, std::size_t stride, std::size_t from, std::size_t words,
                         vote_thresholds wanted, plane_word* authentic, plane_word* counterfeit) noexcept
{
    using counter = vote_counter<N, Block>;
    constexpr std::size_t width = sizeof(Block) / sizeof(plane_word);
    if (from + width > words)
        return from;
    for (; from + width <= words; from += width) {
        const counter votes{[row = rows + from, stride]() mutable {
            const Block block = load_block<Block>(row);
            row += stride;
            return block;
        }};
        const Block passed = votes.at_least(wanted.pass);
        const Block failed = ~votes.at_least(wanted.not_fail);
        std::memcpy(authentic + from, &passed, sizeof passed);
        std::memcpy(counterfeit + from, &failed, sizeof failed);
    }
    return from;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CONSENSUS_DETAIL_VOTE_COUNTER_HPP
