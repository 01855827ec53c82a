// Invariants 7 and 8: handlers, executors, allocators, completion tokens, threads.

#include "simulation/manners.hpp"
#include "simulation/support.hpp"

#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>

using namespace tests;

namespace {

using plain_engine = raida::fanout<n, scripted_transport<plain_executor>>;
using erased_engine = raida::fanout<n, scripted_transport<asio::any_io_executor>>;

// Answers everything that has been sent, and wakes the engine.
void answer_all(script& how)
{
    for (const auto& one : std::exchange(how.sent, {}))
        how.arrive(one.lane, one.generation, answer(one.data));
    how.wake();
}

std::size_t threads()
{
    const std::filesystem::path tasks{"/proc/self/task"};
    if (!std::filesystem::exists(tasks))
        return 0;
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{tasks}, {}));
}

} // namespace

// ---- the handler

TEST_CASE("invariant 7: the handler is never called inside the initiating call", "[simulation][manners]")
{
    bench on;
    const auto all = GENERATE(requests(1), packets(n), packets(1)); // good, nobody to ask, refused
    bool inside = true;
    std::size_t calls = 0;
    const auto handler = [&](std::error_code) {
        CHECK(!inside);
        ++calls;
    };
    const auto ask = [&] {
        inside = true;
        on.engine->async_request(all, [&](std::error_code error, const replies&) { handler(error); });
        on.engine->async_request(all, {.deadline = 1ms},
                                 [&](std::error_code error, const replies&) { handler(error); });
        inside = false;
    };
    ask();
    asio::dispatch(on.world.context(), ask); // not even where it could be
    asio::post(on.world.context(), ask);
    on.world.run();
    CHECK(calls == 6);
}

TEST_CASE("invariant 7: handlers may be move-only, and run once", "[simulation][manners]")
{
    bench on;
    std::size_t sum = 0;
    replies storage;
    on.engine->async_request(requests(1),
                             [&, value = std::make_unique<std::size_t>(1)](std::error_code, replies) mutable {
                                 sum += *std::exchange(value, nullptr);
                             });
    on.engine->async_request(requests(2), storage, {},
                             [&, value = std::make_unique<std::size_t>(10)](std::error_code) mutable {
                                 sum += *std::exchange(value, nullptr);
                             });
    on.engine->async_request(packets(1), [&, value = std::make_unique<std::size_t>(100)](
                                             std::error_code, const replies&) { sum += *value; });
    on.world.run();
    CHECK(sum == 111);
}

TEST_CASE("invariant 7: an over-aligned handler works", "[simulation][manners]")
{
    struct alignas(64) wide
    {
        std::size_t* calls;
        void operator()(std::error_code, const replies&) const
        {
            CHECK(reinterpret_cast<std::uintptr_t>(this) % 64 == 0);
            ++*calls;
        }
    };
    bench on;
    std::size_t calls = 0;
    on.engine->async_request(requests(1), wide{&calls});
    on.world.run();
    CHECK(calls == 1);
}

TEST_CASE("invariant 7: a handler may ask again, over and over", "[simulation][manners]")
{
    bench on;
    std::size_t left = 200;
    std::function<void()> ask = [&] {
        on.engine->async_request(requests(static_cast<std::uint16_t>(left)),
                                 [&](std::error_code error, const replies& got) {
                                     CHECK(!error);
                                     CHECK(got.answered() == n);
                                     if (--left != 0)
                                         ask();
                                 });
    };
    ask();
    on.world.run();
    CHECK(left == 0);
}

TEST_CASE("handlers of what finishes at once do not keep the thread for themselves", "[simulation][manners]")
{
    bench on;
    std::size_t calls = 0;
    bool others_ran = false;
    std::function<void()> ask = [&] {
        on.engine->async_request(packets(n), [&](std::error_code, const replies&) {
            if (++calls < 100 && !others_ran)
                ask();
        });
    };
    ask();
    asio::post(on.world.context(), [&] { asio::post(on.world.context(), [&] { others_ran = true; }); });
    on.world.run();
    CHECK(others_ran);
    CHECK(calls < 10);
}

