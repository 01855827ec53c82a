// Invariants 7 and 8: the engine destroyed at any moment, exceptions of its callers, and nothing to do when
// idle.
#include "simulation/support.hpp"

#include <asio/error.hpp>

#include <stdexcept>

using namespace tests;

namespace {

// Even servers have answered after 10 ms, the others never do.
void half(bench& on)
{
    on.world.on_request = [](const simulated_request& request) {
        if (request.server % 2 == 0)
            request.reply(10ms, answer(request.bytes));
    };
}

void check_half(const outcome& result)
{
    CHECK(result.calls == 1);
    CHECK(!result.error);
    CHECK(result.got.answered() == 13);
    CHECK(count_of(result.got, asio::error::operation_aborted) == 12);
}

} // namespace

TEST_CASE("invariant 7: destroying the engine ends what is in flight, and the handlers are called",
          "[simulation][lifetime]")
{
    bench on;
    half(on);
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 10; ++echo)
        results.push_back(on.ask(requests(echo)));
    on.world.run_for(50ms);
    const auto unsent = on.ask(requests(99));
    on.engine.reset();
    CHECK(results[0]->is_open()); // never inside the destructor
    on.world.run();
    for (const auto& result : results)
        check_half(*result);
    CHECK(count_of(unsent->got, asio::error::operation_aborted) == n);
    CHECK(on.passed(results[0]->at) == 50ms);
}

TEST_CASE("invariant 7: the engine may be destroyed by a handler", "[simulation][lifetime]")
{
    bench on;
    half(on);
    std::vector<std::shared_ptr<outcome>> others;
    others.push_back(on.ask(requests(1)));
    std::size_t calls = 0;
    on.engine->async_request(only(requests(2), {0, 2}), [&](std::error_code error, replies got) {
        ++calls;
        CHECK(!error);
        CHECK(got.answered() == 2);
        on.engine.reset();
        CHECK(others[0]->is_open());
        CHECK(got.answered() == 2); // its bytes are still there
        CHECK(got[2].header().server == 2);
    });
    others.push_back(on.ask(requests(3)));
    const auto finished_together = on.ask(only(requests(4), {0, 2}));
    on.world.run();
    CHECK(calls == 1);
    for (const auto& other : others) { // the answers of 0 and 2 came before, those of 4 to 24 did not
        CHECK(other->calls == 1);
        CHECK(other->got.answered() == 2);
        CHECK(count_of(other->got, asio::error::operation_aborted) == n - 2);
    }
    CHECK(finished_together->calls == 1);
    CHECK(finished_together->got.answered() == 2);
}

TEST_CASE("invariant 7: the engine may be destroyed by the handler of a refused call",
          "[simulation][lifetime]")
{
    bench on;
    half(on);
    const auto running = on.ask(requests(1));
    std::size_t calls = 0;
    on.engine->async_request(packets(3), [&](std::error_code error, const replies&) {
        ++calls;
        CHECK(error == errc::wrong_packet_count);
        on.engine.reset();
    });
    on.engine->async_request(packets(4), [&](std::error_code error, const replies&) {
        ++calls;
        CHECK(error == errc::wrong_packet_count);
    });
    on.world.run();
    CHECK(calls == 2);
    CHECK(count_of(running->got, asio::error::operation_aborted) == n);
}

TEST_CASE("invariant 7: the engine may be destroyed inside on_reply", "[simulation][lifetime]")
{
    bench on;
    half(on);
    std::size_t told = 0;
    const auto other = on.ask(requests(1));
    const auto result = on.ask(requests(2), {.on_reply = [&](const raida::reply& one) {
                                   ++told;
                                   const auto server = one.server;
                                   on.engine.reset();
                                   CHECK(one.server == server); // the reply lives on
                                   CHECK(one.header().server == server);
                               }});
    on.world.run();
    CHECK(told == 1);
    CHECK(result->calls == 1);
    CHECK(other->calls == 1);
    CHECK(result->got.answered() >= 1);
    CHECK(result->got.answered() + count_of(result->got, asio::error::operation_aborted) == n);
}

TEST_CASE("invariant 7: the engine may be destroyed inside a completion rule", "[simulation][lifetime]")
{
    const bool say = GENERATE(true, false);
    const auto linger = GENERATE(0ms, 100ms);
    bench on;
    half(on);
    const auto result = on.ask(requests(2), {.complete =
                                                 [&](const replies& so_far) {
                                                     on.engine.reset();
                                                     CHECK(so_far.answered() >= 1);
                                                     return say;
                                                 },
                                             .linger = linger});
    on.world.run();
    CHECK(result->calls == 1);
    CHECK(result->got.answered() + count_of(result->got, asio::error::operation_aborted) == n);
}

