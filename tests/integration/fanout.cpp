// The engine over real sockets, on both ways of asking the operating system, against servers that misbehave.
#include "ipv6.hpp"

#include <raida/consensus.hpp>
#include <raida/fanout.hpp>
#include <raida/testing/fleet.hpp>
#include <raida/transport/portable_udp.hpp>
#include <raida/wire/commands.hpp>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address_v6.hpp>
#include <asio/ip/udp.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/use_future.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <limits>
#include <memory>
#include <span>
#include <system_error>
#include <thread>
#include <type_traits>
#include <vector>

using namespace std::chrono_literals;
using raida::errc;

namespace {

using native_udp = raida::transport::udp;
using portable_udp = raida::transport::basic_portable_udp<>;

/// Servers and an engine on one context. Deadlines are hours where nothing may depend on them.
template <class Transport>
struct network
{
    asio::io_context io;
    raida::testing::fleet fleet;
    std::vector<raida::token> tokens = raida::testing::make_tokens(20);
    raida::commands<> ask;
    raida::fanout<25, Transport> engine;

    explicit network(raida::testing::fleet_options options = {}, raida::limits allowed = {})
        : fleet{io, std::move(options)}, engine{io, fleet.servers(), allowed}
    {
        fleet.add(tokens);
    }

    raida::replies<> request(const raida::requests<>& packets,
                             raida::request_options<> how = {.deadline = 1h})
    {
        raida::replies<> got;
        bool done = false;
        engine.async_request(packets, std::move(how), [&](std::error_code error, raida::replies<> replies) {
            REQUIRE(!error);
            got = std::move(replies);
            done = true;
        });
        while (!done) // the servers hold work: a stopped fleet might not get its ports back
            io.run_one();
        return got;
    }
};

/// For fan-outs that server 3 refuses. Where the kernel quotes what was refused, that ends the slot at once;
/// elsewhere nothing proves it, and it is told at the deadline.
template <class Transport>
raida::request_options<> without_server_3()
{
    std::array<std::chrono::nanoseconds, 25> each;
    each.fill(1h);
    if (std::is_same_v<Transport, portable_udp>)
        each[3] = 50ms;
    return {.deadline = each};
}

std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::size_t running_threads()
{
    const std::filesystem::directory_iterator all{"/proc/self/task"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

} // namespace

TEMPLATE_TEST_CASE("every server answers in its own slot", "[fanout]", native_udp, portable_udp)
{
    network<TestType> n;
    const auto replies = n.request(n.ask.detect(n.tokens));
    for (std::size_t i = 0; i < 25; ++i) {
        CAPTURE(i);
        REQUIRE(replies[i]);
        CHECK(replies[i].header().server == i);
        CHECK(replies[i].verified);
        CHECK(replies[i].attempts == 1);
        CHECK(replies[i].status() == raida::status::all_pass);
    }
    CHECK(raida::aggregate(replies, n.tokens.size()).consensus());
}

TEMPLATE_TEST_CASE("a dead port fails its slot, before the deadline where that is proved, and no other slot",
                   "[fanout]", native_udp, portable_udp)
{
    network<TestType> n;
    n.fleet.set(3, {.closed = true});
    const auto replies = n.request(n.ask.echo(), without_server_3<TestType>());
    for (std::size_t i = 0; i < 25; ++i) {
        CAPTURE(i);
        if (i == 3)
            CHECK(replies[i].error == asio::error::connection_refused);
        else
            CHECK(replies[i]);
    }
}

TEST_CASE("with many requests in flight a refusal is charged to the request that was refused", "[fanout]")
{
    // The kernel quotes the refused datagram: each fan-out loses its own slot of the dead server, once. Where
    // that is too long to be quoted, all that left together are.
    const bool is_long = GENERATE(false, true);
    CAPTURE(is_long);
    network<native_udp> n;
    n.fleet.set(3, {.closed = true});
    const auto tokens = raida::testing::make_tokens(64);
    std::size_t open = 50, refused = 0, answered = 0;
    for (std::size_t i = 0; i < 50; ++i)
        n.engine.async_request(is_long ? n.ask.detect(tokens) : n.ask.echo(), {.deadline = 1h},
                               [&](std::error_code error, raida::replies<> replies) {
                                   REQUIRE(!error);
                                   refused += replies[3].error == asio::error::connection_refused ? 1 : 0;
                                   answered += replies.answered();
                                   if (--open == 0)
                                       n.fleet.stop();
                               });
    n.io.run();
    CHECK(refused == 50);
    CHECK(answered == 50 * 24);
    CHECK(n.engine.statistics().total().unattributed == 0);
}

TEMPLATE_TEST_CASE("2,000 fan-outs at once on one engine: all 50,000 answers arrive, over 25 sockets",
                   "[fanout]", native_udp, portable_udp)
{
    constexpr std::size_t count = 2000;
    network<TestType> n{{}, {.queue_wait = 1h}};
    n.request(n.ask.echo()); // the sockets are open
    const auto before = open_descriptors();
    std::size_t open = count, answered = 0, most_descriptors = 0;
    for (std::size_t i = 0; i < count; ++i)
        n.engine.async_request(n.ask.echo(), {.deadline = 1h, .retry = {}},
                               [&](std::error_code error, raida::replies<> got) {
                                   REQUIRE(!error);
                                   answered += got.answered();
                                   most_descriptors = std::max(most_descriptors, open_descriptors());
                                   if (--open == 0)
                                       n.fleet.stop();
                               });
    n.io.run();
    CHECK(answered == count * 25);
    CHECK(most_descriptors <= before);
    CHECK(n.engine.statistics().total().sockets == 25);
}

TEMPLATE_TEST_CASE("silent servers cost their own deadline and slow no other lane", "[fanout]", native_udp,
                   portable_udp)
{
    network<TestType> n{{}, {.in_flight_per_lane = 16, .queue_wait = 1h}};
    std::array<std::chrono::milliseconds, 25> deadlines{};
    deadlines.fill(1h);
    for (const std::size_t silent : {2U, 11U, 24U}) {
        n.fleet.set(silent, {.silent = true});
        deadlines[silent] = 1500ms;
    }
    constexpr std::size_t count = 30; // more than have a place in the silent lanes
    std::size_t open = count, answers_before_first_end = 0, answers = 0;
    bool ended = false;
    for (std::size_t i = 0; i < count; ++i)
        n.engine.async_request(n.ask.echo(),
                               {.deadline = deadlines,
                                .on_reply =
                                    [&](const raida::reply& one) {
                                        answers += one ? 1 : 0;
                                        if (!ended)
                                            answers_before_first_end += one ? 1 : 0;
                                    }},
                               [&](std::error_code error, const raida::replies<>& got) {
                                   REQUIRE(!error);
                                   ended = true;
                                   CHECK(got.answered() == 22);
                                   CHECK(got[11].error == errc::timed_out);
                                   if (--open == 0)
                                       n.fleet.stop();
                               });
    n.io.run();
    CHECK(answers == count * 22);
    CHECK(answers_before_first_end == count * 22); // not one of them waited for a silent server
}

TEMPLATE_TEST_CASE("late, duplicate, forged, truncated, foreign and garbage datagrams fill nothing",
                   "[fanout]", native_udp, portable_udp)
{
    network<TestType> n;
    n.fleet.set(0, {.forged = 1, .then_right = true});
    n.fleet.set(1, {.wrong_echo = 1, .then_right = true});
    n.fleet.set(2, {.wrong_server = 1, .then_right = true});
    n.fleet.set(3, {.truncated = 1, .then_right = true});
    n.fleet.set(4, {.garbage = 1, .then_right = true});
    n.fleet.set(5, {.foreign = 1, .then_right = true});
    n.fleet.set(6, {.stale = 1, .then_right = true});
    n.fleet.set(7, {.duplicated = 1, .extra_copies = 3});
    for (int round = 0; round < 5; ++round) {
        const auto replies = n.request(n.ask.detect(n.tokens));
        for (std::size_t i = 0; i < 25; ++i) {
            CAPTURE(round, i);
            REQUIRE(replies[i]);
            CHECK(replies[i].verified);
            CHECK(replies[i].status() == raida::status::all_pass);
        }
    }
    const auto counted = n.engine.statistics();
    CHECK(counted.servers[0].forged == 5);
    CHECK(counted.servers[4].malformed + counted.servers[4].foreign == 5);
    CHECK(counted.servers[5].received == counted.servers[5].answered); // the kernel kept the stranger out
}

TEMPLATE_TEST_CASE("spoiled answers alone end with the deadline", "[fanout]", native_udp, portable_udp)
{
    network<TestType> n;
    n.fleet.set(0, {.forged = 1});
    n.fleet.set(1, {.wrong_echo = 1});
    n.fleet.set(2, {.garbage = 1});
    n.fleet.set(3, {.oversize = 1});
    std::array<std::chrono::milliseconds, 25> deadlines{};
    deadlines.fill(1h);
    deadlines[0] = deadlines[1] = deadlines[2] = 100ms;
    const auto replies = n.request(n.ask.detect(n.tokens), {.deadline = deadlines});
    for (const std::size_t i : {0U, 1U, 2U})
        CHECK(replies[i].error == errc::timed_out);
    CHECK(replies[3].error == errc::oversize);
    CHECK(replies.answered() == 21);
    const auto result = raida::aggregate(replies, n.tokens.size());
    CHECK(result.vote(0, 0) == raida::vote::none);
    CHECK(result.verdict(0) == raida::verdict::authentic);
}

TEMPLATE_TEST_CASE("a wrong coin id shows as what it is, not as silence", "[fanout]", native_udp,
                   portable_udp)
{
    network<TestType> n;
    raida::commands<> stranger{{.coin = 4711}};
    const auto replies = n.request(stranger.echo(), {.deadline = 1s});
    for (const raida::reply& one : replies) {
        REQUIRE(one.error == errc::timed_out);
        CHECK(one.hint == raida::status::invalid_coin_id);
    }
}

TEMPLATE_TEST_CASE("another port answers after set_server, and the old one is still awaited", "[fanout]",
                   native_udp, portable_udp)
{
    network<TestType> n;
    raida::testing::fleet others{n.io};
    std::size_t open = 2;
    const auto done = [&](std::error_code error, const raida::replies<>& got) {
        REQUIRE(!error);
        CHECK(got.answered() == 25);
        if (--open == 0) {
            n.fleet.stop();
            others.stop();
        }
    };
    n.fleet.set(5, {.delay = 20ms});
    n.engine.async_request(n.ask.echo(), {.deadline = 1h}, done);
    asio::post(n.io, [&] { // the first one is on its way
        n.engine.set_server(5, others.endpoint(5));
        n.engine.async_request(n.ask.echo(), {.deadline = 1h}, done);
    });
    n.io.run();
    CHECK(n.fleet.counters(5).requests == 1);
    CHECK(others.counters(5).requests == 1);
}

TEMPLATE_TEST_CASE("a lane moves to a fresh port after a number of requests", "[fanout]", native_udp,
                   portable_udp)
{
    network<TestType> n{{}, {.requests_per_port = 2}};
    for (int round = 0; round < 6; ++round)
        CHECK(n.request(n.ask.echo()).answered() == 25);
    CHECK(n.engine.statistics().total().sockets == 25 * 3);
}

TEMPLATE_TEST_CASE("IPv6 works like IPv4", "[fanout]", native_udp, portable_udp)
{
    if (!ipv6_support::has_ipv6())
        SKIP("this machine has no IPv6");
    network<TestType> n{{.address = asio::ip::address_v6::loopback()}};
    n.fleet.set(3, {.closed = true});
    const auto replies = n.request(n.ask.echo(), without_server_3<TestType>());
    CHECK(replies.answered() == 24);
    CHECK(replies[3].error == asio::error::connection_refused);
}

TEMPLATE_TEST_CASE("servers under IPv4 addresses in IPv6's clothes answer, and refuse", "[fanout]",
                   native_udp, portable_udp)
{
    network<TestType> n;
    n.fleet.set(3, {.closed = true});
    for (std::size_t i = 0; i < 25; ++i) {
        const auto plain = n.fleet.endpoint(i);
        const auto mapped = asio::ip::make_address_v6(asio::ip::v4_mapped, plain.address().to_v4());
        n.engine.set_server(i, asio::ip::udp::endpoint{mapped, plain.port()});
    }
    const auto replies = n.request(n.ask.echo(), without_server_3<TestType>());
    CHECK(replies.answered() == 24);
    CHECK(replies[3].error == asio::error::connection_refused);
}

TEMPLATE_TEST_CASE("a server that comes back is asked again", "[fanout]", native_udp, portable_udp)
{
    network<TestType> n;
    n.fleet.set(3, {.closed = true});
    CHECK(n.request(n.ask.echo(), without_server_3<TestType>()).answered() == 24);
    n.fleet.set(3, {});
    CHECK(n.request(n.ask.echo()).answered() == 25);
}

TEMPLATE_TEST_CASE("answers may be as long as they like if the caller says so", "[fanout]", native_udp,
                   portable_udp)
{
    for (const std::size_t no_end : {std::numeric_limits<std::size_t>::max(), std::size_t{1} << 59}) {
        network<TestType> n{{}, {.max_reply = no_end}};
        n.fleet.set(0, {.oversize = 1, .oversize_bytes = 60'000});
        const auto got = n.request(n.ask.detect(n.tokens));
        CHECK(got.answered() == 25);
        CHECK(got[0].datagram.size() == 60'000);
    }
}

TEST_CASE("an address that cannot be reached fails its own slot", "[fanout]")
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    auto servers = fleet.servers();
    servers.set(8, {asio::ip::make_address("255.255.255.255"), 18'000}); // broadcast needs a permission
    raida::fanout<> engine{io, servers};
    raida::commands<> ask;
    raida::replies<> got;
    engine.async_request(ask.echo(), {.deadline = 1h}, [&](std::error_code, raida::replies<> replies) {
        got = std::move(replies);
        fleet.stop();
    });
    io.run();
    CHECK(got.answered() == 24);
    CHECK((got[8].error == asio::error::access_denied || got[8].error == asio::error::network_unreachable));
    CHECK(got[8].attempts == 0);
}

TEST_CASE("an engine on a strand of a context with four threads", "[fanout][threads]")
{
    asio::io_context servers_io;
    raida::testing::fleet fleet{servers_io};
    std::thread server_thread{[&] { servers_io.run(); }};

    asio::io_context io{4};
    {
        const auto strand = asio::make_strand(io);
        raida::fanout<> engine{asio::any_io_executor{strand}, fleet.servers(), {.queue_wait = 1h}};
        raida::commands<> ask;
        std::size_t answered = 0, left = 200; // touched on the strand only
        std::function<void()> next = [&] {
            engine.async_request(ask.echo(), {.deadline = 1h},
                                 [&](std::error_code error, const raida::replies<>& got) {
                                     if (!error)
                                         answered += got.answered();
                                     if (left > 0) {
                                         --left;
                                         next();
                                     }
                                 });
        };
        asio::post(strand, [&] {
            for (int i = 0; i < 8; ++i)
                next();
        });
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] { io.run(); });
        for (auto& one : threads)
            one.join();
        CHECK(answered == 208 * 25);
    }
    asio::post(servers_io, [&] { fleet.stop(); });
    server_thread.join();
}

TEST_CASE("use_future starts no thread", "[fanout][threads]")
{
    network<native_udp> n;
    const auto before = running_threads();
    auto future = n.engine.async_request(n.ask.echo(), {.deadline = 1h}, asio::use_future);
    while (future.wait_for(0s) != std::future_status::ready)
        n.io.run_one();
    CHECK(running_threads() <= before); // one that has just ended may still have been counted
    CHECK(future.get().answered() == 25);
    n.fleet.stop();
}

TEMPLATE_TEST_CASE("an engine with requests in flight may outlive its context", "[fanout]", native_udp,
                   portable_udp)
{
    auto io = std::make_unique<asio::io_context>();
    auto engine = std::make_unique<raida::fanout<25, TestType>>(*io, raida::loopback(1));
    raida::commands<> ask;
    const auto alive = std::make_shared<int>();
    engine->async_request(ask.echo(), {.deadline = 1h}, [alive](std::error_code, const raida::replies<>&) {});
    io->poll();
    io.reset();
    CHECK(alive.use_count() == 1); // the handler was dropped with its context
    engine.reset();
}

TEST_CASE("request_all waits for everybody and throws for bad input only", "[fanout]")
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    fleet.set(3, {.closed = true});
    raida::commands<> ask;
    std::thread servers{[&] { io.run(); }};
    const auto replies = raida::request_all(fleet.servers(), ask.echo(), 1h);
    CHECK(replies.answered() == 24);

    const auto packets = ask.echo();
    std::error_code error;
    static_cast<void>(
        raida::request_all(fleet.servers(), std::span{packets.begin(), 24}, raida::deadlines<>{1h}, error));
    CHECK(error == errc::wrong_packet_count);
    CHECK_THROWS_AS(raida::request_all(fleet.servers(), packets, -1s), std::system_error);
    asio::post(io, [&] { fleet.stop(); });
    servers.join();
}
