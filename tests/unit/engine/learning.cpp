#include <raida/engine/learning.hpp>

#include <catch2/catch_test_macros.hpp>

#include <raida/engine/detail/late_watch.hpp>

#include <chrono>
#include <cstdint>
#include <limits>

namespace {

using namespace std::chrono_literals;
using raida::isolation_policy;
using raida::round_trip;
using raida::server_health;
using duration = std::chrono::nanoseconds;
using time_point = server_health::time_point;

const time_point start{1h};

round_trip after(std::initializer_list<duration> samples)
{
    round_trip known;
    for (const duration one : samples)
        known.add(one);
    return known;
}

// A server that has been left out since `start`.
server_health isolated(const isolation_policy& policy)
{
    server_health health;
    health.asked(start - 3s);
    health.failed(start, 1s, policy);
    REQUIRE(health.is_isolated());
    return health;
}

const isolation_policy at_once{.failures = 1, .silence = 1s, .probe_after = 5s, .longest = 20s};

} // namespace

TEST_CASE("the first round trip is taken as it is, with half of it as variation", "[learning]")
{
    const auto known = after({100ms});
    CHECK(known.smoothed == 100ms);
    CHECK(known.variation == 50ms);
    CHECK(known.samples == 1);
    CHECK(known.timeout() == 300ms);
}

TEST_CASE("later round trips are smoothed as RFC 6298 says, slower ones and faster ones", "[learning]")
{
    const auto slower = after({100ms, 200ms});
    CHECK(slower.variation == 62500us); // 3/4 of 50 ms and 1/4 of 100 ms, with the SRTT of before
    CHECK(slower.smoothed == 112500us);
    CHECK(slower.timeout() == 362500us);

    const auto faster = after({100ms, 20ms});
    CHECK(faster.variation == 57500us);
    CHECK(faster.smoothed == 90ms);
}

TEST_CASE("a server that never varies still gets half as long again", "[learning]")
{
    round_trip known;
    for (int i = 0; i < 200; ++i)
        known.add(100ms);
    CHECK(known.smoothed == 100ms);
    CHECK(known.variation < 1us);
    CHECK(known.timeout() == 150ms);

    for (int i = 0; i < 200; ++i)
        known.add(20us);
    CHECK(known.timeout() > 1ms); // no clock and no scheduler is better than that
    CHECK(known.timeout() < 1100us);
}

TEST_CASE("impossible round trips are bounded", "[learning]")
{
    for (const duration one : {duration::min(), -1ns, 0ns}) {
        const auto known = after({one, one});
        CHECK(known.smoothed == 1ns);
        CHECK(known.timeout() > 0ns);
    }
    auto known = after({duration::max()});
    CHECK(known.smoothed == 1h);
    for (int i = 0; i < 1000; ++i)
        known.add(i % 2 == 0 ? duration::max() : duration::min());
    CHECK(known.timeout() < 6h);

    known.samples = std::numeric_limits<std::uint32_t>::max();
    known.add(1ms);
    CHECK(known.samples == std::numeric_limits<std::uint32_t>::max()); // and not unknown again
}

TEST_CASE("the size of what was measured is smoothed with the times", "[learning]")
{
    round_trip known;
    known.add(10ms, 1000);
    CHECK(known.size == 1000);
    known.add(10ms, 200);
    CHECK(known.size == 900);
    known.add(10ms, 1700);
    CHECK(known.size == 1000);
    known.add(10ms, std::numeric_limits<std::size_t>::max());
    CHECK(known.size > 1000);
}

TEST_CASE("a deadline that was too short holds until the next sample, and only grows", "[learning]")
{
    auto known = after({100ms});
    known.back_off(450ms);
    known.back_off(300ms);
    CHECK(known.backed_off == 450ms);
    CHECK(known.timeout() == 300ms); // what was measured is another matter
    known.back_off(duration::max());
    CHECK(known.backed_off == 1h);
    known.add(120ms);
    CHECK(known.backed_off == 0ns);
}

TEST_CASE("a request given up early only tells that its round trip is longer", "[learning]")
{
    round_trip unknown;
    unknown.add_unfinished(500ms);
    CHECK(unknown == round_trip{});

    auto known = after({100ms});
    known.back_off(1s);
    const auto before = known;
    known.add_unfinished(100ms);
    CHECK(known == before); // no news

    known.add_unfinished(116ms);
    CHECK(known.smoothed == 102ms);
    CHECK(known.variation == before.variation); // it says nothing of calm
    CHECK(known.samples == 1);
    CHECK(known.backed_off == 1s);
    known.add_unfinished(502ms);
    CHECK(known.smoothed == 152ms);
    CHECK(known.variation == 137500us);
    known.add_unfinished(duration::max());
    CHECK(known.smoothed < 1h);
}

