// The seeds whose bodies travel sealed: the others are in seeds.cpp.
#include "heals.hpp"
#include "play.hpp"
#include "powns.hpp"
#include "questions.hpp"
#include "sealed.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <optional>

namespace {

std::optional<std::uint64_t> play(std::uint64_t seed)
{
    switch (seed % 16) {
    case 6:
        return soak::questions<soak::under_seal>{seed}.run();
    case 7:
    case 14:
        return soak::powns<soak::under_seal>{seed}.run();
    case 15:
        return soak::heals<soak::under_seal>{seed}.run();
    default:
        return std::nullopt;
    }
}

} // namespace

TEST_CASE("whatever a seed draws, what is sealed is answered as its reference says", "[soak]")
{
    soak::check_all(play);
}

TEST_CASE("sealed seeds that once found something find nothing any more", "[soak]")
{
    soak::check_those_that_failed(play);
}

TEST_CASE("the same sealed seed is the same run", "[soak]")
{
    soak::check_twice(play);
}
