#include <raida/detail/server_vote.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace {

using raida::detail::server_vote;
using raida::detail::vote_counts;

constexpr std::size_t counted(server_vote what, std::uint64_t servers)
{
    vote_counts counts;
    counts.add(what, servers);
    return counts.of(what);
}

// A count that was shifted as a std::size_t landed among the passes where that has 32 bits.
constexpr bool stays_apart(server_vote what, std::uint64_t servers)
{
    vote_counts counts;
    counts.add(what, servers);
    for (const auto other :
         {server_vote::all_pass, server_vote::all_fail, server_vote::mixed, server_vote::refused})
        if (counts.of(other) != (other == what ? servers : 0))
            return false;
    return true;
}

static_assert(counted(server_vote::mixed, 25) == 25);
static_assert(counted(server_vote::refused, 0xFFFF) == 0xFFFF);
static_assert(stays_apart(server_vote::all_pass, 0xFFFF) && stays_apart(server_vote::all_fail, 0xFFFF));
static_assert(stays_apart(server_vote::mixed, 0xFFFF) && stays_apart(server_vote::refused, 0xFFFF));

// However many servers are added at once, nothing narrower than the counts themselves is shifted.
static_assert(
    std::is_same_v<decltype(&vote_counts::add), void (vote_counts::*)(server_vote, std::uint64_t) noexcept>);

} // namespace

TEST_CASE("word size: each kind of answer keeps its own count, added one by one or many at once", "[ballot]")
{
    vote_counts one_by_one, at_once;
    for (const auto& [what, servers] :
         {std::pair{server_vote::all_pass, 3}, std::pair{server_vote::all_fail, 5},
          std::pair{server_vote::mixed, 11}, std::pair{server_vote::refused, 2},
          std::pair{server_vote::key_refused, 4}, std::pair{server_vote::silent, 9}}) {
        for (int i = 0; i < servers; ++i)
            one_by_one.add(what);
        at_once.add(what, static_cast<std::uint64_t>(servers));
    }
    for (const auto* counts : {&one_by_one, &at_once}) {
        CHECK(counts->of(server_vote::all_pass) == 3);
        CHECK(counts->of(server_vote::all_fail) == 5);
        CHECK(counts->of(server_vote::mixed) == 11);
        CHECK(counts->of(server_vote::refused) == 6);
    }
}
