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

constexpr std::uint16_t busy_echo = 100, echo = 7;

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
    const auto all = requests(echo);
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
        CHECK(std::count(sent.begin(), sent.end(), echo) == 0);
        for (std::size_t i = 0; i <= busy; ++i)
            others.push_back(on.ask(requests(static_cast<std::uint16_t>(echo + i))));
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
    const std::size_t busy = GENERATE(0, 1, 64); // with 64 in flight every table must grow
    const auto walk = [&](auto once) {
        std::size_t nth = 1;
        while (once(nth, busy) && nth < 1000)
            ++nth;
        return nth;
    };
    CHECK(walk(starts_or_throws<TestType, 1>) > 2);
    CHECK(walk(starts_or_throws<TestType, 4096>) > 2);
}
