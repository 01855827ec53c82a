// A pown and its recoveries in every order of events.
#include "pown_model.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

using exhaustive::exploration;
using exhaustive::pown_setup;
using exhaustive::pown_world;

const std::vector<raida::token_id> one_token{{{0}, {7}}};
const std::vector<raida::token_id> of_one_page{{{0}, {7}}, {{0}, {8}}};
const std::vector<raida::token_id> of_two_pages{{{0}, {7}}, {{0}, {5000}}};

// As few questions as there can be, so that the end of all patience is near.
constexpr raida::detail::pown_patience hasty{.find_rounds = 1, .pown_again = 1, .least = 1};
constexpr raida::detail::pown_patience one_by_one{
    .find_rounds = 1, .pown_again = 1, .most_pown = 1, .most_find = 1, .least = 1};

exploration explore(const std::string& what, const pown_setup& setup)
{
    exhaustive::pown_parts parts;
    auto found = exhaustive::explore(pown_world{setup, parts});
    std::cout << what << ": " << found << ", " << parts.size() << " of one server's part\n";
    CHECK(parts.always_end());
    return found;
}

void check(const std::string& what, const pown_setup& setup)
{
    const auto found = explore(what, setup);
    CHECK(found.violated == "");
    CHECK(found.complete);
    CHECK(found.states > 1000);
}

} // namespace

TEST_CASE("one token: whatever the network, the journal and the caller do, every claim is true",
          "[exhaustive]")
{
    check("one token", {.tokens = one_token, .patience = hasty, .cancels = true});
}

TEST_CASE("one token: a client that is killed twice, anywhere, loses nothing", "[exhaustive]")
{
    check("one token, killed twice", {.tokens = one_token, .patience = hasty, .faults = 2, .kills = 2});
}

TEST_CASE("one token: powns that come late and servers that forget", "[exhaustive]")
{
    check("one token, overtaken",
          {.tokens = one_token, .patience = hasty, .faults = 2, .kills = 1, .overtakes = true});
    check("one token, forgotten",
          {.tokens = one_token, .patience = hasty, .faults = 2, .kills = 1, .forgets = true});
}

TEST_CASE("two tokens: together, one after the other, and side by side", "[exhaustive]")
{
    check("two tokens in one datagram", {.tokens = of_one_page, .patience = hasty, .faults = 2, .kills = 1});
    check("two tokens of one page", {.tokens = of_one_page, .patience = one_by_one, .faults = 2, .kills = 1});
    check("two tokens of two pages",
          {.tokens = of_two_pages, .patience = one_by_one, .faults = 2, .kills = 1});
}

TEST_CASE("a mistake of the client is found, and the shortest way to it is told", "[exhaustive]")
{
    const auto find = [](pown_setup::wrong mistake, unsigned kills) {
        const auto found = explore(
            "with a mistake", {.tokens = one_token, .patience = hasty, .kills = kills, .mistake = mistake});
        std::string path = found.violated;
        for (const std::string& step : found.path)
            path += "; " + step;
        return path;
    };
    using wrong = pown_setup::wrong;
    CHECK(find(wrong::ignores_the_journal, 0) ==
          "nothing leaves before the journal has it; the journal fails");
    CHECK(find(wrong::powns_instead_of_finding, 1) ==
          "a pown is never sent twice; the client is killed when the record was written; a recovery begins");
    CHECK(find(wrong::believes_forgeries, 0) == "no claim about a number is false; the journal takes the "
                                                "record; server 0: an answer comes that nothing proves");
}
