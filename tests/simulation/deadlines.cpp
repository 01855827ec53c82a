// Invariant 4: each server has its own deadline, and data that has arrived wins over it.
#include "simulation/support.hpp"

using namespace tests;

TEST_CASE("invariant 4: silent servers end at their deadline, each at its own", "[simulation][deadlines]")
{
    std::array<std::chrono::milliseconds, n> each{};
    for (std::size_t server = 0; server < n; ++server)
        each[server] = (server * 7 % n + 1) * 10ms;
    bench on;
    on.world.on_request = {};
    std::array<duration, n> ended{};
    const auto result = on.ask(requests(1), {.deadline = each, .on_reply = [&](const raida::reply& one) {
                                                 ended[one.server] = on.passed();
                                                 CHECK(one.error == errc::timed_out);
                                             }});
    on.world.run();
    for (std::size_t server = 0; server < n; ++server) {
        CHECK(ended[server] == each[server]);
        CHECK(result->got[server].latency == each[server]);
        CHECK(on.counts(server).timed_out == 1);
    }
    CHECK(on.passed(result->at) == 250ms);
}

TEST_CASE("invariant 4: three seconds are the default", "[simulation][deadlines]")
{
    bench on;
    on.world.on_request = {};
    const auto result = on.ask(requests(1));
    on.world.run();
    CHECK(on.passed(result->at) == 3s);
    CHECK(count_of(result->got, errc::timed_out) == n);
}

TEST_CASE("invariant 4: fan-outs in flight at the same time keep their own deadlines",
          "[simulation][deadlines]")
{
    bench on;
    on.world.on_request = {};
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 60; ++echo) {
        results.push_back(on.ask(requests(echo), {.deadline = (echo * 37 % 60 + 1) * 1ms}));
        on.world.run_for(100us);
    }
    on.world.run();
    for (std::size_t i = 0; i < results.size(); ++i)
        CHECK(on.passed(results[i]->at) == i * 100us + (i * 37 % 60 + 1) * 1ms);
}

TEST_CASE("invariant 4: the shortest deadline that there is still sends and still ends",
          "[simulation][deadlines]")
{
    bench on;
    on.world.on_request = {};
    const auto result = on.ask(requests(1), {.deadline = 1ns});
    on.world.run();
    CHECK(result->calls == 1);
    CHECK(on.passed(result->at) == 1us); // the engine's clock ticks in microseconds
    CHECK(on.counts(0).sent == 1);
}

TEST_CASE("invariant 4: an hour is allowed", "[simulation][deadlines]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        if (request.server == 0)
            request.reply(1h - 1us, answer(request.bytes));
    };
    const auto result = on.ask(requests(1), {.deadline = 1h});
    on.world.run();
    CHECK(!result->error);
    CHECK(!result->got[0].error);
    CHECK(result->got[0].latency == 1h - 1us);
    CHECK(on.passed(result->at) == 1h);
}

TEST_CASE("invariant 4: an answer that arrives at the very deadline wins", "[simulation][deadlines]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(request.server < 12 ? 100ms : 100ms + 1us, answer(request.bytes));
    };
    const auto result = on.ask(requests(1), {.deadline = 100ms});
    on.world.run();
    CHECK(result->got.answered() == 12);
    CHECK(count_of(result->got, errc::timed_out) == 13);
    CHECK(on.engine->statistics().total().late == 13);
}

TEST_CASE("invariant 4: lanes with a deadline that is over are drained once, and only they",
          "[simulation][deadlines]")
{
    scripted_bench on;
    std::array<std::chrono::milliseconds, n> each{};
    each.fill(1000ms);
    each[3] = each[5] = each[8] = 100ms;
    const auto result = on.ask(requests(1), {.deadline = each});
    const auto other = on.ask(requests(2), {.deadline = each});
    on.turn();
    CHECK(on.how.drained.empty());
    on.how.on_drain = [&](std::size_t lane) { // what was in the sockets
        for (const auto& one : on.how.sent)
            if (one.lane == lane && lane != 5)
                on.how.arrive(lane, one.generation, answer(one.data));
    };
    on.turn_after(99ms);
    CHECK(on.how.drained.empty());
    on.turn_after(1ms);
    CHECK(on.how.drained == std::vector<std::size_t>{3, 5, 8});
    on.turn_after(900ms);
    REQUIRE(result->calls == 1);
    CHECK(result->got.answered() == n - 1);
    CHECK(other->got.answered() == n - 1);
    CHECK(result->got[5].error == errc::timed_out);
}

TEST_CASE("invariant 4: after a stall of the thread, whatever came in time still counts",
          "[simulation][deadlines]")
{
    scripted_bench on;
    const auto result = on.ask(requests(1), {.deadline = 100ms});
    on.turn();
    on.how.on_drain = [&](std::size_t lane) {
        if (lane % 2 == 0)
            on.how.arrive(lane, 0, answer(on.how.sent[lane].data));
    };
    on.turn_after(10min);
    REQUIRE(result->calls == 1);
    CHECK(result->got.answered() == 13);
    CHECK(count_of(result->got, errc::timed_out) == 12);
}

TEST_CASE("a wake before anything is due ends nothing", "[simulation][deadlines]")
{
    scripted_bench on;
    const auto result = on.ask(requests(1), {.deadline = 100ms});
    on.turn();
    for (int early = 0; early < 9; ++early)
        on.turn_after(10ms);
    CHECK(result->is_open());
    CHECK(on.how.armed <= on.how.now + 10ms);
    on.turn_after(10ms);
    CHECK(result->calls == 1);
}

TEST_CASE("an engine asks to be woken at the next deadline, and not at all when it is idle",
          "[simulation][deadlines]")
{
    scripted_bench on;
    const auto began = on.how.now;
    on.ask(requests(1), {.deadline = 300ms});
    on.turn();
    CHECK(on.how.armed == began + 300ms);
    on.how.now += 50ms;
    on.ask(requests(2), {.deadline = 100ms});
    on.turn();
    CHECK(on.how.armed == began + 150ms);
    CHECK(on.how.listening);
    on.turn_after(100ms);
    CHECK(on.how.armed == began + 300ms);
    on.turn_after(150ms);
    CHECK(on.how.armed == time_point::max());
    CHECK(!on.how.listening);
}

TEST_CASE("a clock that stands still neither ends nor hangs anything", "[simulation][deadlines]")
{
    scripted_bench on;
    const auto result = on.ask(requests(1), {.deadline = 1us});
    for (int turns = 0; turns < 5; ++turns)
        on.turn();
    CHECK(result->is_open());
    for (const auto& one : on.how.sent)
        on.how.arrive(one.lane, one.generation, answer(one.data));
    on.turn();
    CHECK(result->got.answered() == n);
    CHECK(result->got[0].latency == 0ns);
}
