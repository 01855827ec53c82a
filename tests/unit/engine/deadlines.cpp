#include <raida/engine/deadlines.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <limits>

namespace {

using namespace std::chrono_literals;
using raida::deadlines;
using raida::errc;
using raida::learned;
using raida::round_trip;
using duration = std::chrono::nanoseconds;

constexpr std::size_t small = 50, large = learned::batch + 1;

round_trip known(duration smoothed, duration variation = {}, std::uint32_t size = small)
{
    return {.smoothed = smoothed, .variation = variation, .backed_off = {}, .samples = 9, .size = size};
}

} // namespace

TEST_CASE("without a word the deadline is three seconds for all", "[deadlines]")
{
    const deadlines<3> all;
    CHECK_FALSE(all.check());
    for (std::size_t server = 0; server < 3; ++server)
        CHECK(all.for_server(server) == 3s);
}

TEST_CASE("a fixed deadline does not care for what was learned", "[deadlines]")
{
    const deadlines<3> all{250ms};
    CHECK(all.for_server(0, known(10s), raida::detect_command, 1400) == 250ms);
    const deadlines<3> each{std::array{1s, 2s, 3s}};
    CHECK_FALSE(each.check());
    CHECK(each.for_server(0, known(10s), raida::detect_command, 1400) == 1s);
    CHECK(each.for_server(2) == 3s);
}

TEST_CASE("deadlines that are not positive or longer than an hour are refused", "[deadlines]")
{
    CHECK(deadlines<2>{0ms}.check() == errc::invalid_deadline);
    CHECK(deadlines<2>{-1s}.check() == errc::invalid_deadline);
    CHECK(deadlines<2>{61min}.check() == errc::invalid_deadline);
    CHECK(deadlines<2>{std::chrono::hours::max()}.check() == errc::invalid_deadline);
    CHECK(deadlines<2>{std::chrono::duration<double>{std::nan("")}}.check() == errc::invalid_deadline);
    CHECK(deadlines<2>{std::array{1s, 0s}}.check() == errc::invalid_deadline);
    CHECK_FALSE(deadlines<2>{1h}.check());
    CHECK_FALSE(deadlines<2>{std::chrono::duration<double>{1e-12}}.check()); // a nanosecond, not none

    CHECK_FALSE(deadlines<2>{learned{}}.check());
    CHECK(deadlines<2>{learned{.shortest = 0ms}}.check() == errc::invalid_deadline);
    CHECK(deadlines<2>{learned{.longest = 2h}}.check() == errc::invalid_deadline);
    CHECK(deadlines<2>{learned{.unknown = -1ms}}.check() == errc::invalid_deadline);
    CHECK(deadlines<2>{learned{.shortest = 2s, .longest = 1s}}.check() == errc::invalid_deadline);
}

TEST_CASE("where nothing is known public guidance holds", "[deadlines][learning]")
{
    const learned rule;
    CHECK(rule({}, raida::detect_command, small) == 3s);
    CHECK(rule({}, raida::echo_command, small) == 2s);
    CHECK(rule({}, raida::detect_command, large) == 5s);
    CHECK(rule({}, raida::echo_command, large) == 5s); // an echo may carry bytes
    CHECK(rule({}, raida::detect_command, learned::batch) == 3s);
    CHECK(learned{.unknown = 600ms}({}, raida::echo_command, small) == 400ms);
}

TEST_CASE("a learned deadline is what the server needs, within the bounds", "[deadlines][learning]")
{
    const learned rule{.shortest = 100ms, .longest = 2s};
    CHECK(rule(known(200ms, 50ms), raida::detect_command, small) == 400ms);
    CHECK(rule(known(200ms, 50ms), raida::echo_command, small) == 400ms);
    CHECK(rule(known(20ms, 1ms), raida::detect_command, small) == 100ms);
    CHECK(rule(known(1s, 1s), raida::detect_command, small) == 2s);
    CHECK(rule({}, raida::detect_command, small) == 2s); // unknown, but bounded
    CHECK(deadlines<2>{rule}.for_server(1, known(200ms, 50ms), raida::detect_command, small) == 400ms);
}

TEST_CASE("a batch gets more while only smaller requests were measured", "[deadlines][learning]")
{
    const learned rule;
    CHECK(rule(known(300ms, 75ms), raida::detect_command, large) == 1s);
    CHECK(rule(known(300ms, 75ms, 1300), raida::detect_command, 1400) == 600ms);
    CHECK(rule(known(300ms, 75ms, 600), raida::detect_command, 1400) == 1s);
    CHECK(rule(known(300ms, 75ms, 1300), raida::detect_command, small) == 600ms);
    CHECK(rule(known(6s, 1s), raida::detect_command, large) == 10s);
}

TEST_CASE("a deadline that was too short lately is not tried again", "[deadlines][learning]")
{
    const learned rule;
    auto slow = known(200ms, 50ms);
    slow.back_off(700ms);
    CHECK(rule(slow, raida::detect_command, small) == 700ms);
    slow.back_off(1h);
    CHECK(rule(slow, raida::detect_command, small) == 10s);
    round_trip never;
    never.back_off(4s);
    CHECK(rule(never, raida::detect_command, small) == 4s);
    CHECK(rule(never, raida::detect_command, large) == 5s);
}
