// A heal and its recoveries in every order of events: network, journal, servers, crashes, a caller who
// cancels.
#include "heal_model.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <iostream>
#include <string>

namespace {

using exhaustive::heal_setup;

exhaustive::exploration explore(const std::string& what, const heal_setup& setup)
{
    exhaustive::heal_numbers numbers;
    auto found = exhaustive::explore(exhaustive::heal_world{setup, numbers});
    std::cout << what << ": " << found << '\n';
    return found;
}

void check(const std::string& what, const heal_setup& setup, std::size_t least_states)
{
    const auto found = explore(what, setup);
    CHECK(found.violated == "");
    CHECK(found.complete);
    CHECK(found.states > least_states);
}

} // namespace

TEST_CASE("one token: whatever network, journal, caller and crashes do to a heal, every claim is true",
          "[exhaustive][heal]")
{
    check("one token, cancelled", {.held = {"ppf"}, .faults = 2, .cancels = true}, 100);
    check("one token, killed twice", {.held = {"ppf"}, .faults = 2, .kills = 2}, 100);
}

TEST_CASE("two tokens, one after the other: the same", "[exhaustive][heal]")
{
    check("two tokens", {.held = {"ppf", "fpp"}, .faults = 2, .kills = 2}, 1000);
    check("two tokens, one of them nobody's to heal", {.held = {"pff", "pfp"}, .faults = 2, .kills = 2}, 500);
}

TEST_CASE("a heal with a mistake in it is found out, by the shortest way", "[exhaustive][heal]")
{
    const auto violated = [](const heal_setup& setup) { return explore("with a mistake", setup).violated; };
    CHECK(violated({.held = {"ppf"}, .ignores_the_journal = true}) ==
          "no fix leaves before the journal has the record");
    CHECK(violated({.held = {"ppp"}, .believes_silence = true}) == "no claim that neither is held is false");
    CHECK(violated({.held = {"ppf"}, .trusts_an_old_journal = true}) ==
          "no claim that neither is held is false");
}
