// A client's detect against simulated servers: what it finds out and how long it takes, to the nanosecond.
#include "simulation/client_world.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using raida::verdict;
using raida::vote;
using raida::wait_for;
using raida::testing::simulated_fleet;
using tests::called;
using tests::client_world;
using tally = raida::batch_tally<>;
using namespace std::chrono_literals;

} // namespace

TEST_CASE("200 tokens are authentic after one round trip", "[client][simulation]")
{
    client_world w{200};
    const auto got = w.detect({.wait = wait_for::all});
    CHECK_FALSE(got.error);
    CHECK(got.took == 20ms);
    CHECK(got.result.count(verdict::authentic) == 200);
    CHECK(got.result.complete());
    CHECK(w.fleet.counters().requests == 4 * 25);
}

TEST_CASE("the first datagrams of a large batch leave before the last ones are built", "[client][simulation]")
{
    client_world w{200, {.requests = {.datagram_limit = 200}}}; // 29 datagrams for each server
    called<tally> got;
    w.client->async_detect(w.tokens, {.wait = wait_for::all}, w.note(got));
    const auto sent = [&] { return w.client->network().statistics().total().sent; };
    while (sent() == 0)
        REQUIRE(w.world.run_one());
    CHECK(sent() < 29 * 25);
    w.world.run();
    CHECK(sent() == 29 * 25);
    CHECK(got.took == 20ms);
    CHECK(got.result.count(verdict::authentic) == 200);
}

TEST_CASE("a large batch may be ended after any step of being built", "[client][simulation]")
{
    enum class end
    {
        cancelled,
        destroyed,
        out_of_time, // a process that was stopped meanwhile
        dropped      // with its context
    };
    const auto how = GENERATE(end::cancelled, end::destroyed, end::out_of_time, end::dropped);
    bool is_built = false;
    for (std::size_t steps = 0; !is_built; ++steps) {
        CAPTURE(static_cast<int>(how), steps);
        const auto alive = std::make_shared<int>();
        asio::cancellation_signal signal;
        called<tally> got;
        {
            client_world w{200, {.requests = {.datagram_limit = 200}, .wait = wait_for::all, .budget = 1s}};
            w.client->async_detect(
                w.tokens,
                asio::bind_cancellation_slot(
                    signal.slot(), [alive, note = w.note(got)](std::error_code error, tally result) mutable {
                        note(error, std::move(result));
                    }));
            for (std::size_t i = 0; i < steps; ++i)
                REQUIRE(w.world.run_one());
            const auto sent = w.client->network().statistics().total().sent;
            is_built = sent == 29 * 25;
            if (how == end::cancelled)
                signal.emit(asio::cancellation_type::total);
            if (how == end::destroyed)
                w.client.reset();
            if (how == end::out_of_time)
                w.world.jump(1s);
            if (how != end::dropped)
                w.world.run();
            CHECK(got.calls == (how == end::dropped ? 0 : 1));
            CHECK_FALSE(got.error);
            if (how != end::dropped)
                CHECK(got.result.token_count() == 200);
            CHECK(w.fleet.counters().requests <= sent + 8 * 25); // what was being built, and no more
        }
        CHECK(alive.use_count() == 1);
    }
}

TEST_CASE("13 servers that hold another number make a token counterfeit, 12 make it fractured",
          "[client][simulation]")
{
    client_world w{2};
    for (std::size_t server = 0; server < 13; ++server)
        w.fleet.set(server, {.wrong_tokens = server < 12 ? std::vector{w.tokens[0].id(), w.tokens[1].id()}
                                                         : std::vector{w.tokens[0].id()}});
    const auto got = w.detect({.wait = wait_for::all});
    CHECK(got.result.verdict(0) == verdict::counterfeit);
    CHECK(got.result.verdict(1) == verdict::authentic);
    CHECK(got.result.fractured(1));
    CHECK(got.result.pown_string(1) == "ffffffffffffppppppppppppp");
}

TEST_CASE("a silent server costs its own vote, and the others no time where they decide",
          "[client][simulation]")
{
    client_world w{200, {.deadline = 3s, .retry = {}}};
    w.fleet.set(13, {.silent = true});
    CHECK(w.detect().took == 20ms);
    const auto all = w.detect({.wait = wait_for::all});
    CHECK(all.took == 3s);
    CHECK(all.result.count(verdict::authentic) == 200);
    CHECK(all.result.pown_string(199) == "pppppppppppppnppppppppppp");
}