TEST_CASE("a handler may run the context itself", "[simulation][manners]")
{
    scripted_bench on;
    std::size_t calls = 0;
    for (std::uint16_t echo = 0; echo < 5; ++echo)
        on.engine->async_request(requests(echo), [&](std::error_code, const replies& got) {
            CHECK(got.answered() == n);
            if (++calls == 1) {
                on.how.wake(); // as a poll() that finds something
                on.io.poll();
            }
        });
    on.turn();
    answer_all(on.how);
    on.turn();
    CHECK(calls == 5);
    const auto later = on.ask(requests(9));
    on.turn();
    answer_all(on.how);
    on.turn();
    CHECK(later->got.answered() == n);
}

// ---- user code that waits for another fan-out by running the context

namespace {

// Asks once more and runs the context until that is over.
struct nested_wait
{
    scripted_bench* on;
    std::shared_ptr<outcome> inner{};

    void operator()()
    {
        if (inner)
            return;
        on->how.sent.clear();
        inner = on->ask(requests(2));
        on->poll();
        CHECK(on->how.sent.size() == n);
        answer_all(on->how);
        on->how.wake();
        on->poll();
        CHECK(inner->calls == 1);
        CHECK(inner->got.answered() == n);
    }
};

} // namespace

TEST_CASE("what user code starts and waits for in the context is sent there", "[simulation][manners]")
{
    scripted_bench on;
    nested_wait nested{&on};
    std::size_t outer = 0, others = 0;
    options how{.deadline = 200ms};
    const bool many = GENERATE(false, true); // are other results waiting behind it?
    bool by_timer = false;
    SECTION("in a handler") {}
    SECTION("in on_reply")
    {
        how.on_reply = [&](const raida::reply&) { nested(); };
    }
    SECTION("in a completion rule")
    {
        how.complete = [&](const replies&) {
            nested();
            return true;
        };
    }
    SECTION("in a handler that is called since time has passed")
    {
        by_timer = true;
    }
    on.engine->async_request(requests(1), std::move(how), [&](std::error_code, const replies&) {
        ++outer;
        nested();
    });
    for (std::uint16_t echo = 10; many && echo < 15; ++echo)
        on.engine->async_request(requests(echo), {.deadline = 200ms},
                                 [&](std::error_code, const replies&) { ++others; });
    on.turn();
    if (!by_timer)
        answer_all(on.how);
    on.turn_after(300ms);
    CHECK(nested.inner);
    CHECK(outer == 1);
    CHECK(others == (many ? 5 : 0));
}

TEST_CASE("what a completion rule runs may finish its own fan-out", "[simulation][manners]")
{
    scripted_bench on;
    std::size_t asked = 0;
    const bool throws = GENERATE(false, true);
    options how{.deadline = 200ms};
    how.complete = [&](const replies&) {
        if (++asked == 1) {
            on.how.now += 1s; // and so everything else is over
            on.how.wake();
        }
        if (asked == 1 && throws)
            throw std::runtime_error{"rule"};
        return true;
    };
    const auto result = on.ask(requests(1), std::move(how));
    on.turn();
    on.how.arrive(0, 0, answer(on.how.sent[0].data));
    const auto wake = [&] {
        try {
            on.turn();
        } catch (const std::runtime_error&) {
        }
    };
    wake();
    wake();
    CHECK(result->calls == 1);
    CHECK(result->got.answered() == 1);
    CHECK(count_of(result->got, errc::timed_out) == n - 1);
}

TEST_CASE("fan-outs that finish together complete in the order in which they finished",
          "[simulation][manners]")
{
    bench on;
    std::vector<int> order;
    for (int i = 0; i < 10; ++i)
        on.engine->async_request(requests(static_cast<std::uint16_t>(i)),
                                 options{.deadline = (10 - i) * 10ms},
                                 [&, i](std::error_code, const replies&) { order.push_back(i); });
    on.world.on_request = {};
    on.world.run();
    CHECK(order == std::vector<int>{9, 8, 7, 6, 5, 4, 3, 2, 1, 0});
}