TEST_CASE("what was saved is usable, whatever it says", "[learning]")
{
    const auto known = after({100ms, 130ms});
    CHECK(known.checked() == known);

    const round_trip wild{duration::max(), duration::min(), duration::max(), 7, 12};
    const auto tamed = wild.checked();
    CHECK(tamed.smoothed == 1h);
    CHECK(tamed.variation == 0ns);
    CHECK(tamed.backed_off == 1h);
    CHECK(tamed.samples == 7);
    CHECK(tamed.timeout() == 90min);
}

TEST_CASE("by default no server is left out", "[learning][isolation]")
{
    server_health health;
    for (int i = 0; i < 1000; ++i) {
        health.asked(start + i * 10s);
        health.failed(start + i * 10s + 3s, 3s, isolation_policy{});
    }
    CHECK(health.failures() == 1000);
    CHECK_FALSE(health.is_isolated());
    CHECK(health.may_ask(start));
}

TEST_CASE("a server is left out after so many failures in a row", "[learning][isolation]")
{
    server_health health;
    const isolation_policy policy{.failures = 3};
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(health.is_isolated());
        health.asked(start + i * 4s);
        health.failed(start + i * 4s + 3s, 3s, policy);
    }
    CHECK(health.is_isolated());
    CHECK_FALSE(health.may_ask(start + 11s));
}

TEST_CASE("a server is not left out while its silence is short", "[learning][isolation]")
{
    server_health health;
    const isolation_policy policy{.failures = 3, .silence = 2s};
    for (int i = 0; i < 9; ++i) {
        health.asked(start + i * 200ms);
        health.failed(start + (i + 1) * 200ms, 200ms, policy);
    }
    CHECK(health.failures() == 9);
    CHECK_FALSE(health.is_isolated()); // 1.8 seconds
    health.asked(start + 1800ms);
    health.failed(start + 2s, 200ms, policy);
    CHECK(health.is_isolated());
}

TEST_CASE("requests in flight at the same time fail once", "[learning][isolation]")
{
    server_health health;
    for (int i = 0; i < 500; ++i)
        health.asked(start + i * 1us);
    for (int i = 0; i < 500; ++i)
        health.failed(start + 3s + i * 1us, 3s, at_once);
    CHECK(health.failures() == 1);

    server_health other; // one after the other, each still open when the next one is sent
    for (int i = 0; i < 100; ++i) {
        other.asked(start + i * 100ms);
        if (i >= 10)
            other.failed(start + i * 100ms, 1s, isolation_policy{});
    }
    CHECK(other.failures() == 9);
}

TEST_CASE("a request given up early is a failure only once its answer had its time", "[learning][isolation]")
{
    server_health health;
    for (int i = 0; i < 10; ++i) { // given up after 150 ms each
        health.asked(start + i * 290ms);
        health.failed(start + i * 290ms + 150ms, 3s, at_once);
    }
    CHECK(health.failures() == 0);
    health.asked(start + 2900ms);
    health.failed(start + 3050ms, 3s, at_once); // for the first one: 3 seconds without a sign of life
    CHECK(health.failures() == 1);
}

TEST_CASE("a server that is heard in between is alive, however late it always is", "[learning][isolation]")
{
    server_health health;
    for (int i = 0; i < 100; ++i) {
        health.asked(start + i * 10s);
        health.failed(start + i * 10s + 1s, 1s, at_once);
        health.heard();
        CHECK(health.failures() == 0);
        CHECK_FALSE(health.is_isolated());
    }
}

TEST_CASE("a long pause after a lost answer is one failure and no more", "[learning][isolation]")
{
    const isolation_policy policy{.failures = 2};
    server_health health;
    health.asked(start);
    health.failed(start + 150ms, 3s, policy); // given up
    health.asked(start + 1h);
    for (int i = 0; i < 50; ++i)
        health.failed(start + 1h + 150ms, 3s, policy);
    CHECK(health.failures() == 1);
    CHECK_FALSE(health.is_isolated());
}

TEST_CASE("what was never sent is no failure", "[learning][isolation]")
{
    server_health health;
    health.failed(start, 1ns, at_once);
    CHECK(health.failures() == 0);
    CHECK_FALSE(health.is_isolated());
}

TEST_CASE("after its pause an isolated server gets one request at a time", "[learning][isolation]")
{
    auto health = isolated(at_once);
    CHECK_FALSE(health.may_ask(start + 5s - 1ns));
    CHECK(health.may_ask(start + 5s));
    health.probe();
    CHECK_FALSE(health.may_ask(start + 6s));
    CHECK(health.is_isolated());

    SECTION("whose answer brings it back")
    {
        health.asked(start + 5s);
        health.heard();
        CHECK_FALSE(health.is_isolated());
        CHECK(health.may_ask(start + 5s));
        CHECK(health.failures() == 0);
    }
    SECTION("whose failure doubles the pause, up to a limit")
    {
        time_point now = start + 5s;
        for (const duration pause : {10s, 20s, 20s, 20s}) {
            health.asked(now);
            health.failed(now + 1s, 1s, at_once);
            CHECK_FALSE(health.may_ask(now + 1s + pause - 1ns));
            now += 1s + pause;
            CHECK(health.may_ask(now));
            health.probe();
        }
    }
    SECTION("which tells nothing when it is given up early: the next one tries again")
    {
        health.asked(start + 5s);
        health.failed(start + 5s + 150ms, 1s, at_once);
        CHECK(health.is_isolated());
        CHECK(health.may_ask(start + 5s + 150ms));
        health.probe();
        health.asked(start + 5500ms);
        health.failed(start + 6s, 1s, at_once); // a second without a sign of life, all in all
        CHECK_FALSE(health.may_ask(start + 16s - 1ns));
        CHECK(health.may_ask(start + 16s));
    }
    SECTION("and another one if that was never sent")
    {
        health.failed(start + 6s, 1s, at_once);
        CHECK(health.may_ask(start + 6s));
    }
}