TEST_CASE("a dead server's mirror is asked as soon as the refusal has come", "[client][simulation]")
{
    client_world w{3, {.wait = wait_for::all}};
    simulated_fleet mirrors{w.world, {.port_base = 19'000}};
    mirrors.add(w.tokens);
    auto servers = w.fleet.servers();
    servers.set_mirror(8, mirrors.endpoint(8));
    w.fleet.kill(8);
    w.fleet.kill(9); // without a mirror
    w.make_client(servers);
    const auto got = w.detect();
    CHECK(got.took == 40ms);
    CHECK(got.result.pown_string(0) == "pppppppppdppppppppppppppp");
    CHECK(mirrors.counters(8).requests == 1);
    CHECK(w.detect().took == 20ms); // at once
}

TEST_CASE("what the network loses is asked again", "[client][simulation]")
{
    client_world w{1000,
                   {.wait = wait_for::all, .deadline = 200ms, .retry = raida::retry_policy::up_to(10)},
                   {.seed = 7, .manners = {.lose_requests = 0.2, .lose_replies = 0.2}}};
    const auto got = w.detect();
    CHECK(got.result.count(verdict::authentic) == 1000);
    CHECK(got.result.complete());
    for (std::size_t server = 0; server < 25; ++server)
        CHECK(got.result.vote(999, server) == vote::pass);
    const auto lost = w.fleet.counters().dropped;
    CHECK(lost > 100);
    CHECK(w.fleet.counters().requests == 16 * 25 + lost);
}

TEST_CASE("the same seed is the same run, another one is not", "[client][simulation]")
{
    const auto run = [](std::uint64_t seed) {
        client_world w{500,
                       {.wait = wait_for::all, .deadline = 100ms, .retry = raida::retry_policy::up_to(2)},
                       {.seed = seed,
                        .manners = {.lose_replies = 0.3, .forged = 0.1, .duplicated = 0.2},
                        .one_way = raida::testing::latency::log_normal(10ms, 0.5)}};
        const auto got = w.detect();
        std::string all = std::to_string(got.took.count());
        for (std::size_t token = 0; token < 500; token += 64)
            all += got.result.pown_string(token);
        return all;
    };
    CHECK(run(1) == run(1));
    CHECK(run(1) != run(2));
}

TEST_CASE("a call is over when its budget is spent", "[client][simulation]")
{
    client_world w{100, {.wait = wait_for::all, .deadline = 1h, .retry = {}, .budget = 1s}};
    w.fleet.set(13, {.silent = true});
    const auto got = w.detect();
    CHECK(got.took == 1s);
    CHECK(got.result.count(verdict::authentic) == 100);
    CHECK(got.result.vote(0, 13) == vote::none);
}

TEST_CASE("cancelling keeps what has arrived", "[client][simulation]")
{
    client_world w{5, {.wait = wait_for::all, .deadline = 1h}};
    w.fleet.set(13, {.silent = true});
    asio::cancellation_signal signal;
    called<tally> got;
    w.client->async_detect(w.tokens, asio::bind_cancellation_slot(signal.slot(), w.note(got)));
    w.world.run_for(25ms);
    CHECK(got.calls == 0);
    signal.emit(asio::cancellation_type::total);
    w.world.run_for(0ns);
    REQUIRE(got.calls == 1);
    CHECK_FALSE(got.error);
    CHECK(got.result.count(verdict::authentic) == 5);
    CHECK(got.result.vote(0, 13) == vote::none);
    CHECK_FALSE(got.result.complete());
}

TEST_CASE("a client destroyed at any moment still calls its handler, once", "[client][simulation]")
{
    for (const auto at : {0ns, 5'000'000ns, 10'000'000ns, 15'000'000ns, 20'000'000ns, 30'000'000ns}) {
        client_world w{200, {.wait = wait_for::all}};
        called<tally> got;
        w.client->async_detect(w.tokens, w.note(got));
        w.world.run_for(at);
        w.client.reset();
        w.world.run(); // answers to a client that is gone
        CHECK(got.calls == 1);
        CHECK(w.fleet.counters().requests == 4 * 25);
    }
}

TEST_CASE("a fleet destroyed at any moment leaves its servers silent", "[client][simulation]")
{
    for (const auto at : {0ns, 10'000'000ns, 15'000'000ns}) {
        client_world w{1, {.wait = wait_for::all, .deadline = 1s, .retry = {}}};
        std::optional<simulated_fleet> others{std::in_place, w.world,
                                              raida::testing::simulated_fleet_options{.port_base = 19'000}};
        others->add(w.tokens);
        w.make_client(others->servers());
        called<tally> got;
        w.client->async_detect(w.tokens, w.note(got));
        w.world.run_for(at);
        others.reset();
        w.world.run();
        CHECK(got.calls == 1);
        CHECK(got.result.passes(0) == (at < 10ms ? 0 : 25)); // what has left arrives
        CHECK(w.fleet.counters().requests == 0);
    }
}

TEST_CASE("the last word of progress is that all is decided, whatever was waited for", "[client][simulation]")
{
    const auto wait = GENERATE(wait_for::decided, wait_for::all);
    client_world w{200};
    raida::progress<> last;
    const auto got =
        w.detect({.wait = wait, .on_progress = [&](const raida::progress<>& now) { last = now; }});
    CHECK(got.result.count(verdict::authentic) == 200);
    CHECK(last.tokens == 200);
    CHECK(last.decided == 200);
    CHECK(last.open == 0);
}

TEST_CASE("what the last word of progress throws leaves run(), and the call ends", "[client][simulation]")
{
    client_world w{3};
    bool is_over = false;
    w.client->async_detect(w.tokens,
                           {.on_progress =
                                [](const raida::progress<>& now) {
                                    if (now.decided == 3)
                                        throw std::runtime_error{"drawing failed"};
                                }},
                           [&](std::error_code error, const tally& result) {
                               is_over = !error && result.count(verdict::authentic) == 3;
                           });
    CHECK_THROWS_AS(w.world.run(), std::runtime_error);
    w.world.run();
    CHECK(is_over);
}