// ---- executors

TEST_CASE("invariant 7: without an executor of its own a handler runs on the engine's",
          "[simulation][manners]")
{
    asio::io_context io;
    const auto strand = asio::make_strand(io);
    script how;
    raida::fanout<n, scripted_transport<asio::strand<plain_executor>>> engine{{strand, how}, servers()};
    bool on_strand = false, told_on_strand = false;
    asio::post(strand, [&] {
        engine.async_request(
            requests(1),
            options{
                .on_reply = [&](const raida::reply&) { told_on_strand = strand.running_in_this_thread(); }},
            [&](std::error_code, const replies&) { on_strand = strand.running_in_this_thread(); });
        asio::post(strand, [&] { asio::post(strand, [&] { answer_all(how); }); });
    });
    io.run();
    CHECK(on_strand);
    CHECK(told_on_strand);
}

TEST_CASE("invariant 7: a handler bound to a strand runs there", "[simulation][manners]")
{
    const auto all = GENERATE(requests(1), packets(n), packets(1));
    bench on;
    const auto strand = asio::make_strand(on.world.context());
    std::size_t calls = 0;
    replies storage;
    on.engine->async_request(all, asio::bind_executor(strand, [&](std::error_code, const replies&) {
                                 CHECK(strand.running_in_this_thread());
                                 ++calls;
                             }));
    on.engine->async_request(packets(n), storage, {}, asio::bind_executor(strand, [&](std::error_code) {
                                 CHECK(strand.running_in_this_thread());
                                 ++calls;
                             }));
    on.world.run();
    CHECK(calls == 2);
}

TEST_CASE("invariant 7: a handler bound to another context runs there, with its work kept until then",
          "[simulation][manners]")
{
    const auto all = GENERATE(requests(1), packets(n), packets(1));
    bench on;
    asio::io_context elsewhere;
    std::size_t calls = 0, answered = 0;
    on.engine->async_request(
        all, asio::bind_executor(elsewhere.get_executor(), [&](std::error_code, const replies& got) {
            CHECK(elsewhere.get_executor().running_in_this_thread());
            ++calls;
            answered = got.answered();
        }));
    CHECK(elsewhere.poll() == 0);
    CHECK(!elsewhere.stopped()); // its run() waits for us
    on.world.run();
    on.engine.reset();
    CHECK(calls == 0);
    elsewhere.run();
    CHECK(calls == 1);
    CHECK(answered == (all.size() == n && !all[0].empty() ? n : 0));
    CHECK(elsewhere.stopped());
}

TEST_CASE("invariant 7: a handler of another context that is dropped releases its work",
          "[simulation][manners]")
{
    asio::io_context elsewhere;
    auto world = std::make_optional<simulation>();
    std::optional<network> engine{std::in_place, *world, servers()};
    engine->async_request(
        requests(1), asio::bind_executor(elsewhere.get_executor(), [](std::error_code, const replies&) {}));
    CHECK(elsewhere.poll() == 0);
    CHECK(!elsewhere.stopped());
    world.reset();
    elsewhere.poll();
    CHECK(elsewhere.stopped());
}

TEST_CASE("an engine tells its executor, and may be rebound to another one", "[simulation][manners]")
{
    bench on;
    CHECK(on.engine->get_executor() == on.world.get_executor());
    static_assert(std::is_same_v<erased_engine::executor_type, asio::any_io_executor>);
    static_assert(std::is_same_v<erased_engine::rebind_executor<plain_executor>::other, plain_engine>);
    static_assert(noexcept(on.engine->get_executor()));
    static_assert(!std::is_copy_constructible_v<network> && std::is_nothrow_move_constructible_v<network>);
}

TEST_CASE("an engine on a type-erased executor works as well", "[simulation][manners]")
{
    asio::io_context io;
    script how;
    erased_engine engine{{io.get_executor(), how}, servers()};
    std::size_t calls = 0, answered = 0;
    for (std::uint16_t echo = 0; echo < 3; ++echo)
        engine.async_request(requests(echo), [&](std::error_code, const replies& got) {
            ++calls;
            answered += got.answered();
        });
    io.poll();
    answer_all(how);
    io.restart();
    io.run();
    CHECK(calls == 3);
    CHECK(answered == 3 * n);
}

