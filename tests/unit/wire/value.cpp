#include <raida/wire/value.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using raida::amount;
using raida::denomination;
using raida::value_of;

static_assert(value_of(denomination{0}) == amount{1, 0});
static_assert(value_of(denomination{6}) == amount{1'000'000, 0});
static_assert(value_of(denomination{-1}) == amount{0, 10'000'000});
static_assert(value_of(denomination{-8}) == amount{0, 1});
static_assert(value_of(denomination{-9}) == amount{} && value_of(denomination{7}) == amount{});
static_assert(value_of(denomination{127}) == amount{} && value_of(denomination{-128}) == amount{});
static_assert(amount{0, 99'999'999} + amount{0, 1} == amount{1, 0});
static_assert(amount{2, 60'000'000} + amount{3, 70'000'000} == amount{6, 30'000'000});
static_assert(amount{1, 0} > amount{0, 99'999'999});

} // namespace

TEST_CASE("a batch is worth the sum of its tokens, to the last part", "[value]")
{
    std::vector<raida::token> tokens;
    CHECK(to_string(value_of(tokens)) == "0");
    for (int power = -8; power <= 6; ++power)
        tokens.push_back({.denomination = {static_cast<std::int8_t>(power)}});
    CHECK(value_of(tokens) == amount{1'111'111, 11'111'111});
    CHECK(to_string(value_of(tokens)) == "1111111.11111111");
    CHECK(value_of(tokens[0]) == amount{0, 1});

    amount tenths; // where floating point goes astray
    for (int i = 0; i < 1'000'000; ++i)
        tenths += value_of(denomination{-1});
    CHECK(tenths == amount{100'000, 0});
}

TEST_CASE("amounts are printed exactly, with groups where they are wanted", "[value]")
{
    CHECK(to_string(amount{1'000, 0}) == "1000");
    CHECK(to_string(amount{0, 1}) == "0.00000001");
    CHECK(to_string(amount{0, 10'000'000}) == "0.1");
    CHECK(to_string(amount{5, 50'050'000}) == "5.5005");
    CHECK(to_string(amount{0, 0}, ',') == "0");
    CHECK(to_string(amount{999, 0}, ',') == "999");
    CHECK(to_string(amount{1'000, 0}, ',') == "1,000");
    CHECK(to_string(amount{123'456, 0}, ',') == "123,456");
    CHECK(to_string(amount{18'446'744'073'709'551'615U, 1}, ',') == "18,446,744,073,709,551,615.00000001");
}
