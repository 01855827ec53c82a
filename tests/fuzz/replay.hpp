// A fixed stream of random and mutated inputs for a harness, so that its properties are tested where there is
// no libFuzzer.
#ifndef RAIDA_TESTS_FUZZ_REPLAY_HPP
#define RAIDA_TESTS_FUZZ_REPLAY_HPP

#include <raida/base/bytes.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace fuzz {

using byte_list = std::vector<std::uint8_t>;

// std::mt19937 gives the same numbers everywhere; the standard distributions do not.
class input_stream
{
  public:
    input_stream(std::uint32_t seed, std::vector<byte_list> good) : random_{seed}, good_{std::move(good)} {}

    byte_list next()
    {
        if (below(4) == 0)
            return noise(below(100));
        byte_list one = good_[below(good_.size())];
        for (std::size_t changes = below(4); changes > 0; --changes)
            mutate(one);
        return one;
    }

  private:
    std::size_t below(std::size_t limit) { return random_() % limit; }

    byte_list noise(std::size_t size)
    {
        byte_list result(size);
        std::generate(result.begin(), result.end(), [this] { return static_cast<std::uint8_t>(random_()); });
        return result;
    }

    void mutate(byte_list& one)
    {
        const std::size_t at = below(one.size() + 1);
        const auto here = one.begin() + static_cast<std::ptrdiff_t>(at);
        switch (below(5)) {
        case 0: // one bit
            if (at < one.size())
                one[at] = static_cast<std::uint8_t>(one[at] ^ (1U << below(8)));
            break;
        case 1: // cut off
            one.resize(at);
            break;
        case 2: { // something in between
            const byte_list more = noise(1 + below(4));
            one.insert(here, more.begin(), more.end());
            break;
        }
        case 3: // something missing
            one.erase(here, here + static_cast<std::ptrdiff_t>(std::min(one.size() - at, 1 + below(4))));
            break;
        default: { // the end of another one
            const byte_list& other = good_[below(good_.size())];
            one.resize(at);
            one.insert(one.end(), other.begin() + static_cast<std::ptrdiff_t>(std::min(at, other.size())),
                       other.end());
        }
        }
    }

    std::mt19937 random_;
    std::vector<byte_list> good_;
};

// Each input lies in memory of exactly its size, so that the address sanitizer sees a read of one byte too
// many.
template <class Harness>
void replay(input_stream inputs, Harness harness)
{
    constexpr int rounds = 10'000;
    int accepted = 0;
    for (int round = 0; round < rounds; ++round) {
        const byte_list one = inputs.next();
        const auto exact = std::make_unique<std::uint8_t[]>(one.size());
        std::copy(one.begin(), one.end(), exact.get());
        CAPTURE(round);
        bool good = false;
        REQUIRE_NOTHROW(good = harness(raida::bytes_view{exact.get(), one.size()}));
        accepted += good ? 1 : 0;
    }
    CHECK(accepted > rounds / 10); // both sides of every property were seen
    CHECK(accepted < rounds * 9 / 10);
}

// Bytes that mean something whatever they are.
inline std::vector<byte_list> programs(std::uint32_t seed, std::size_t longest)
{
    std::mt19937 random{seed};
    std::vector<byte_list> made(200);
    for (byte_list& one : made) {
        one.resize(longest / 4 + random() % (longest - longest / 4));
        std::generate(one.begin(), one.end(), [&] { return static_cast<std::uint8_t>(random() >> 8); });
    }
    return made;
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_REPLAY_HPP
