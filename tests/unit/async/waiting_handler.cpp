// One handler that waits, in its three signatures and its three ways to be called.
#include <raida/async/detail/waiting_handler.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

using namespace raida::detail;

namespace {

using executor = asio::io_context::executor_type;

// Memory in use, and how often it was asked for.
struct memory_log
{
    std::size_t in_use = 0, taken = 0;
};

template <class T>
struct logged_allocator
{
    using value_type = T;

    memory_log* log;

    explicit logged_allocator(memory_log& to) noexcept : log{&to} {}
    template <class U>
    logged_allocator(const logged_allocator<U>& other) noexcept : log{other.log}
    {}

    T* allocate(std::size_t count)
    {
        log->in_use += count * sizeof(T);
        ++log->taken;
        return std::allocator<T>{}.allocate(count);
    }
    void deallocate(T* memory, std::size_t count) noexcept
    {
        log->in_use -= count * sizeof(T);
        std::allocator<T>{}.deallocate(memory, count);
    }
    template <class U>
    friend bool operator==(const logged_allocator& a, const logged_allocator<U>& b) noexcept
    {
        return a.log == b.log;
    }
};

struct outcome
{
    std::size_t calls = 0, alive = 0, memory_at_call = 0;
    std::error_code error{};
    std::string result;
};

// Move-only, with an allocator and a cancellation slot of its own.
struct handler
{
    using allocator_type = logged_allocator<void>;
    using cancellation_slot_type = asio::cancellation_slot;

    outcome* into;
    memory_log* memory;
    asio::cancellation_slot slot{};
    std::unique_ptr<int> counted = std::make_unique<int>(0);

    handler(outcome& to, memory_log& from, asio::cancellation_slot cancel = {})
        : into{&to}, memory{&from}, slot{cancel}
    {
        ++into->alive;
    }
    handler(handler&& other) noexcept
        : into{other.into}, memory{other.memory}, slot{other.slot}, counted{std::move(other.counted)}
    {
        ++into->alive;
    }
    ~handler() { --into->alive; }

    allocator_type get_allocator() const noexcept { return allocator_type{*memory}; }
    cancellation_slot_type get_cancellation_slot() const noexcept { return slot; }

    void operator()(std::error_code error, std::string result = {})
    {
        ++into->calls;
        into->memory_at_call = memory->in_use;
        into->error = error;
        into->result = std::move(result);
    }
};

const auto failure = std::make_error_code(std::errc::io_error);

} // namespace

TEST_CASE("a result that travels is filled while its handler waits", "[waiting_handler]")
{
    asio::io_context io;
    block_pool pool;
    memory_log memory;
    outcome seen;
    auto* const waits = make_waiting<std::string, own_result<std::string>>(pool, io.get_executor(), nullptr,
                                                                           handler{seen, memory});
    waits->result() = "filled";
    CHECK(memory.taken == 1);
    waits->complete(failure); // where the engine runs: at once
    CHECK(seen.calls == 1);
    CHECK(seen.error == failure);
    CHECK(seen.result == "filled");
    CHECK(seen.memory_at_call == 0);
    CHECK(seen.alive == 0);
}

TEST_CASE("a result may stand with the caller", "[waiting_handler]")
{
    asio::io_context io;
    block_pool pool;
    memory_log memory;
    outcome seen;
    std::string mine;
    auto* const waits =
        make_waiting<std::string, borrowed_result>(pool, io.get_executor(), &mine, handler{seen, memory});
    waits->result() = "filled";
    waits->complete({});
    CHECK(seen.calls == 1);
    CHECK(seen.result.empty());
    CHECK(mine == "filled");
    CHECK(seen.alive == 0);
}

