// Memory that runs out at any moment: a request is admitted whole or not at all.
#include "simulation/counted_new.hpp"
#include "simulation/support.hpp"

#include <catch2/catch_template_test_macros.hpp>

#include <asio/bind_executor.hpp>

#include <new>

using namespace tests;

namespace {

// What became of a handler.
struct handler_log
{
    std::size_t calls = 0, alive = 0;
    std::error_code error{};
    std::size_t answered = 0;
};

// Counts itself, so that one which is neither called nor destroyed is seen. `Large` ones are kept beside the
// engine's small blocks.
template <std::size_t Room>
struct counted_handler
{
    explicit counted_handler(handler_log& to) : log{&to} { ++log->alive; }
    counted_handler(counted_handler&& other) noexcept : log{other.log} { ++log->alive; }
    counted_handler& operator=(counted_handler&&) = delete;
    ~counted_handler() { --log->alive; }

    void operator()(std::error_code error, const replies& got) const
    {
        ++log->calls;
        log->error = error;
        log->answered = got.answered();
    }

    handler_log* log;
    std::array<char, Room> room{};
};

// The ways to ask: each touches other memory.
struct plainly
{
    options how() { return {}; }
    template <class Handler>
    auto bind(Handler handler, bench&)
    {
        return handler;
    }
};

struct with_rules : plainly
{
    options how()
    {
        return {.retry = {.attempts = 2},
                .complete = [](const replies&) { return false; },
                .on_reply = [](const raida::reply&) {}};
    }
};

struct with_a_slot : plainly
{
    template <class Handler>
    auto bind(Handler handler, bench&)
    {
        return asio::bind_cancellation_slot(signal.slot(), std::move(handler));
    }
    asio::cancellation_signal signal{};
};

struct elsewhere : plainly
{
    template <class Handler>
    auto bind(Handler handler, bench& on)
    {
        return asio::bind_executor(asio::any_io_executor{on.world.get_executor()}, std::move(handler));
    }
};

struct refused_at_once : plainly
{
    options how() { return {.deadline = 0s}; }
};

constexpr std::uint16_t busy_echo = 100, own_echo = 7;

// One request is started with the nth allocation failing, while `busy` fan-outs are in flight. False once
// nothing failed any more.
template <class Way, std::size_t Room>
bool starts_or_throws(std::size_t nth, std::size_t busy)
{
    bench on{{.fanouts = busy + 1}};
    std::vector<std::uint16_t> sent;
    on.world.on_request = [&](const simulated_request& request) {
        sent.push_back(raida::detail::load_big<2, std::uint16_t>(request.bytes.data() + 30));
        request.reply(10ms, answer(request.bytes));
    };
    std::vector<std::shared_ptr<outcome>> others;
    for (std::size_t i = 0; i < busy; ++i)
        others.push_back(on.ask(requests(static_cast<std::uint16_t>(busy_echo + i))));
    if (busy != 0)
        on.world.run_for(1ms);

    Way way;
    handler_log log;
    auto how = way.how();
    const auto all = requests(own_echo);
    auto handler = way.bind(counted_handler<Room>{log}, on);
    bool threw = false, failed = false;
    {
        const failing_allocation failure{nth};
        try {
            on.engine->async_request(all, std::move(how), std::move(handler));
        } catch (const std::bad_alloc&) {
            threw = true;
        }
        failed = failure.happened();
    }
    CHECK(threw == failed);
    CHECK(log.calls == 0);
    CHECK(log.alive == (threw ? 1 : 2)); // this function's own, and the engine's

    if (threw) { // its echo and its place are free: the next one has them
        on.world.run();
        CHECK(on.world.context().stopped());
        CHECK(std::count(sent.begin(), sent.end(), own_echo) == 0);
        for (std::size_t i = 0; i <= busy; ++i)
            others.push_back(on.ask(requests(static_cast<std::uint16_t>(own_echo + i))));
    }
    on.world.run();
    CHECK(on.world.context().stopped());
    CHECK(log.calls == (threw ? 0 : 1));
    CHECK(log.alive == 1);
    if constexpr (std::is_same_v<Way, refused_at_once>)
        CHECK((threw || log.error == errc::invalid_deadline));
    else
        CHECK(log.answered == (threw ? 0 : n));
    for (const auto& other : others) {
        CHECK(other->calls == 1);
        CHECK_FALSE(other->error);
        CHECK(other->got.answered() == n);
    }
    return failed;
}

} // namespace

TEMPLATE_TEST_CASE("a request that finds no memory throws, and nothing was started",
                   "[simulation][allocation]", plainly, with_rules, with_a_slot, elsewhere, refused_at_once)
{
    const std::size_t busy = GENERATE(as<std::size_t>{}, 0, 1, 64); // with 64 in flight every table must grow
    const auto walk = [&](auto once) {
        std::size_t nth = 1;
        while (once(nth, busy) && nth < 1000)
            ++nth;
        return nth;
    };
    CHECK(walk(starts_or_throws<TestType, 1>) > 2);
    CHECK(walk(starts_or_throws<TestType, 4096>) > 2);
}

// ---- whole fan-outs: whatever fails on the way, each handler that was accepted is called