TEST_CASE("invariant 7: what on_reply and the rule have captured dies with the fan-out",
          "[simulation][lifetime]")
{
    bench on;
    half(on);
    auto watched = std::make_shared<int>(1);
    auto ruled = std::make_shared<int>(2);
    const auto result = on.ask(requests(1), {.deadline = 100ms,
                                             .complete = [ruled](const replies&) { return false; },
                                             .on_reply = [watched](const raida::reply&) {}});
    CHECK(watched.use_count() == 2);
    on.world.run();
    CHECK(result->calls == 1);
    CHECK(watched.use_count() == 1);
    CHECK(ruled.use_count() == 1);
}

TEST_CASE("invariant 7: a capture of on_reply may be the engine's last owner", "[simulation][lifetime]")
{
    simulation world;
    auto owner = std::make_shared<network>(world, servers());
    world.on_request = [](const simulated_request& request) { request.reply(1ms, answer(request.bytes)); };
    std::size_t calls = 0;
    auto& engine = *owner;
    std::weak_ptr<network> alive = owner;
    engine.async_request(requests(1), options{.on_reply = [owner](const raida::reply&) {}},
                         [&](std::error_code error, const replies& got) {
                             ++calls;
                             CHECK(!error);
                             CHECK(got.answered() == n);
                         });
    owner.reset();
    CHECK(!alive.expired());
    world.run();
    CHECK(calls == 1);
    CHECK(alive.expired());
}

TEST_CASE("invariant 7: a moved engine goes on", "[simulation][lifetime]")
{
    bench on;
    const auto result = on.ask(requests(1));
    network moved = std::move(*on.engine);
    on.engine.reset();
    on.world.run_for(5ms);
    network again = std::move(moved);
    std::size_t answered = 0;
    again.async_request(requests(2), [&](std::error_code, const replies& got) { answered = got.answered(); });
    on.world.run();
    CHECK(result->got.answered() == n);
    CHECK(answered == n);
}

TEST_CASE("invariant 7: an engine that is assigned over ends its requests, the other one's go on",
          "[simulation][lifetime]")
{
    bench on;
    const auto dropped = on.ask(requests(1));
    network other{on.world, servers()};
    std::size_t answered = 0;
    other.async_request(requests(1), [&](std::error_code, const replies& got) { answered = got.answered(); });
    on.world.run_for(5ms);
    *on.engine = std::move(other);
    on.world.run();
    CHECK(count_of(dropped->got, asio::error::operation_aborted) == n);
    CHECK(answered == n);
    auto& same = *on.engine;
    *on.engine = std::move(same);
    const auto later = on.ask(requests(3));
    on.world.run();
    CHECK(later->got.answered() == n);
}

// ---- after the io_context

TEST_CASE("invariant 7: the engine may outlive its io_context", "[simulation][lifetime]")
{
    auto world = std::make_optional<simulation>();
    auto engine = std::make_optional<network>(*world, servers());
    bool called = false;
    auto held = std::make_shared<int>(1);
    const auto ask = [&] {
        engine->async_request(requests(1),
                              [&called, held](std::error_code, const replies&) { called = true; });
        engine->async_request(packets(3),
                              [&called, held](std::error_code, const replies&) { called = true; });
    };
    SECTION("idle") {}
    SECTION("with requests that have not left")
    {
        ask();
    }
    SECTION("with requests in flight")
    {
        ask();
        world->run_for(10ms);
        ask();
        CHECK(called); // the refused one
        called = false;
    }
    world.reset();
    CHECK(held.use_count() == 1); // its handlers were dropped
    CHECK(!called);
    engine.reset();
    CHECK(!called);
}

TEST_CASE("invariant 7: a handler dropped with its io_context may own the engine", "[simulation][lifetime]")
{
    struct session
    {
        explicit session(simulation& world) : engine{world, servers()} {}
        network engine;
    };
    auto world = std::make_optional<simulation>();
    auto first = std::make_shared<session>(*world);
    std::weak_ptr<session> alive = first;
    auto& engine = first->engine;
    for (std::uint16_t echo = 0; echo < 3; ++echo)
        engine.async_request(requests(echo), [first](std::error_code, const replies&) {});
    engine.async_request(packets(1), [first](std::error_code, const replies&) {});
    first.reset();
    const bool sent = GENERATE(true, false);
    if (sent)
        world->run_for(1ms);
    CHECK(!alive.expired());
    world.reset();
    CHECK(alive.expired());
}

TEST_CASE("invariant 7: an on_reply dropped with its io_context may own the engine", "[simulation][lifetime]")
{
    auto world = std::make_optional<simulation>();
    auto owner = std::make_shared<network>(*world, servers());
    std::weak_ptr<network> alive = owner;
    auto& engine = *owner;
    engine.async_request(requests(1),
                         options{.complete = [owner](const replies&) { return false; },
                                 .on_reply = [owner](const raida::reply&) {}},
                         [](std::error_code, const replies&) {});
    owner.reset();
    world->run_for(1ms);
    CHECK(!alive.expired());
    world.reset();
    CHECK(alive.expired());
}

