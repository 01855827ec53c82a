// The multiplexer's harness over a fixed stream of random programs.
#include "multiplexer.hpp"

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

TEST_CASE("whatever happens in whatever order, the engine's books balance and everything finishes", "[fuzz]")
{
    constexpr std::uint32_t programs = 3'000;
    std::uint32_t answered = 0;
    for (std::uint32_t seed = 0; seed < programs; ++seed) {
        std::mt19937 random{seed};
        std::vector<std::uint8_t> program(100 + random() % 1'500);
        std::generate(program.begin(), program.end(),
                      [&] { return static_cast<std::uint8_t>(random() >> 8); });
        CAPTURE(seed);
        bool good = false;
        REQUIRE_NOTHROW(good = fuzz::multiplexer(program));
        answered += good ? 1 : 0;
    }
    CHECK(answered > programs * 9 / 10);
}
