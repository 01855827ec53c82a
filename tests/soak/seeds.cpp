// The whole library through storms that a seed draws. Those whose bodies travel sealed: sealed_seeds.cpp.
#include "fan_outs.hpp"
#include "heals.hpp"
#include "play.hpp"
#include "powns.hpp"
#include "questions.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace {

using questions = soak::questions<soak::in_the_clear>;
using powns = soak::powns<soak::in_the_clear>;
using heals = soak::heals<soak::in_the_clear>;

std::optional<std::uint64_t> play(std::uint64_t seed)
{
    switch (seed % 8) {
    case 0:
        return questions{seed}.run();
    case 1:
        return powns{seed}.run();
    case 2:
    case 3:
    case 4:
        return soak::fan_outs{seed}.run();
    case 5:
        return heals{seed}.run();
    default:
        return std::nullopt;
    }
}

} // namespace

TEST_CASE("whatever a seed draws, every answer is as its reference says", "[soak]")
{
    soak::check_all(play);
}

TEST_CASE("seeds that once found something find nothing any more", "[soak]")
{
    soak::check_those_that_failed(play);
}

TEST_CASE("the same seed is the same run", "[soak]")
{
    soak::check_twice(play);
}

TEST_CASE("what the references forbid is noticed when it happens", "[soak]")
{
    std::set<std::string> faults;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        faults.insert(soak::fault_of([&] { return questions{seed, 25}.run(); }));
        faults.insert(soak::fault_of([&] { return soak::fan_outs{seed, true}.run(); }));
        faults.insert(soak::fault_of([&] { return powns{seed, false}.run(); }));
        faults.insert(soak::fault_of([&] { return heals{seed, false}.run(); }));
    }
    CHECK(faults.contains("twelve that lie decide nothing"));
    CHECK(faults.contains("only the right answer is verified"));
    CHECK(faults.contains("nothing leaves before the journal has it"));
    CHECK(faults.contains("no fix leaves before the journal has it"));
}
