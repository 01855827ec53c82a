// Handlers, executors, allocators, completion tokens and threads, for each operation of the client.

#include "simulation/client_operations.hpp"
#include "simulation/manners.hpp"

#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>
#include <asio/version.hpp>

#if ASIO_VERSION < 102300
#include <asio/experimental/as_tuple.hpp>
#else
#include <asio/as_tuple.hpp>
#endif

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <tuple>
#include <type_traits>
#include <vector>

using namespace tests;

namespace {

#if ASIO_VERSION < 102300
using asio::experimental::as_tuple_t;
#else
using asio::as_tuple_t;
#endif

using strand_type = asio::strand<plain_executor>;

/// Says how a call began: badly, since the client was gone.
struct expect_stopped
{
    std::size_t* calls;

    template <class Result>
    void operator()(std::error_code error, const Result&) const
    {
        ++*calls;
        CHECK(error == errc::engine_stopped);
    }
};

/// A deferred operation that begins when it is called.
template <class Client>
std::function<void()> keep(operation what, Client& client, std::size_t& calls,
                           const std::vector<raida::token>& tokens)
{
    std::function<void()> kept;
    with(
        what, client,
        [&](auto begin) {
            auto operation = begin(deferred);
            kept = [&calls, it = std::make_shared<decltype(operation)>(std::move(operation))] {
                std::move (*it)(expect_stopped{&calls});
            };
        },
        {}, tokens);
    return kept;
}

} // namespace

TEST_CASE("a client's handlers and callbacks run on its strand, never within the call", "[client][manners]")
{
    const auto what = GENERATE(from_range(all_operations));
    CAPTURE(static_cast<int>(what));
    asio::io_context io;
    const auto strand = asio::make_strand(io);
    scripted_client<strand_type> on{strand};
    bool inside = false;
    std::size_t calls = 0, told = 0;
    asio::post(strand, [&] {
        inside = true;
        start(
            what, on.client,
            [&](std::error_code error, const auto&) {
                CHECK_FALSE(error);
                CHECK_FALSE(inside);
                CHECK(strand.running_in_this_thread());
                ++calls;
            },
            [&] {
                CHECK(strand.running_in_this_thread());
                CHECK_FALSE(inside);
                ++told;
            });
        inside = false;
    });
    on.drive(io);
    CHECK(calls == 1);
    CHECK(told != 0);
}

TEST_CASE("a client's handler runs on its own executor, and its memory was given back before",
          "[client][manners]")
{
    const auto what = GENERATE(from_range(all_operations));
    CAPTURE(static_cast<int>(what));
    asio::io_context io, elsewhere;
    const auto strand = asio::make_strand(io);
    scripted_client<plain_executor> on{io.get_executor()};
    ledger book;
    std::size_t calls = 0;
    start(what, on.client, tracking_handler<plain_executor>{io.get_executor(), &book, &calls});
    CHECK(book.blocks != 0); // it is used at all
    on.drive(io);
    CHECK(calls == 1);
    start(what, on.client, tracking_handler<strand_type>{strand, &book, &calls});
    on.drive(io);
    CHECK(calls == 2);
    start(what, on.client, tracking_handler<plain_executor>{elsewhere.get_executor(), &book, &calls});
    CHECK(elsewhere.poll() == 0);
    CHECK_FALSE(elsewhere.stopped()); // its run() waits for us
    on.drive(io);
    CHECK(calls == 2);
    elsewhere.run();
    CHECK(calls == 3);
    CHECK(book.blocks == 0);
}

TEST_CASE("a client's handler that is dropped with the context gives its memory back", "[client][manners]")
{
    const auto what = GENERATE(from_range(all_operations));
    ledger book;
    std::size_t calls = 0;
    std::optional<scripted_client<plain_executor>> on; // outlives the context
    {
        asio::io_context io;
        on.emplace(io.get_executor());
        start(what, on->client, tracking_handler<plain_executor>{io.get_executor(), &book, &calls});
        io.poll();
        CHECK(book.blocks != 0);
    }
    CHECK(calls == 0);
    CHECK(book.blocks == 0);
}