TEST_CASE("requests of before do not lengthen the pause", "[learning][isolation]")
{
    auto health = isolated(at_once);
    for (int i = 0; i < 10; ++i)
        health.failed(start + i * 1s, 1s, at_once);
    CHECK(health.may_ask(start + 5s));
}

TEST_CASE("a late answer brings an isolated server back at once", "[learning][isolation]")
{
    auto health = isolated(at_once);
    health.heard();
    CHECK_FALSE(health.is_isolated());
    CHECK(health.may_ask(start));
}

TEST_CASE("pauses beyond reason are taken as an hour, or none", "[learning][isolation]")
{
    auto policy = at_once;
    policy.probe_after = duration::max();
    CHECK(isolated(policy).may_ask(start + 1h));
    policy.probe_after = duration::min();
    CHECK(isolated(policy).may_ask(start));

    policy.probe_after = 30min;
    policy.longest = duration::min(); // never shorter than it was
    auto health = isolated(policy);
    health.probe();
    health.asked(start + 30min);
    health.failed(start + 31min, 1s, policy);
    CHECK_FALSE(health.may_ask(start + 61min - 1ns));
    CHECK(health.may_ask(start + 61min));
}

namespace {

using raida::detail::given_up;
using raida::detail::late_watch;

const raida::response_header expected{
    .server = 3, .group = 1, .echo = 0xABCD, .signature = {1, 2, 3, 4, 5, 6, 7, 8, 9}};

given_up slot_given_up()
{
    return {.sent = start,
            .timeout = 200ms,
            .size = 100,
            .signature = raida::crc32(expected.signature),
            .echo = 0xABCD,
            .group = 1,
            .generation = 2,
            .sent_once = true,
            .timed_out = true};
}

} // namespace

TEST_CASE("an answer that is too late for its caller is measured, once", "[learning][late]")
{
    round_trip known = after({100ms});
    late_watch late;
    CHECK_FALSE(late.is_busy(start));
    late.on_answer(expected, 2, start + 500ms, 0, known);
    CHECK(known.samples == 1);

    late.watch(slot_given_up(), start + 3s, 7);
    CHECK(late.is_busy(start + 3s - 1ns));
    CHECK_FALSE(late.is_busy(start + 3s));
    late.on_answer(expected, 2, start + 500ms, 7, known);
    CHECK(known.smoothed == 150ms);
    CHECK(known.samples == 2);
    CHECK_FALSE(late.is_busy(start));
    late.on_answer(expected, 2, start + 900ms, 7, known); // a duplicate
    CHECK(known.samples == 2);
}

TEST_CASE("a late answer must be that request's, as far as can still be told", "[learning][late]")
{
    late_watch late;
    late.watch(slot_given_up(), start + 3s, 0);
    round_trip known;
    auto other = expected;
    other.echo = 1;
    late.on_answer(other, 2, start + 500ms, 0, known);
    other = expected;
    other.group = 2;
    late.on_answer(other, 2, start + 500ms, 0, known);
    other = expected;
    other.signature[15] = 1;
    late.on_answer(other, 2, start + 500ms, 0, known);
    late.on_answer(expected, 3, start + 500ms, 0, known);
    CHECK(known == round_trip{});
    CHECK(late.is_busy(start));
}

TEST_CASE("a late answer that cannot be timed tells only that the deadline was too short", "[learning][late]")
{
    round_trip known = after({100ms});
    auto one = slot_given_up();
    std::uint32_t rests = 0;
    SECTION("since it was asked for twice")
    {
        one.sent_once = false;
    }
    SECTION("since nobody listened when it came")
    {
        rests = 1;
    }
    late_watch late;
    late.watch(one, start + 3s, 0);
    late.on_answer(expected, 2, start + 500ms, rests, known);
    CHECK(known.samples == 1);
    CHECK(known.smoothed == 100ms);
    CHECK(known.backed_off == 300ms);
}

TEST_CASE("nor does it tell that if it was given up before its deadline", "[learning][late]")
{
    round_trip known = after({100ms});
    auto one = slot_given_up();
    one.timed_out = one.sent_once = false;
    late_watch late;
    late.watch(one, start + 3s, 0);
    late.on_answer(expected, 2, start + 500ms, 0, known);
    CHECK(known == after({100ms}));
}
