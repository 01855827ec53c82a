// Plays seeds, each to its fault if it has one. RAIDA_SEEDS="FROM COUNT" plays others than those of every
// test run: see tests/soak.sh.
#ifndef RAIDA_TESTS_SOAK_PLAY_HPP
#define RAIDA_TESTS_SOAK_PLAY_HPP

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

namespace soak {

/// What came of a seed, or nothing where it is another program's.
using player = std::optional<std::uint64_t> (*)(std::uint64_t seed);

/// What was wrong, or nothing.
template <class Run>
std::string fault_of(Run run)
{
    try {
        static_cast<void>(run());
        return {};
    } catch (const std::exception& wrong) {
        return wrong.what();
    }
}

inline void check(player play, std::uint64_t seed)
{
    const auto wrong = fault_of([&] { return play(seed); });
    if (!wrong.empty())
        std::cout << "seed " << seed << ": " << wrong << '\n';
    CAPTURE(seed);
    CHECK(wrong == "");
}

inline void check_all(player play)
{
    std::uint64_t from = 0, count = 20'000;
    if (const char* wanted = std::getenv("RAIDA_SEEDS"))
        std::istringstream{wanted} >> from >> count;
    for (std::uint64_t seed = from; seed < from + count; ++seed)
        check(play, seed);
}

inline void check_those_that_failed(player play)
{
    std::ifstream file{std::filesystem::path{__FILE__}.parent_path() / "failed_seeds.txt"};
    REQUIRE(file);
    for (std::string line; std::getline(file, line);)
        if (!line.empty() && line.front() != '#')
            check(play, std::stoull(line));
}

inline void check_twice(player play)
{
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        CAPTURE(seed);
        CHECK(play(seed) == play(seed));
    }
}

} // namespace soak

#endif // RAIDA_TESTS_SOAK_PLAY_HPP