TEST_CASE("a client on a strand is used by the threads of a pool", "[client][manners]")
{
    asio::thread_pool pool{4};
    using executor = asio::strand<asio::thread_pool::executor_type>;
    const executor strand{pool.get_executor()};
    scripted_client<executor> on{strand};
    std::atomic<std::size_t> calls{0}, failed{0};
    constexpr std::size_t rounds = 20;
    std::function<void()> answer_until_over = [&] {
        on.answer();
        if (calls != rounds * all_operations.size())
            asio::post(strand, answer_until_over);
    };
    for (std::size_t i = 0; i < rounds; ++i)
        for (const auto what : all_operations)
            asio::post(pool, [&, what] { // on any thread
                asio::dispatch(strand, [&, what] {
                    start(what, on.client,
                          asio::bind_executor(pool.get_executor(), [&](std::error_code error, const auto&) {
                              failed += error ? 1 : 0;
                              ++calls;
                          }));
                });
            });
    asio::post(strand, answer_until_over);
    pool.join();
    CHECK(calls == rounds * all_operations.size());
    CHECK(failed == 0);
}

// ---- a client that is gone

TEST_CASE("whatever is asked of a client that is gone is refused alike, good or bad", "[client][manners]")
{
    const auto what = GENERATE(from_range(all_operations));
    const bool good = GENERATE(true, false);
    CAPTURE(static_cast<int>(what), good);
    asio::io_context io;
    std::optional<scripted_client<plain_executor>> on{std::in_place, io.get_executor()};
    std::size_t calls = 0;
    const auto lazy = keep(what, on->client, calls, good ? some_tokens() : std::vector<raida::token>{});
    on->end();
    lazy();
    CHECK(calls == 0);
    io.run();
    CHECK(calls == 1);
    CHECK(on->how.sent.empty());
}

TEST_CASE("what is asked when the context is gone, too, is dropped", "[client][manners]")
{
    const auto what = GENERATE(from_range(all_operations));
    std::optional<asio::io_context> io{std::in_place};
    std::optional<scripted_client<plain_executor>> on{std::in_place, io->get_executor()};
    std::size_t calls = 0;
    const auto lazy = keep(what, on->client, calls, some_tokens());
    const bool client_first = GENERATE(true, false);
    if (client_first)
        on->end();
    io.reset();
    lazy();
    CHECK(calls == 0);
}

// ---- completion tokens

TEST_CASE("a client's operations give futures", "[client][manners]")
{
    asio::io_context io;
    scripted_client<plain_executor> on{io.get_executor()};
    const auto tokens = some_tokens();
    auto echo = on.client.async_echo(asio::use_future);
    auto version = on.client.async_version(asio::use_future);
    auto detect = on.client.async_detect(tokens, asio::use_future);
    auto find = on.client.async_find(tokens, new_numbers(), asio::use_future);
    auto pown = on.client.async_pown(tokens, {.journal = take_any}, asio::use_future);
    auto refused = on.client.async_detect({}, asio::use_future);
    on.drive(io);
    CHECK(echo.get().answered() == n);
    CHECK(version.get().answers.answered() == n);
    CHECK(detect.get().count(raida::verdict::authentic) == tokens.size());
    CHECK(find.get().token_count() == tokens.size());
    CHECK(pown.get().complete());
    CHECK_THROWS_AS(refused.get(), std::system_error);
}

TEST_CASE("a client may be rebound, and bring its own completion token", "[client][manners]")
{
    using by_default = as_tuple_t<deferred_t>;
    using client_type = scripted_client<plain_executor>::client_type;
    using other_executor = by_default::executor_with_default<plain_executor>;
    using rebound = client_type::rebind_executor<other_executor>::other;
    static_assert(std::is_same_v<rebound, by_default::as_default_on_t<client_type>>);
    static_assert(std::is_same_v<rebound::executor_type, other_executor>);
    static_assert(std::is_same_v<rebound::rebind_executor<plain_executor>::other, client_type>);

    asio::io_context io;
    scripted_client<other_executor> on{other_executor{io.get_executor()}};
    const auto tokens = some_tokens();
    std::size_t calls = 0;
    const auto count = [&](auto operation) {
        std::move(operation)([&](const auto& all) {
            CHECK_FALSE(std::get<0>(all));
            ++calls;
        });
    };
    count(on.client.async_echo());
    count(on.client.async_version());
    count(on.client.async_detect(tokens));
    count(on.client.async_find(tokens, new_numbers()));
    count(on.client.async_pown(tokens, {.journal = take_any}));
    count(on.client.async_recover(some_record(), {.journal = take_any}));
    count(on.client.network().async_request(requests(1)));
    on.drive(io);
    CHECK(calls == 7);
}
