// Two fan-outs to three servers: everything that can happen to them, in every order. RAIDA_STATES=N goes on
// for N states where the tests of every day stop earlier.
#include "engine_model.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

using exhaustive::engine_setup;
using exhaustive::engine_world;

exhaustive::exploration explore(const std::string& what, const engine_setup& setup, std::size_t most)
{
    auto found = exhaustive::explore(engine_world{setup}, most);
    std::cout << what << ": " << found << '\n';
    return found;
}

std::size_t most_states()
{
    const char* const wanted = std::getenv("RAIDA_STATES");
    return wanted != nullptr ? std::stoull(wanted) : 2'000;
}

} // namespace

TEST_CASE("two fan-outs and one server, to the end", "[exhaustive]")
{
    const auto check = [](const std::string& what, engine_setup setup) {
        setup.servers = 1;
        const auto found = explore(what, setup, 200'000);
        CHECK(found.violated == "");
        CHECK(found.complete);
    };
    check("one server, the same echo", {});
    check("one server, different echoes", {.same_echo = false});
    check("one server, three attempts", {.attempts = 3});
    check("one server, no signature for the second", {.same_echo = false, .second_signed = false});
    check("one server, one place", {.attempts = 2, .most_in_flight = 1});
}

TEST_CASE("two fan-outs and two servers, to the end", "[exhaustive]")
{
    const auto found = explore("two servers, the same echo", {.servers = 2}, 200'000);
    CHECK(found.violated == "");
    CHECK(found.complete);
}

TEST_CASE("two fan-outs and three servers, as far as there is time", "[exhaustive]")
{
    const auto check = [](const std::string& what, const engine_setup& setup) {
        const auto found = explore(what, setup, most_states());
        CHECK(found.violated == "");
    };
    check("three servers, the same echo", {});
    check("three servers, different echoes", {.same_echo = false});
    check("three servers, enough with two", {.quorum = true});
    check("three servers, two attempts, one place", {.attempts = 2, .most_in_flight = 1});
}

TEST_CASE("an answer that proves itself for the wrong request is found, by the shortest way", "[exhaustive]")
{
    const auto found = explore("with a mistake", {.servers = 1, .mistake = true}, 200'000);
    CHECK(found.violated == "no answer is attributed to another request");
    CHECK(found.path.size() == 5);
}
