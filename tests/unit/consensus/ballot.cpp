#include <raida/consensus/detail/ballot.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace {

using raida::detail::ballot;
using raida::detail::vote_counts;

constexpr std::size_t counted(ballot what, std::uint64_t servers)
{
    vote_counts counts;
    counts.add(what, servers);
    return counts.of(what);
}

// A count that was shifted as a std::size_t landed among the passes where that has 32 bits.
constexpr bool stays_apart(ballot what, std::uint64_t servers)
{
    vote_counts counts;
    counts.add(what, servers);
    for (const auto other : {ballot::all_pass, ballot::all_fail, ballot::mixed, ballot::refused})
        if (counts.of(other) != (other == what ? servers : 0))
            return false;
    return true;
}

static_assert(counted(ballot::mixed, 25) == 25);
static_assert(counted(ballot::refused, 0xFFFF) == 0xFFFF);
static_assert(stays_apart(ballot::all_pass, 0xFFFF) && stays_apart(ballot::all_fail, 0xFFFF));
static_assert(stays_apart(ballot::mixed, 0xFFFF) && stays_apart(ballot::refused, 0xFFFF));

// However many servers are added at once, nothing narrower than the counts themselves is shifted.
static_assert(
    std::is_same_v<decltype(&vote_counts::add), void (vote_counts::*)(ballot, std::uint64_t) noexcept>);

} // namespace

TEST_CASE("word size: each kind of answer keeps its own count, added one by one or many at once", "[ballot]")
{
    vote_counts one_by_one, at_once;
    for (const auto& [what, servers] :
         {std::pair{ballot::all_pass, 3}, std::pair{ballot::all_fail, 5}, std::pair{ballot::mixed, 11},
          std::pair{ballot::refused, 2}, std::pair{ballot::key_refused, 4}, std::pair{ballot::silent, 9}}) {
        for (int i = 0; i < servers; ++i)
            one_by_one.add(what);
        at_once.add(what, static_cast<std::uint64_t>(servers));
    }
    for (const auto* counts : {&one_by_one, &at_once}) {
        CHECK(counts->of(ballot::all_pass) == 3);
        CHECK(counts->of(ballot::all_fail) == 5);
        CHECK(counts->of(ballot::mixed) == 11);
        CHECK(counts->of(ballot::refused) == 6);
    }
}
