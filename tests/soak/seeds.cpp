// The whole library through storms that a seed draws. RAIDA_SEEDS="FROM COUNT" plays others than these: see
// tests/soak.sh.
#include "detects.hpp"
#include "fan_outs.hpp"
#include "powns.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::uint64_t play(std::uint64_t seed)
{
    switch (seed % 4) {
    case 0:
        return soak::detects{seed}.run();
    case 1:
        return soak::powns{seed}.run();
    default:
        return soak::fan_outs{seed}.run();
    }
}

/// What was wrong, or nothing.
template <class Run>
std::string fault_of(Run run)
{
    try {
        run();
        return {};
    } catch (const std::exception& wrong) {
        return wrong.what();
    }
}

void check(std::uint64_t seed)
{
    const auto wrong = fault_of([&] { play(seed); });
    if (!wrong.empty())
        std::cout << "seed " << seed << ": " << wrong << '\n';
    CAPTURE(seed);
    CHECK(wrong == "");
}

} // namespace

TEST_CASE("whatever a seed draws, every answer is as its reference says", "[soak]")
{
    std::uint64_t from = 0, count = 20'000;
    if (const char* wanted = std::getenv("RAIDA_SEEDS"))
        std::istringstream{wanted} >> from >> count;
    for (std::uint64_t seed = from; seed < from + count; ++seed)
        check(seed);
}

TEST_CASE("seeds that once found something find nothing any more", "[soak]")
{
    std::ifstream file{std::filesystem::path{__FILE__}.parent_path() / "failed_seeds.txt"};
    REQUIRE(file);
    for (std::string line; std::getline(file, line);)
        if (!line.empty() && line.front() != '#')
            check(std::stoull(line));
}

TEST_CASE("the same seed is the same run", "[soak]")
{
    for (std::uint64_t seed = 0; seed < 400; ++seed) {
        CAPTURE(seed);
        CHECK(play(seed) == play(seed));
    }
}

TEST_CASE("what the references forbid is noticed when it happens", "[soak]")
{
    std::set<std::string> faults;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        faults.insert(fault_of([&] { soak::detects{seed, 25}.run(); }));
        faults.insert(fault_of([&] { soak::fan_outs{seed, true}.run(); }));
        faults.insert(fault_of([&] { soak::powns{seed, false}.run(); }));
    }
    CHECK(faults.contains("twelve that lie decide nothing"));
    CHECK(faults.contains("only the right answer is verified"));
    CHECK(faults.contains("nothing leaves before the journal has it"));
}