// ---- allocators

TEST_CASE("invariant 7: the handler's own memory is given back before it is called", "[simulation][manners]")
{
    ledger book;
    std::size_t calls = 0;
    {
        bench on;
        asio::io_context elsewhere;
        const auto strand = asio::make_strand(on.world.context());
        replies storage;
        for (const auto& all : {requests(1), packets(n), packets(1)}) {
            const auto expected =
                all.size() == n ? std::error_code{} : make_error_code(errc::wrong_packet_count);
            const auto before = book.made;
            on.engine->async_request(
                all, tracking_handler<plain_executor>{on.world.get_executor(), &book, &calls, expected});
            CHECK(book.made == before + 1); // it is used at all
            on.world.run();
            on.engine->async_request(
                all, storage, {},
                tracking_handler<plain_executor>{on.world.get_executor(), &book, &calls, expected});
            on.world.run();
            on.engine->async_request(
                all, tracking_handler<asio::strand<plain_executor>>{strand, &book, &calls, expected});
            on.world.run();
            on.engine->async_request(
                all, tracking_handler<plain_executor>{elsewhere.get_executor(), &book, &calls, expected});
            on.world.run();
            elsewhere.restart();
            elsewhere.run();
        }
        CHECK(calls == 12);
        CHECK(book.blocks == 0);
        on.engine->async_request(requests(2),
                                 tracking_handler<plain_executor>{on.world.get_executor(), &book, &calls});
        on.engine->async_request(packets(2),
                                 tracking_handler<plain_executor>{on.world.get_executor(), &book, &calls});
        CHECK(book.blocks == 2);
    }
    CHECK(calls == 12); // dropped
    CHECK(book.blocks == 0);
}

// ---- completion tokens

TEST_CASE("use_future works and starts no thread", "[simulation][manners]")
{
    const auto before = threads();
    bench on;
    auto good = on.engine->async_request(requests(1), asio::use_future);
    auto bad = on.engine->async_request(packets(1), asio::use_future);
    replies storage;
    auto stored = on.engine->async_request(requests(2), storage, {}, asio::use_future);
    on.world.run();
    REQUIRE(good.wait_for(0s) == std::future_status::ready);
    CHECK(good.get().answered() == n);
    REQUIRE(bad.wait_for(0s) == std::future_status::ready);
    CHECK_THROWS_AS(bad.get(), std::system_error);
    REQUIRE(stored.wait_for(0s) == std::future_status::ready);
    stored.get();
    CHECK(storage.answered() == n);
    CHECK(threads() == before);
}

TEST_CASE("a deferred operation starts when it is called, and keeps its packets", "[simulation][manners]")
{
    bench on;
    std::size_t answered = 0, calls = 0;
    {
        auto all = std::make_unique<packets>(requests(1));
        auto operation = on.engine->async_request(*all, options{.deadline = 1s}, deferred);
        all.reset();
        on.world.run();
        CHECK(on.engine->statistics().total().sent == 0);
        std::move(operation)([&](std::error_code error, const replies& got) {
            CHECK(!error);
            ++calls;
            answered = got.answered();
        });
    }
    on.world.run();
    CHECK(calls == 1);
    CHECK(answered == n);
    (void)on.engine->async_request(requests(2), deferred); // never started
    on.world.run();
    CHECK(on.engine->statistics().total().sent == n);
}

TEST_CASE("an operation that starts after its engine's end is refused", "[simulation][manners]")
{
    bench on;
    auto operation = on.engine->async_request(requests(1), deferred);
    on.engine.reset();
    std::error_code result;
    std::size_t calls = 0;
    std::move(operation)([&](std::error_code error, const replies& got) {
        ++calls;
        result = error;
        CHECK(count_of(got, errc::pending) == n);
    });
    CHECK(calls == 0);
    on.world.run();
    CHECK(calls == 1);
    CHECK(result == errc::engine_stopped);
}