namespace {

// Two fan-outs are started and run to their end.
enum class scene
{
    answers,    // long ones: their block must grow
    watched,    // with on_reply and an own rule
    observed,   // with a hook for events
    chained,    // handlers ask again, and that is refused
    throwing,   // handlers throw
    retries,    // the first datagrams are lost
    complaints, // errors that nothing proves are held for a while
    silence,    // until the deadline
    cancelled,
    destroyed // the engine is, meanwhile
};

// What became of it. Nothing is checked meanwhile: Catch's own memory is not to be counted.
struct account
{
    bool failed = false;        // an allocation did
    std::size_t exceptions = 0; // that left run() or emit()
    std::size_t accepted = 0;   // fan-outs
    std::size_t calls = 0;      // of handlers
    std::size_t answered = 0;   // slots
    std::size_t without_memory = 0;
    std::size_t shown = 0; // to on_reply
    std::size_t sent_too_often = 0;
    std::size_t leaked = 0;
    bool stopped = false; // nothing holds the context
};

struct own_exception
{};

struct play
{
    play(scene which, account& to) : what{which}, result{to}
    {
        on.world.on_request = [this](const simulated_request& request) {
            const allocations_succeed mine;
            respond(request);
        };
        if (what == scene::observed)
            on.engine->on_event([this](const raida::engine_event& one) {
                result.shown += one.what == raida::event_kind::answered ? 1U : 0U;
            });
    }

    void respond(const simulated_request& request)
    {
        const auto which = raida::detail::load_big<2, std::uint16_t>(request.bytes.data() + 30);
        const auto times = ++sent[(which - 1U) * n + request.server];
        const bool again = what == scene::retries;
        if (times > (again ? 2U : 1U))
            ++result.sent_too_often;
        if (what == scene::complaints)
            request.reply(1ms, unproved(request.bytes, status::invalid_command));
        else if (again ? times == 2 : what < scene::retries)
            request.reply(10ms, answer(request.bytes, status::success, bytes(200 + 10 * request.server)));
    }

    void ask(std::size_t which)
    {
        options how;
        if (what == scene::watched) {
            how.on_reply = [this](const raida::reply&) { ++result.shown; };
            how.complete = [](const replies&) { return false; };
        }
        if (which == 2)
            how.deadline = 0s; // refused
        how.retry.attempts = what == scene::retries ? 2 : 1;
        auto handler = [this, which, owned = kept()](std::error_code, const replies& got) {
            ++result.calls;
            for (const auto& one : got) {
                result.answered += one ? 1 : 0;
                result.without_memory += one.error == std::errc::not_enough_memory ? 1 : 0;
            }
            if (what == scene::chained && which != 2)
                ask(2);
            if (what == scene::throwing)
                throw own_exception{};
        };
        try {
            on.engine->async_request(all[which], std::move(how),
                                     asio::bind_cancellation_slot(signals[which].slot(), std::move(handler)));
            ++result.accepted;
        } catch (const std::bad_alloc&) {
        }
    }

    // A handler that is neither called nor destroyed leaks it.
    static std::unique_ptr<int> kept()
    {
        const allocations_succeed mine;
        return std::make_unique<int>();
    }

    // As a program does that goes on after an exception.
    template <class Step>
    void insist(Step step)
    {
        for (;; ++result.exceptions)
            try {
                return step();
            } catch (const std::bad_alloc&) {
            } catch (const own_exception&) {
                --result.exceptions;
            }
    }

    void run(std::size_t nth)
    {
        const failing_allocation failure{nth};
        ask(0);
        ask(1);
        insist([&] { on.world.run_for(5ms); });
        if (what == scene::cancelled)
            for (auto& one : signals)
                insist([&] { one.emit(asio::cancellation_type::terminal); });
        if (what == scene::destroyed)
            on.engine.reset();
        insist([&] { on.world.run(); });
        result.failed = failure.happened();
        result.stopped = on.world.context().stopped();
    }

    scene what;
    account& result;
    std::array<packets, 3> all{requests(1), requests(2), requests(3)};
    std::array<asio::cancellation_signal, 3> signals{};
    std::array<std::size_t, 2 * n> sent{};
    bench on{};
};

account perform(scene what, std::size_t nth)
{
    account result;
    const auto before = live_allocations();
    std::make_unique<play>(what, result)->run(nth);
    result.leaked = live_allocations() - before;
    return result;
}

} // namespace

TEST_CASE("whatever finds no memory in a turn, every fan-out ends and nothing is lost",
          "[simulation][allocation]")
{
    const auto what =
        GENERATE(scene::answers, scene::watched, scene::observed, scene::chained, scene::throwing,
                 scene::retries, scene::complaints, scene::silence, scene::cancelled, scene::destroyed);
    CAPTURE(static_cast<int>(what));
    static_cast<void>(perform(what, 1'000'000)); // what is made once is made
    std::size_t nth = 1;
    for (bool failed = true; failed; ++nth) {
        CAPTURE(nth);
        const auto got = perform(what, nth);
        failed = got.failed;
        const std::size_t slots = got.accepted * n;
        REQUIRE(got.leaked == 0);
        REQUIRE(got.stopped);
        REQUIRE(got.sent_too_often == 0);
        REQUIRE(got.exceptions <= (failed ? 1 : 0));
        REQUIRE(got.accepted >= (failed ? 1 : 2));
        REQUIRE(got.without_memory <= (failed ? 1 : 0));
        // A destroyed engine without memory to call handlers destroys them: nobody waits for ever.
        REQUIRE((got.calls == got.accepted || (what == scene::destroyed && failed && got.calls == 0)));
        if (what <= scene::retries && what != scene::chained)
            REQUIRE(got.answered + got.without_memory == slots);
        if (what == scene::watched)
            REQUIRE(got.shown == slots);
        if (what == scene::observed) // an event that finds no memory is left out, and no more
            REQUIRE(got.shown + got.without_memory + (failed ? 1 : 0) >= slots);
        if (what == scene::complaints) // one that could not be held is as good as lost
            REQUIRE(got.answered + (failed ? 1 : 0) >= slots);
    }
    CHECK(nth > 10);
}