TEST_CASE("a handler of another executor runs there alone, which is kept at work until then",
          "[waiting_handler]")
{
    asio::io_context io, other;
    block_pool pool;
    memory_log memory;
    outcome seen;
    auto* const waits = make_waiting<std::string, own_result<std::string>>(
        pool, io.get_executor(), nullptr, asio::bind_executor(other, handler{seen, memory}));
    CHECK(other.poll() == 0);
    CHECK(!other.stopped());
    waits->complete(failure);
    CHECK(seen.calls == 0);
    CHECK(other.run() == 1);
    CHECK(seen.calls == 1);
    CHECK(seen.memory_at_call == 0);
    CHECK(other.stopped());
}

TEST_CASE("an abandoned handler is destroyed uncalled, and so is one whose owner goes", "[waiting_handler]")
{
    asio::io_context io, other;
    block_pool pool;
    memory_log memory;
    outcome seen;
    const auto ex = io.get_executor();
    make_waiting<std::string, borrowed_result>(pool, ex, nullptr, handler{seen, memory})->abandon();
    make_waiting<std::string, borrowed_result>(pool, ex, nullptr,
                                               asio::bind_executor(other, handler{seen, memory}))
        ->abandon();
    {
        const auto pending = make_pending<std::string>(ex, handler{seen, memory});
        CHECK(seen.alive == 1);
    }
    CHECK(seen.alive == 0);
    CHECK(memory.in_use == 0);
    CHECK(seen.calls == 0);
    CHECK(other.run() == 0); // no work is left behind
}

TEST_CASE("a composed operation may complete from anywhere: its handler is never called from there",
          "[waiting_handler]")
{
    asio::io_context io;
    memory_log memory;
    outcome seen;
    auto pending = make_pending<std::string>(io.get_executor(), handler{seen, memory});
    CHECK(io.poll() == 0);
    CHECK(!io.stopped()); // it is kept at work
    pending->complete(failure, "told");
    CHECK(!pending);
    CHECK(seen.calls == 0);
    CHECK(memory.taken == 2); // what waits, and what is posted
    CHECK(io.run() == 1);
    CHECK(seen.calls == 1);
    CHECK(seen.error == failure);
    CHECK(seen.result == "told");
    CHECK(seen.memory_at_call == 0);
    CHECK(seen.alive == 0);
    CHECK(io.stopped());
}

TEST_CASE("a composed operation's handler goes by way of the I/O executor to its own", "[waiting_handler]")
{
    asio::io_context io, other;
    memory_log memory;
    outcome seen;
    auto pending =
        make_pending<std::string>(io.get_executor(), asio::bind_executor(other, handler{seen, memory}));
    pending->complete({}, "told");
    CHECK(other.poll() == 0);
    CHECK(io.run() == 1);
    CHECK(seen.calls == 0);
    CHECK(!other.stopped());
    CHECK(other.run() == 1);
    CHECK(seen.result == "told");
    CHECK(seen.memory_at_call == 0);
}

TEST_CASE("what was posted and is never run is destroyed with its context", "[waiting_handler]")
{
    memory_log memory;
    outcome seen;
    {
        asio::io_context io;
        make_pending<std::string>(io.get_executor(), handler{seen, memory})->complete({}, "told");
        CHECK(seen.alive == 1);
    }
    CHECK(seen.alive == 0);
    CHECK(seen.calls == 0);
    CHECK(memory.in_use == 0);
}

TEST_CASE("a cancellation is told until completion, which may come from it", "[waiting_handler]")
{
    asio::io_context io;
    memory_log memory;
    outcome seen;
    asio::cancellation_signal signal;
    auto pending = make_pending<std::string>(io.get_executor(), handler{seen, memory, signal.slot()});
    std::size_t asked = 0;
    pending->on_cancel([&] {
        ++asked;
        if (asked == 2)
            pending->complete(failure, "cancelled");
    });
    signal.emit(asio::cancellation_type::none);
    CHECK(asked == 0);
    signal.emit(asio::cancellation_type::partial);
    CHECK(asked == 1);
    signal.emit(asio::cancellation_type::terminal);
    CHECK(asked == 2);
    CHECK(!signal.slot().has_handler());
    signal.emit(asio::cancellation_type::terminal);
    CHECK(asked == 2);
    io.run();
    CHECK(seen.result == "cancelled");
}