#ifdef ASIO_HAS_CO_AWAIT

namespace {

asio::awaitable<void> ask_twice(network& engine, std::size_t& answered)
{
    const auto first = co_await engine.async_request(requests(1), asio::use_awaitable);
    answered += first.answered();
    replies storage;
    co_await engine.async_request(requests(2), storage, {.deadline = 1s}, asio::use_awaitable);
    answered += storage.answered();
    try {
        (void)co_await engine.async_request(packets(3), asio::use_awaitable);
    } catch (const std::system_error& error) {
        answered += error.code() == errc::wrong_packet_count ? 1 : 0;
    }
}

asio::awaitable<void> ask_once(network& engine, std::size_t& answered)
{
    const auto got = co_await engine.async_request(requests(1), asio::use_awaitable);
    answered = got.answered();
}

asio::awaitable<void> own_engine(simulation& world, std::shared_ptr<int> held)
{
    network engine{world, servers()};
    (void)co_await engine.async_request(requests(1), asio::use_awaitable);
    *held = 1;
}

} // namespace

TEST_CASE("coroutines await fan-outs", "[simulation][manners]")
{
    const auto before = threads();
    bench on;
    std::size_t answered = 0;
    asio::co_spawn(on.world.context(), ask_twice(*on.engine, answered), asio::detached);
    on.world.run();
    CHECK(answered == 2 * n + 1);
    CHECK(threads() == before);
}

TEST_CASE("a coroutine that is cancelled gets what has arrived", "[simulation][manners]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(request.server < 5 ? 10ms : 1s, answer(request.bytes));
    };
    asio::cancellation_signal signal;
    std::size_t answered = 0;
    asio::co_spawn(on.world.context(), ask_once(*on.engine, answered),
                   asio::bind_cancellation_slot(signal.slot(), asio::detached));
    on.world.run_for(50ms);
    signal.emit(asio::cancellation_type::terminal);
    on.world.run_for(0ms);
    CHECK(answered == 5);
}

TEST_CASE("invariant 7: an engine in a coroutine dies with it, when its context dies",
          "[simulation][manners]")
{
    auto world = std::make_optional<simulation>();
    auto held = std::make_shared<int>(0);
    asio::co_spawn(world->context(), own_engine(*world, held), asio::detached);
    world->run_for(1ms);
    CHECK(held.use_count() == 2);
    world.reset();
    CHECK(held.use_count() == 1);
    CHECK(*held == 0);
}

#endif

// ---- threads

TEST_CASE("invariant 8: an engine starts no thread", "[simulation][manners]")
{
    const auto before = threads();
    bench on;
    const auto result = on.ask(requests(1));
    on.world.run();
    CHECK(result->got.answered() == n);
    CHECK(threads() == before);
}

TEST_CASE("invariant 9: on a strand, an engine is used by four threads of one context",
          "[simulation][manners]")
{
    asio::io_context io{4};
    const auto strand = asio::make_strand(io);
    script how;
    raida::fanout<n, scripted_transport<asio::strand<plain_executor>>> engine{{strand, how}, servers()};
    std::atomic<std::size_t> calls{0}, answered{0};
    constexpr std::size_t count = 200;
    for (std::uint16_t echo = 0; echo < count; ++echo)
        asio::post(io, [&, echo] { // on any thread
            asio::dispatch(strand, [&, echo] {
                engine.async_request(
                    requests(echo),
                    asio::bind_executor(io.get_executor(), [&](std::error_code, const replies& got) {
                        answered += got.answered();
                        ++calls;
                    }));
                asio::post(strand, [&] { asio::post(strand, [&] { answer_all(how); }); });
            });
        });
    std::vector<std::thread> runners;
    for (int i = 0; i < 4; ++i)
        runners.emplace_back([&] { io.run(); });
    for (std::thread& one : runners)
        one.join();
    CHECK(calls == count);
    CHECK(answered == count * n);
}