TEST_CASE("invariant 7: what says good-bye as it dies with its io_context is not heard, and harms nothing",
          "[simulation][lifetime]")
{
    // Asks once more in its destructor.
    struct farewell
    {
        network* engine;
        std::size_t* said;

        farewell(network& through, std::size_t& count) : engine{&through}, said{&count} {}
        farewell(farewell&& other) noexcept : engine{std::exchange(other.engine, nullptr)}, said{other.said}
        {}
        ~farewell()
        {
            if (engine == nullptr)
                return;
            ++*said;
            engine->async_request(requests(2), [](std::error_code, const replies&) { FAIL("called"); });
            engine->async_request(packets(3), [](std::error_code, const replies&) { FAIL("called"); });
        }
    };
    auto world = std::make_optional<simulation>();
    auto engine = std::make_optional<network>(*world, servers());
    std::size_t said = 0;
    engine->async_request(requests(1), [bye = farewell{*engine, said}](std::error_code, const replies&) {});
    engine->async_request(packets(1), [bye = farewell{*engine, said}](std::error_code, const replies&) {});
    auto captured = std::make_shared<farewell>(*engine, said);
    engine->async_request(requests(3), options{.on_reply = [captured](const raida::reply&) {}},
                          [](std::error_code, const replies&) {});
    captured.reset();
    world.reset();
    CHECK(said == 3);
    engine.reset();
}

TEST_CASE("invariant 7: a cancellation after the io_context does nothing", "[simulation][lifetime]")
{
    auto world = std::make_optional<simulation>();
    std::optional<network> engine{std::in_place, *world, servers()};
    asio::cancellation_signal signal;
    {
        replies storage; // gone by the time of the signal
        engine->async_request(requests(1), storage, {},
                              asio::bind_cancellation_slot(signal.slot(), [](std::error_code) {}));
        world->run_for(1ms);
        world.reset();
    }
    signal.emit(asio::cancellation_type::terminal);
    engine.reset();
    signal.emit(asio::cancellation_type::terminal);
    SUCCEED("nothing was touched");
}

TEST_CASE("invariant 7: a cancellation after the engine does nothing", "[simulation][lifetime]")
{
    bench on;
    asio::cancellation_signal signal;
    std::size_t calls = 0;
    on.engine->async_request(
        requests(1),
        asio::bind_cancellation_slot(signal.slot(), [&](std::error_code, const replies&) { ++calls; }));
    on.world.run_for(1ms);
    on.engine.reset();
    signal.emit(asio::cancellation_type::terminal);
    on.world.run();
    signal.emit(asio::cancellation_type::terminal);
    CHECK(calls == 1);
}

TEST_CASE("invariant 7: engines of one io_context end without disturbing one another",
          "[simulation][lifetime]")
{
    auto world = std::make_optional<simulation>();
    world->on_request = [](const simulated_request& request) { request.reply(1ms, answer(request.bytes)); };
    std::vector<std::unique_ptr<network>> engines;
    for (int i = 0; i < 5; ++i)
        engines.push_back(std::make_unique<network>(*world, servers()));
    std::size_t answered = 0;
    for (auto& engine : engines)
        engine->async_request(requests(1),
                              [&](std::error_code, const replies& got) { answered += got.answered(); });
    engines.erase(engines.begin() + 2);
    engines.erase(engines.begin());
    world->run();
    CHECK(answered == 3 * n);
    engines.erase(engines.begin() + 1);
    world.reset();
    engines.clear();
}

TEST_CASE("a simulated network may end with datagrams on their way", "[simulation][lifetime]")
{
    bench on;
    const auto result = on.ask(requests(1));
    on.world.run_for(5ms);
    on.engine.reset();
    on.engine.emplace(on.world, servers());
    const auto again = on.ask(requests(1));
    on.world.run();
    CHECK(count_of(result->got, asio::error::operation_aborted) == n);
    CHECK(again->got.answered() == n);
}

// ---- exceptions

namespace {

// Runs until nothing is left, and counts what was thrown.
std::size_t run_and_count(simulation& world)
{
    for (std::size_t thrown = 0;;)
        try {
            world.run();
            return thrown;
        } catch (const std::runtime_error&) {
            ++thrown;
        }
}

} // namespace

