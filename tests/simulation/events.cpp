// What the hook sees: each kind of event and each reason of a drop, in order, as often as statistics()
// counts; and a hook that does whatever a handler may do.
#include "simulation/client_world.hpp"
#include "simulation/support.hpp"

#include <asio/error.hpp>

#include <catch2/generators/catch_generators_range.hpp>

#include <map>
#include <stdexcept>
#include <string>
#include <type_traits>

using namespace tests;
using raida::drop_reason;
using raida::engine_event;
using raida::event_kind;

namespace {

static_assert(std::is_trivially_copyable_v<engine_event>, "small values, which hold on to nothing");

/// All that one hook has seen.
struct history
{
    std::vector<engine_event> all{};

    [[nodiscard]] raida::event_hook hook()
    {
        return [this](const engine_event& one) { all.push_back(one); };
    }
    [[nodiscard]] std::size_t count(event_kind what, std::size_t server) const
    {
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [=](const engine_event& one) {
            return one.what == what && one.server == server;
        }));
    }
    [[nodiscard]] std::size_t count(event_kind what) const
    {
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [=](const engine_event& one) { return one.what == what; }));
    }
    [[nodiscard]] std::size_t dropped(drop_reason why, std::size_t server) const
    {
        return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [=](const engine_event& one) {
            return one.what == event_kind::dropped && one.reason == why && one.server == server;
        }));
    }
    [[nodiscard]] engine_event first(event_kind what) const
    {
        const auto found =
            std::find_if(all.begin(), all.end(), [=](const engine_event& one) { return one.what == what; });
        REQUIRE(found != all.end());
        return *found;
    }
};

template <class Engine>
void check_counts(const history& seen, const Engine& engine)
{
    for (std::size_t server = 0; server < n; ++server) {
        INFO("server " << server);
        const auto counts = engine.statistics().servers[server];
        CHECK(seen.count(event_kind::sent, server) == counts.sent);
        CHECK(seen.count(event_kind::answered, server) == counts.answered);
        CHECK(seen.count(event_kind::timed_out, server) == counts.timed_out);
        CHECK(seen.count(event_kind::failed, server) >= counts.refused);
        CHECK(seen.dropped(drop_reason::late, server) == counts.late);
        CHECK(seen.dropped(drop_reason::foreign, server) == counts.foreign);
        CHECK(seen.dropped(drop_reason::forged, server) == counts.forged);
        CHECK(seen.dropped(drop_reason::malformed, server) == counts.malformed);
        CHECK(seen.dropped(drop_reason::oversize, server) == counts.oversize);
        CHECK(seen.dropped(drop_reason::hint, server) == counts.hints);
    }
}

/// A bench that is looked at.
struct watched_bench : bench
{
    explicit watched_bench(const raida::limits& allowed = {}) : bench{allowed}
    {
        engine->on_event(seen.hook());
    }
    history seen{};
};

} // namespace

TEST_CASE("a fan-out is sent, answered and done, and then its handler is called", "[simulation][events]")
{
    watched_bench on;
    std::size_t told = 0;
    on.engine->async_request(requests(1),
                             [&](std::error_code, const replies&) { told = on.seen.all.size(); });
    on.world.run();
    REQUIRE(on.seen.all.size() == 2 * n + 1);
    CHECK(told == on.seen.all.size());
    for (std::size_t i = 0; i < n; ++i) {
        const auto& sent = on.seen.all[i];
        CHECK(sent.what == event_kind::sent);
        CHECK(sent.server == i);
        CHECK(sent.attempts == 1);
        CHECK(sent.fan_out == 1);
        CHECK(sent.bytes == 50);
        CHECK(on.passed(sent.at) == 0ms);
        const auto& answered = on.seen.all[n + i];
        CHECK(answered.what == event_kind::answered);
        CHECK(answered.server == i);
        CHECK(answered.fan_out == 1);
        CHECK(answered.bytes == raida::header_size);
        CHECK(answered.elapsed == 10ms);
        CHECK(!answered.error);
        CHECK(on.passed(answered.at) == 10ms);
    }
    const auto& done = on.seen.all.back();
    CHECK(done.what == event_kind::done);
    CHECK(done.fan_out == 1);
    CHECK(done.elapsed == 10ms);
    check_counts(on.seen, *on.engine);
    CHECK(to_string(done) == "fan-out 1: done, 10.0 ms");
    CHECK(to_string(on.seen.all[7]) == "fan-out 1, server 7: sent, 50 bytes");
    CHECK(to_string(on.seen.all[n + 7]) == "fan-out 1, server 7: answered, 32 bytes, 10.0 ms");
}

