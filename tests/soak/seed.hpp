// What the scenarios that a seed plays share: its numbers, its fingerprint, and what they say when something
// is not as it must be.
#ifndef RAIDA_TESTS_SOAK_SEED_HPP
#define RAIDA_TESTS_SOAK_SEED_HPP

#include <raida/testing/seeded_random.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>

namespace soak {

using namespace std::chrono_literals;
using duration = std::chrono::nanoseconds;
using time_point = std::chrono::steady_clock::time_point;

inline void must(bool holds, const char* property)
{
    if (!holds)
        throw std::logic_error{property};
}

/// Everything that came of a seed, in one number (FNV-1a).
class fingerprint
{
  public:
    void add(std::uint64_t value) noexcept
    {
        for (int shift = 0; shift < 64; shift += 8)
            value_ = (value_ ^ (value >> shift & 0xFF)) * 0x100000001B3U;
    }
    void add(duration value) noexcept { add(static_cast<std::uint64_t>(value.count())); }
    void add(const std::error_code& error) { add(static_cast<std::uint64_t>(error.value())); }
    void add(std::span<const std::uint8_t> bytes) noexcept
    {
        add(bytes.size());
        for (const std::uint8_t byte : bytes)
            value_ = (value_ ^ byte) * 0x100000001B3U;
    }

    [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

  private:
    std::uint64_t value_ = 0xCBF29CE484222325U;
};

/// The numbers of a seed. Another one than that of the tokens and servers, whose numbers would come again.
class dice
{
  public:
    explicit dice(std::uint64_t seed) : random_{seed} {}

    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_.below(limit)); }
    bool chance(double probability) { return random_.chance(probability); }
    std::uint64_t number() { return random_(); }

    /// A time from the shortest to the longest, by microseconds.
    duration between(duration least, duration most)
    {
        return least + std::chrono::microseconds{below(static_cast<std::size_t>((most - least) / 1us) + 1)};
    }

    raida::testing::seeded_random& source() { return random_; }

  private:
    raida::testing::seeded_random random_;
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_SEED_HPP
