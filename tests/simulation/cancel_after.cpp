// Each operation with a deadline of the caller's own, as newer Asio's adapter of completion tokens sets it.
#include <asio/version.hpp>

#if __has_include(<asio/cancel_after.hpp>)

#include "simulation/client_operations.hpp"

#include <raida/testing/simulation.hpp>
#include <raida/transport/resolve.hpp>

#include <asio/as_tuple.hpp>
#include <asio/cancel_after.hpp>
#include <asio/deferred.hpp>
#include <asio/error.hpp>

using namespace tests;

namespace {

using client_type =
    raida::basic_client<n, raida::testing::simulated_transport, raida::plain, raida::testing::seeded_random>;

struct called_with
{
    std::size_t calls = 0;
    std::error_code error{};
    duration took{};
};

// The adapter's timer goes by the real clock, which no test waits for: it is due at once, or never.
constexpr std::chrono::seconds at_once{0}, never{24h};

} // namespace

TEST_CASE("each operation of a client may be cancelled after a time", "[client][cancel_after]")
{
    const auto what = GENERATE(from_range(all_operations));
    const bool answers = GENERATE(false, true);
    CAPTURE(static_cast<int>(what), answers);
    simulation world;
    if (answers)
        world.on_request = [](const simulated_request& request) {
            const auto command = raida::request_header::parse(request.bytes).value().what;
            request.reply(10ms, answer(request.bytes,
                                       command == raida::find_command ? status::find_all_new_authenticity
                                       : command == raida::echo_command || command == raida::version_command
                                           ? status::success
                                           : status::all_pass));
        };
    client_type client{raida::testing::simulated_transport{world}, servers(),
                       raida::client_settings<>{.allow_plain_pown = true}, raida::plain{},
                       raida::testing::seeded_random{1000}};
    called_with got;
    const auto began = world.now();
    start(what, client,
          asio::cancel_after(answers ? never : at_once, [&](std::error_code error, const auto&) {
              ++got.calls;
              got.error = error;
              got.took = world.now() - began;
          }));
    world.run();
    CHECK(got.calls == 1);
    CHECK_FALSE(got.error);
    if (answers || what != operation::pown)
        CHECK(got.took == (answers ? 10ms : 0ms));
    else
        CHECK(got.took >= 1s); // what has left is awaited
}

TEST_CASE("each operation of an engine may be cancelled after a time", "[simulation][cancel_after]")
{
    bench on;
    const bool answers = GENERATE(false, true);
    if (!answers)
        on.world.on_request = {};
    std::size_t calls = 0;
    replies storage;
    const auto look = [&](std::error_code error, const replies& got) {
        CHECK_FALSE(error);
        CHECK(got.answered() == (answers ? n : 0));
        CHECK(count_of(got, asio::error::operation_aborted) == (answers ? 0 : n));
        ++calls;
    };
    const auto when = answers ? never : at_once;
    on.engine->async_request(requests(1), asio::cancel_after(when, look));
    on.engine->async_request(requests(2), options{.deadline = 1h}, asio::cancel_after(when, look));
    on.engine->async_request(requests(3), storage, {},
                             asio::cancel_after(when, [&](std::error_code error) { look(error, storage); }));
    on.engine->async_request(requests(4), asio::cancel_after(when, asio::as_tuple(asio::deferred)))(
        [&](const auto& all) { look(std::get<0>(all), std::get<1>(all)); });
    on.world.run();
    CHECK(calls == 4);
}

TEST_CASE("a look-up of addresses may be cancelled after a time", "[simulation][cancel_after]")
{
    asio::io_context io;
    raida::host_list<n> hosts;
    hosts.primary[3] = raida::host_port{"127.0.0.1", 18'003};
    std::size_t calls = 0;
    raida::async_resolve(io, hosts, asio::cancel_after(never, [&](std::error_code error, const auto& list) {
                             CHECK_FALSE(error);
                             CHECK(list.endpoint(3) != nullptr);
                             ++calls;
                         }));
    io.run();
    CHECK(calls == 1);
}

#else

#include <catch2/catch_test_macros.hpp>

TEST_CASE("each operation may be cancelled after a time", "[cancel_after]")
{
    SKIP("this Asio has no cancel_after");
}

#endif