TEST_CASE("an exception of a handler leaves run() and the engine usable", "[simulation][lifetime]")
{
    bench on;
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 10; ++echo) {
        if (echo % 2 == 0)
            on.engine->async_request(
                requests(echo), [](std::error_code, const replies&) { throw std::runtime_error{"handler"}; });
        else
            results.push_back(on.ask(requests(echo)));
    }
    on.engine->async_request(packets(1),
                             [](std::error_code, const replies&) { throw std::runtime_error{"refused"}; });
    CHECK(run_and_count(on.world) == 6);
    for (const auto& result : results)
        CHECK(result->got.answered() == n);
    const auto later = on.ask(requests(1));
    CHECK(run_and_count(on.world) == 0);
    CHECK(later->got.answered() == n);
}

TEST_CASE("an exception of on_reply costs nobody a reply", "[simulation][lifetime]")
{
    bench on;
    std::size_t told = 0;
    const auto result = on.ask(requests(1), {.on_reply = [&](const raida::reply&) {
                                   ++told;
                                   throw std::runtime_error{"on_reply"};
                               }});
    const auto other = on.ask(requests(2));
    CHECK(run_and_count(on.world) == n);
    CHECK(told == n);
    CHECK(result->calls == 1);
    CHECK(result->got.answered() == n);
    CHECK(other->got.answered() == n);
}

TEST_CASE("an exception of a completion rule costs nobody a reply", "[simulation][lifetime]")
{
    bench on;
    std::size_t asked = 0;
    const auto result = on.ask(requests(1), {.complete = [&](const replies&) -> bool {
                                   if (++asked < 5)
                                       throw std::runtime_error{"rule"};
                                   return asked == 10;
                               }});
    const auto other = on.ask(requests(2));
    CHECK(run_and_count(on.world) == 4);
    CHECK(result->calls == 1);
    CHECK(result->got.answered() >= 10);
    CHECK(other->got.answered() == n);
}

TEST_CASE("an exception after the engine was destroyed in the same handler harms nothing",
          "[simulation][lifetime]")
{
    bench on;
    const auto other = on.ask(requests(1));
    on.engine->async_request(packets(n), [&](std::error_code, const replies&) {
        on.engine.reset();
        throw std::runtime_error{"after the end"};
    });
    CHECK(run_and_count(on.world) == 1);
    CHECK(other->calls == 1);
}

// ---- work

TEST_CASE("invariant 8: run() returns when the last handler has run, and works again",
          "[simulation][lifetime]")
{
    scripted_bench on;
    CHECK(on.io.run() == 0); // an engine that was only made holds no work
    for (std::uint16_t echo = 0; echo < 3; ++echo) {
        on.io.restart();
        const auto result = on.ask(requests(echo));
        on.io.poll();
        CHECK(!on.io.stopped()); // there is work: run() would wait
        CHECK(on.how.listening);
        for (const auto& one : on.how.sent)
            on.how.arrive(one.lane, one.generation, answer(one.data));
        on.how.sent.clear();
        asio::post(on.io, [&] { on.how.wake(); });
        on.io.run();
        CHECK(result->calls == 1);
        CHECK(on.io.stopped());
        CHECK(!on.how.listening);
    }
}

TEST_CASE("invariant 8: refused calls, calls that ask nobody and cancelled ones hold no work either",
          "[simulation][lifetime]")
{
    scripted_bench on;
    asio::cancellation_signal signal;
    const auto refusal = on.ask(packets(1));
    const auto nobody = on.ask(packets(n));
    std::size_t calls = 0;
    on.engine->async_request(
        requests(1),
        asio::bind_cancellation_slot(signal.slot(), [&](std::error_code, const replies&) { ++calls; }));
    signal.emit(asio::cancellation_type::terminal);
    on.io.run(); // would hang if anything were held
    CHECK(refusal->calls == 1);
    CHECK(nobody->calls == 1);
    CHECK(calls == 1);
    CHECK(on.how.sent.empty());
}

TEST_CASE("invariant 8: an engine that was destroyed holds no work", "[simulation][lifetime]")
{
    scripted_bench on;
    const auto result = on.ask(requests(1));
    on.poll();
    on.engine.reset();
    CHECK(on.how.is_closed);
    on.io.restart();
    on.io.run();
    CHECK(result->calls == 1);
    CHECK(on.how.owner.expired());
}

TEST_CASE("what arrives or wakes after the engine's end touches nothing", "[simulation][lifetime]")
{
    scripted_bench on;
    auto result = on.ask(requests(1));
    on.poll();
    const auto keep = on.how.owner.lock(); // as an operation of the transport would
    on.engine.reset();
    on.how.arrive(0, 0, answer(on.how.sent[0].data));
    on.how.sink->on_error(1, 0, refused(), on.how.sent[1].data);
    on.how.wake();
    on.poll();
    CHECK(result->calls == 1);
    CHECK(count_of(result->got, asio::error::operation_aborted) == n);
    on.how.arrive(0, 0, answer(on.how.sent[0].data));
    on.how.wake();
    CHECK(result->calls == 1);
}
