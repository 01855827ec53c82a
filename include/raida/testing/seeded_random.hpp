// Pseudo-random numbers that are the same everywhere: from one seed, one run, on every compiler.
#ifndef RAIDA_TESTING_SEEDED_RANDOM_HPP
#define RAIDA_TESTING_SEEDED_RANDOM_HPP

#include <raida/base/version.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <system_error>

namespace raida::inline v1::testing {

/// SplitMix64. Not for secrets. The standard's distributions differ between libraries, so the few that are
/// needed are here. Also a source of randomness for `commands` in tests that want the same bytes every time.
class seeded_random
{
  public:
    using result_type = std::uint64_t;

    /// The same seed: the same sequence.
    explicit constexpr seeded_random(std::uint64_t seed) noexcept : state_{seed} {}

    /// For std's algorithms.
    static constexpr result_type(min)() noexcept { return 0; }
    /// For std's algorithms.
    static constexpr result_type(max)() noexcept { return (std::numeric_limits<result_type>::max)(); }

    /// The next 64 bits.
    constexpr result_type operator()() noexcept
    {
        std::uint64_t mixed = (state_ += 0x9E3779B97F4A7C15U);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
        return mixed ^ (mixed >> 31);
    }

    /// 0 inclusive to 1 exclusive.
    constexpr double unit() noexcept { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }

    /// 0 inclusive to `limit` exclusive; 0 if `limit` is 0. (The bias of the remainder does not matter here.)
    constexpr std::uint64_t below(std::uint64_t limit) noexcept { return limit == 0 ? 0 : (*this)() % limit; }

    /// True with this probability. What cannot or must happen takes no number from the sequence, so that
    /// switching one fault on does not shift all the others.
    constexpr bool chance(double probability) noexcept
    {
        if (!(probability > 0))
            return false;
        return probability >= 1 || unit() < probability;
    }

    /// A standard normal value.
    double normal() noexcept
    {
        const double radius = std::sqrt(-2 * std::log(1 - unit()));
        return radius * std::cos(6.283185307179586 * unit());
    }

    /// The next bytes.
    constexpr void fill(std::span<std::uint8_t> bytes) noexcept
    {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            if (i % 8 == 0)
                word = (*this)();
            bytes[i] = static_cast<std::uint8_t>(word >> (8 * (i % 8)));
        }
    }

    /// As a random source: never fails.
    void fill(std::span<std::uint8_t> bytes, std::error_code& error) noexcept
    {
        fill(bytes);
        error.clear();
    }

  private:
    std::uint64_t state_;
};

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_SEEDED_RANDOM_HPP