TEST_CASE("a fan-out that asks nobody is done", "[simulation][events]")
{
    watched_bench on;
    (void)on.ask(packets(n));
    on.world.run();
    REQUIRE(on.seen.all.size() == 1);
    CHECK(on.seen.all[0].what == event_kind::done);
}

TEST_CASE("each attempt is told, and the deadline that passed after the last", "[simulation][events]")
{
    watched_bench on;
    on.world.on_request = nullptr;
    (void)on.ask(only(requests(1), {3}), {.deadline = 100ms, .retry = raida::retry_policy::up_to(3)});
    on.world.run();
    REQUIRE(on.seen.count(event_kind::sent, 3) == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(on.seen.all[i].what == event_kind::sent);
        CHECK(on.seen.all[i].attempts == i + 1);
    }
    const auto over = on.seen.first(event_kind::timed_out);
    CHECK(over.error == errc::timed_out);
    CHECK(over.attempts == 3);
    CHECK(over.server == 3);
    CHECK(on.seen.count(event_kind::done) == 1);
    check_counts(on.seen, *on.engine);
}

TEST_CASE("a slot that ends otherwise says why", "[simulation][events]")
{
    SECTION("refused by the network")
    {
        watched_bench on;
        on.world.on_request = [](const simulated_request& request) { request.fail(5ms, refused()); };
        (void)on.ask(only(requests(1), {2}));
        on.world.run();
        CHECK(on.seen.first(event_kind::failed).error == refused());
        CHECK(on.seen.first(event_kind::failed).elapsed == 5ms);
        CHECK(on.counts(2).refused == 1);
        check_counts(on.seen, *on.engine);
    }
    SECTION("not awaited any longer")
    {
        watched_bench on;
        (void)on.ask(requests(1), {.complete = [](const replies&) { return true; }});
        on.world.run();
        CHECK(on.seen.count(event_kind::failed) == n - on.seen.count(event_kind::answered));
        CHECK(on.seen.first(event_kind::failed).error == errc::not_awaited);
        CHECK(on.seen.count(event_kind::done) == 1);
    }
    SECTION("cancelled")
    {
        watched_bench on;
        on.world.on_request = nullptr;
        asio::cancellation_signal stop;
        on.engine->async_request(
            requests(1), asio::bind_cancellation_slot(stop.slot(), [](std::error_code, const replies&) {}));
        on.world.run_for(10ms);
        stop.emit(asio::cancellation_type::all);
        on.world.run();
        CHECK(on.seen.count(event_kind::failed) == n);
        CHECK(on.seen.first(event_kind::failed).error == asio::error::operation_aborted);
        CHECK(on.passed(on.seen.first(event_kind::done).at) == 10ms);
    }
    SECTION("no place in the lane, and never sent")
    {
        watched_bench on{{.in_flight_per_lane = 1, .queue_wait = 50ms}};
        on.world.on_request = nullptr;
        (void)on.ask(only(requests(1), {0}), {.deadline = 1s});
        (void)on.ask(only(requests(2), {0}), {.deadline = 10ms});
        on.world.run();
        const auto failed = on.seen.first(event_kind::failed);
        CHECK(failed.error == errc::overloaded);
        CHECK(failed.attempts == 0);
        CHECK(failed.fan_out == 2);
        CHECK(on.seen.count(event_kind::sent) == 1);
    }
}

TEST_CASE("each reason why a datagram is dropped is told, and counted", "[simulation][events]")
{
    const auto why = GENERATE(drop_reason::late, drop_reason::foreign, drop_reason::forged,
                              drop_reason::malformed, drop_reason::oversize, drop_reason::hint);
    watched_bench on{{.max_reply = 200}};
    bytes wrong;
    on.world.on_request = [&](const simulated_request& request) {
        wrong = answer(request.bytes);
        switch (why) {
        case drop_reason::late:
            request.reply(1ms, answer(request.bytes));
            break;
        case drop_reason::foreign:
            wrong[6] ^= 0x55;
            break;
        case drop_reason::forged:
            wrong[31] ^= 1;
            break;
        case drop_reason::malformed:
            wrong.resize(31);
            break;
        case drop_reason::oversize:
            wrong = answer(request.bytes, status::mixed, bytes(300));
            break;
        default:
            auto header = header_of_answer(request.bytes, status::invalid_crc);
            header.group = 77;
            wrong = datagram(header);
        }
        request.reply(20ms, wrong);
    };
    (void)on.ask(only(requests(1), {4}), {.deadline = 100ms});
    (void)on.ask(only(requests(2), {5}), {.deadline = 100ms}); // so that a late one is read
    on.world.run();
    INFO(to_string(why));
    const auto dropped = on.seen.first(event_kind::dropped);
    CHECK(dropped.reason == why);
    CHECK(dropped.bytes == wrong.size());
    CHECK(on.passed(dropped.at) == 20ms);
    CHECK(on.seen.count(event_kind::dropped) == 2);
    if (why == drop_reason::oversize)
        CHECK(on.seen.first(event_kind::failed).error == errc::oversize);
    check_counts(on.seen, *on.engine);
    CHECK(to_string(dropped) == "server 4: dropped, " + std::string{to_string(why)} + ", " +
                                    std::to_string(wrong.size()) + " bytes");
}

