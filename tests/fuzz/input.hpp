// Arbitrary bytes as numbers, one after another; zeros once they are over.
#ifndef RAIDA_TESTS_FUZZ_INPUT_HPP
#define RAIDA_TESTS_FUZZ_INPUT_HPP

#include <raida/base/bytes.hpp>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>

namespace fuzz {

class input
{
  public:
    explicit input(raida::bytes_view bytes) : left_{bytes} {}

    [[nodiscard]] bool is_over() const noexcept { return left_.empty(); }

    /// Below `limit`, which is at most 256.
    std::size_t next(std::size_t limit) noexcept
    {
        const auto one = take(1);
        return one.empty() ? 0 : one[0] % limit;
    }

    /// Fewer at the end.
    raida::bytes_view take(std::size_t count) noexcept
    {
        const auto taken = left_.first(std::min(count, left_.size()));
        left_ = left_.subspan(taken.size());
        return taken;
    }

    /// Any number of 64 bits.
    std::int64_t any() noexcept
    {
        std::uint64_t value = 0;
        for (const std::uint8_t byte : take(8))
            value = value << 8 | byte;
        return static_cast<std::int64_t>(value);
    }

    /// N bits, at most eight.
    template <std::size_t N>
    std::bitset<N> bits() noexcept
    {
        return std::bitset<N>{next(256)};
    }

  private:
    raida::bytes_view left_;
};

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_INPUT_HPP