TEST_CASE("the window is told as it changes", "[simulation][events]")
{
    watched_bench on;
    bool lose = true;
    on.world.on_request = [&](const simulated_request& request) {
        if (!std::exchange(lose, false))
            request.reply(10ms, answer(request.bytes));
    };
    packets all(n);
    for (std::uint16_t echo = 0; echo < 400; ++echo) {
        all[0] = request_to(0, echo, raida::detect_command, 1'300);
        (void)on.ask(all, {.deadline = 50ms});
    }
    on.world.run();
    REQUIRE(on.seen.count(event_kind::window_changed, 0) > 1);
    std::size_t smallest = SIZE_MAX, largest = 0;
    for (const auto& one : on.seen.all)
        if (one.what == event_kind::window_changed) {
            smallest = std::min(smallest, one.bytes);
            largest = std::max(largest, one.bytes);
        }
    CHECK(smallest < raida::detail::byte_window::initial); // after the loss
    CHECK(largest > raida::detail::byte_window::initial);  // before it
    check_counts(on.seen, *on.engine);
}

TEST_CASE("in any weather each slot ends once, and events are as many as statistics() counts",
          "[simulation][events]")
{
    const auto seed = GENERATE(range(1U, 40U));
    raida::testing::seeded_random random{seed};
    watched_bench on{{.in_flight_per_lane = 4, .max_reply = 100}};
    on.world.on_request = [&](const simulated_request& request) {
        for (std::uint64_t times = random() % 3; times != 0; --times) {
            const auto delay = std::chrono::milliseconds{random() % 150};
            bytes made = answer(request.bytes, random() % 2 == 0 ? status::success : status::invalid_crc);
            switch (random() % 8) {
            case 0:
                request.fail(delay, refused(), random() % 60);
                continue;
            case 1:
                made[random() % made.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
                break;
            case 2:
                made.resize(random() % 200);
                break;
            default:
                break;
            }
            request.reply(delay, made);
        }
    };
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 20; ++echo) {
        options how{.deadline = 100ms,
                    .retry = raida::retry_policy::up_to(1 + static_cast<unsigned>(random() % 3))};
        if (random() % 4 == 0)
            how.complete = [](const replies& so_far) { return so_far.answered() > 8; };
        results.push_back(on.ask(requests(echo), std::move(how)));
        on.world.run_for(std::chrono::milliseconds{random() % 40});
    }
    on.world.run();
    check_counts(on.seen, *on.engine);
    CHECK(on.seen.count(event_kind::done) == results.size());
    std::map<std::pair<std::uint32_t, std::uint32_t>, unsigned> ends;
    auto last = on.began;
    for (const auto& one : on.seen.all) {
        CHECK(one.at >= last);
        last = one.at;
        if (one.what == event_kind::answered || one.what == event_kind::timed_out ||
            one.what == event_kind::failed) {
            ++ends[{one.fan_out, one.server}];
            const auto& slot = results[one.fan_out - 1]->got[one.server];
            CHECK(one.error == slot.error);
            CHECK(one.attempts == slot.attempts);
        }
    }
    CHECK(ends.size() == n * results.size());
    CHECK(std::all_of(ends.begin(), ends.end(), [](const auto& one) { return one.second == 1; }));
}

TEST_CASE("a hook that throws loses no event and no handler", "[simulation][events]")
{
    bench on;
    history seen;
    std::size_t thrown = 0;
    on.engine->on_event([&](const engine_event& one) {
        seen.all.push_back(one);
        throw std::runtime_error{"the hook's own"};
    });
    const auto result = on.ask(only(requests(1), {0, 1, 2}));
    for (bool again = true; again;) {
        try {
            on.world.run();
            again = false;
        } catch (const std::runtime_error&) {
            ++thrown;
        }
    }
    CHECK(result->calls == 1);
    CHECK(result->got.answered() == 3);
    CHECK(seen.all.size() == 7);
    CHECK(thrown == 7);
    check_counts(seen, *on.engine);
}

TEST_CASE("a hook may destroy the engine at any event", "[simulation][events]")
{
    const auto at = GENERATE(range(0, 51));
    bench on;
    int left = at;
    const auto alive = std::make_shared<int>(1);
    on.engine->on_event([&, alive](const engine_event&) {
        if (left-- == 0)
            on.engine.reset();
    });
    const auto result = on.ask(requests(1));
    on.world.run();
    CHECK(result->calls == 1);
    CHECK(left == -1); // nothing was told any more
    CHECK(alive.use_count() == 1);
}

TEST_CASE("a hook may cancel, ask again, and be replaced", "[simulation][events]")
{
    bench on;
    SECTION("cancel")
    {
        asio::cancellation_signal stop;
        std::size_t calls = 0, done = 0;
        on.engine->on_event([&](const engine_event& one) {
            done += one.what == event_kind::done ? 1U : 0U;
            if (one.what == event_kind::answered)
                stop.emit(asio::cancellation_type::all);
        });
        on.world.on_request = [](const simulated_request& request) {
            request.reply(1ms * (1 + request.server), answer(request.bytes));
        };
        on.engine->async_request(
            requests(1), asio::bind_cancellation_slot(stop.slot(), [&](std::error_code, const replies& got) {
                ++calls;
                CHECK(done == 1); // told before, as ever
                CHECK(got.answered() == 1);
            }));
        on.world.run();
        CHECK(calls == 1);
        CHECK(done == 1);
    }
    SECTION("ask again")
    {
        std::size_t asked = 0;
        on.engine->on_event([&](const engine_event& one) {
            if (one.what == event_kind::done && ++asked < 100)
                (void)on.ask(packets(n)); // which is done at once
        });
        (void)on.ask(packets(n));
        std::size_t turns = 0;
        asio::post(on.world.get_executor(), [&] { turns = asked; });
        on.world.run();
        CHECK(asked == 100);
        CHECK(turns < 10); // others had their turn meanwhile
    }
    SECTION("replaced, and taken away")
    {
        history second;
        std::size_t first = 0;
        const auto alive = std::make_shared<int>(1);
        on.engine->on_event([&, alive](const engine_event&) {
            ++first;
            on.engine->on_event(second.hook()); // which destroys this one
            CHECK(alive.use_count() > 1);       // but not while it is called
        });
        const auto result = on.ask(only(requests(1), {0}));
        on.world.run();
        CHECK(first == 1);
        CHECK(alive.use_count() == 1);
        CHECK(second.count(event_kind::answered) == 1);
        const auto before = second.all.size();
        on.engine->on_event(nullptr);
        (void)on.ask(requests(2));
        on.world.run();
        CHECK(second.all.size() == before);
        CHECK(result->calls == 1);
    }
}

TEST_CASE("a hook may run the context", "[simulation][events]")
{
    watched_bench on;
    std::size_t order = 0, depth = 0;
    std::vector<std::uint32_t> servers;
    on.engine->on_event([&](const engine_event& one) {
        if (one.what == event_kind::answered)
            servers.push_back(one.server);
        if (depth == 0 && ++order == 3) {
            ++depth;
            on.world.context().poll();
            --depth;
        }
    });
    const auto result = on.ask(requests(1));
    on.world.run();
    CHECK(result->calls == 1);
    CHECK(servers.size() == n);
    CHECK(std::is_sorted(servers.begin(), servers.end()));
}

TEST_CASE("nothing is told after the engine is gone", "[simulation][events]")
{
    watched_bench on;
    on.world.on_request = nullptr;
    const auto result = on.ask(requests(1));
    on.world.run_for(1ms);
    const auto before = on.seen.all.size();
    on.engine.reset();
    on.world.run();
    CHECK(result->calls == 1);
    CHECK(on.seen.all.size() == before);
}

TEST_CASE("a client's hook sees its engine", "[simulation][events]")
{
    history seen;
    client_world on{100, {.on_event = seen.hook()}};
    on.fleet.set(7, {.silent = true});
    const auto got = on.detect();
    CHECK(got.result.count(raida::verdict::authentic) == 100);
    CHECK(seen.count(event_kind::answered, 0) == 2); // 64 tokens, and 36
    CHECK(seen.count(event_kind::answered, 7) == 0);
    CHECK(seen.count(event_kind::done) != 0);
}

TEST_CASE("what happened has a text", "[simulation][events]")
{
    CHECK(to_string(engine_event{.what = event_kind::failed, .attempts = 2, .error = refused()}) ==
          "server 0: failed, " + refused().message() + ", attempt 2");
    CHECK(to_string(engine_event{.what = event_kind::window_changed, .server = 3, .bytes = 5}) ==
          "server 3: window changed, 5 bytes");
    CHECK(to_string(static_cast<event_kind>(99)) == "unknown");
    CHECK(to_string(static_cast<drop_reason>(99)) == "unknown");
}
