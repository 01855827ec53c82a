// The engine over TCP connections: answers in any pieces, one connection at a time.
#include "ipv6.hpp"
#include "tcp_engine.hpp"

#include <raida/testing/tokens.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace tcp_support;

// ---- answers

TEST_CASE("over TCP 25 servers are asked at once and slot i is server i", "[tcp]")
{
    asio::io_context io;
    std::vector<std::unique_ptr<server>> servers;
    std::vector<asio::ip::udp::endpoint> endpoints;
    std::size_t waiting = 0;
    std::vector<std::shared_ptr<connection>> held;
    for (std::size_t i = 0; i < 25; ++i) {
        servers.push_back(std::make_unique<server>(io));
        endpoints.push_back(servers.back()->endpoint());
        servers.back()->on_request = [&](connection& one) { // nobody answers before all were asked
            held.push_back(one.shared_from_this());
            if (++waiting == 25)
                for (auto last = held.rbegin(); last != held.rend(); ++last)
                    (*last)->answer_and_close(answer_to((*last)->request, raida::status::success));
        };
    }
    tcp_fanout<25> network{io, list_of<25>(endpoints)};
    raida::commands<> build;
    std::optional<raida::replies<>> got;
    network.async_request(build.echo(), {.deadline = patience},
                          [&](std::error_code error, raida::replies<> replies) {
                              CHECK_FALSE(error);
                              got = std::move(replies);
                          });
    run_until(io, [&] { return got.has_value(); });
    for (std::size_t i = 0; i < 25; ++i) {
        CHECK_FALSE((*got)[i].error);
        CHECK((*got)[i].verified);
        CHECK((*got)[i].header().server == i);
    }
    CHECK(network.statistics().total().sockets == 25);
}

TEST_CASE("an answer over TCP may come in pieces of any size", "[tcp]")
{
    for (const std::size_t piece : {1U, 2U, 31U, 32U, 33U, 47U, 48U, 49U, 1000U}) {
        lonely_server world;
        const bytes text{'2', '0', '2', '5', '0', '3', '2', '3', 9, 8, 7, 6, 5, 4, 3, 2, 1};
        world.peer.on_request = [&](connection& one) {
            one.send_in_pieces(answer_to(one.request, raida::status::success, text), piece,
                               [](connection& self) { self.close(); });
        };
        const auto got = world.ask();
        REQUIRE_FALSE(got[0].error);
        CHECK(got[0].verified);
        CHECK(got[0].status() == raida::status::success);
        CHECK(std::equal(text.begin(), text.end(), got[0].body().begin(), got[0].body().end()));
    }
}

TEST_CASE("an answer over TCP is complete before the server closes", "[tcp]")
{
    lonely_server world;
    world.peer.on_request = [](connection& one) {
        one.send(answer_to(one.request, raida::status::success));
        keep_silent(one);
    };
    CHECK_FALSE(world.ask()[0].error);
    run_until(world.io, [&] { return world.peer.ended == 1; });
}

TEST_CASE("what a server sends behind its answer over TCP is ignored", "[tcp]")
{
    lonely_server world;
    world.peer.on_request = [](connection& one) {
        bytes twice = answer_to(one.request, raida::status::success, bytes(20, 1));
        const bytes second = answer_to(one.request, raida::status::internal);
        twice.insert(twice.end(), second.begin(), second.end());
        one.answer_and_close(twice);
    };
    for (int i = 0; i < 3; ++i) {
        const auto got = world.ask();
        REQUIRE_FALSE(got[0].error);
        CHECK(got[0].status() == raida::status::success);
        CHECK(got[0].body().size() == 20);
    }
    CHECK(world.network->statistics().total().received == 3);
}

TEST_CASE("a batch of 3,119 tokens arrives over TCP byte for byte", "[tcp]")
{
    lonely_server world;
    const auto tokens = raida::testing::make_tokens<1>(3119);
    raida::commands<1> large{{.datagram_limit = raida::transport::tcp::max_packet}};
    const auto packets = large.detect(tokens);
    REQUIRE(packets[0].bytes.size() == 65549);
    bytes arrived;
    world.peer.on_request = [&](connection& one) {
        arrived = one.request;
        one.answer_and_close(answer_to(one.request, raida::status::mixed, bytes(390, 0x55)));
    };
    std::optional<raida::replies<1>> got;
    world.network->async_request(packets, {.deadline = patience},
                                 [&](std::error_code error, raida::replies<1> replies) {
                                     CHECK_FALSE(error);
                                     got = std::move(replies);
                                 });
    run_until(world.io, [&] { return got.has_value(); });
    CHECK((*got)[0].verified);
    CHECK((*got)[0].body().size() == 390);
    CHECK(std::equal(arrived.begin(), arrived.end(), packets[0].bytes.begin(), packets[0].bytes.end()));
}

TEST_CASE("a request that no length field can tell is refused over TCP, and sooner over UDP", "[tcp]")
{
    lonely_server world;
    std::error_code refused;
    const auto ask = [&](auto& network, std::size_t size) {
        bool told = false;
        network.async_request(std::vector<bytes>{bytes(size)}, {.deadline = patience},
                              [&](std::error_code error, raida::replies<1>) {
                                  told = true;
                                  refused = error;
                              });
        run_until(world.io, [&] { return told; });
    };
    world.peer.on_accept = [](connection& one) { one.close(); };
    ask(*world.network, 65568);
    CHECK(refused == raida::errc::packet_too_large);
    CHECK(world.peer.accepted == 0);
    ask(*world.network, 65567);
    CHECK_FALSE(refused);

    raida::fanout<1> by_datagrams{world.io, list_of<1>({world.peer.endpoint()})};
    ask(by_datagrams, 65508);
    CHECK(refused == raida::errc::packet_too_large);
}

TEST_CASE("TCP works over IPv6", "[tcp]")
{
    asio::io_context io;
    if (!ipv6_support::has_ipv6())
        SKIP("this machine has no IPv6");
    server peer{io, asio::ip::address_v6::loopback()};
    tcp_fanout<1> network{io, list_of<1>({peer.endpoint()})};
    raida::commands<1> build;
    bool answered = false;
    network.async_request(
        build.echo(), {.deadline = patience},
        [&](std::error_code, raida::replies<1> replies) { answered = replies[0].verified; });
    run_until(io, [&] { return answered; });
}

// ---- one connection at a time

TEST_CASE("two requests to one server never connect at once", "[tcp]")
{
    constexpr std::size_t rounds = 40;
    lonely_server world{{.queue_wait = patience}};
    std::size_t answered = 0;
    for (std::size_t i = 0; i < rounds; ++i)
        world.network->async_request(world.build.echo(), {.deadline = patience},
                                     [&](std::error_code error, raida::replies<1> replies) {
                                         CHECK_FALSE(error);
                                         CHECK(replies[0].verified);
                                         ++answered;
                                     });
    run_until(world.io, [&] { return answered == rounds; });
    CHECK(world.peer.accepted == rounds);
    CHECK(world.peer.most_open == 1);
    CHECK_FALSE(world.peer.two_at_once);
}

TEST_CASE("requests to one server leave in the order of their calls", "[tcp]")
{
    lonely_server world{{.queue_wait = patience}};
    std::vector<std::uint16_t> asked, arrived;
    world.peer.on_request = [&](connection& one) {
        arrived.push_back(raida::request_header::parse(one.request)->echo());
        one.answer_and_close(answer_to(one.request, raida::status::success));
    };
    for (std::size_t i = 0; i < 10; ++i) {
        const auto packets = world.build.echo();
        asked.push_back(raida::request_header::parse(packets[0].bytes)->echo());
        world.network->async_request(packets, {.deadline = patience},
                                     [](std::error_code, raida::replies<1>) {});
    }
    run_until(world.io, [&] { return arrived.size() == 10; });
    CHECK(arrived == asked);
}

TEST_CASE("a request that waits too long for a connection was never sent", "[tcp]")
{
    lonely_server world{{.queue_wait = 500ms}};
    bool asked = false;
    world.peer.on_request = [&](connection& one) {
        asked = true;
        keep_silent(one);
    };
    std::optional<raida::replies<1>> first, second;
    world.network->async_request(
        world.build.echo(), {.deadline = patience},
        [&](std::error_code, raida::replies<1> replies) { first = std::move(replies); });
    run_until(world.io, [&] { return asked; });
    world.network->async_request(
        world.build.echo(), {.deadline = patience},
        [&](std::error_code, raida::replies<1> replies) { second = std::move(replies); });
    run_until(world.io, [&] { return second.has_value(); });
    CHECK((*second)[0].error == raida::errc::overloaded);
    CHECK((*second)[0].attempts == 0);
    CHECK(world.peer.accepted == 1);
    CHECK_FALSE(first);
}

TEST_CASE("more connections to one server are opened only if the caller says so", "[tcp]")
{
    lonely_server world{{}, {.connections = 3}};
    std::vector<std::shared_ptr<connection>> held;
    world.peer.on_request = [&](connection& one) {
        held.push_back(one.shared_from_this());
        if (held.size() == 3) // none is answered before three are there
            for (const auto& each : std::exchange(held, {}))
                each->answer_and_close(answer_to(each->request, raida::status::success));
    };
    std::size_t answered = 0;
    for (std::size_t i = 0; i < 6; ++i)
        world.network->async_request(world.build.echo(), {.deadline = patience},
                                     [&](std::error_code, raida::replies<1> replies) {
                                         CHECK(replies[0].verified);
                                         ++answered;
                                     });
    run_until(world.io, [&] { return answered == 6; });
    CHECK(world.peer.most_open == 3);
}

TEST_CASE("a silent server's connection slows no other lane", "[tcp]")
{
    asio::io_context io;
    server silent{io}, good{io};
    silent.on_request = keep_silent;
    tcp_fanout<2> network{io, list_of<2>({silent.endpoint(), good.endpoint()})};
    raida::commands<2> build;
    std::size_t seen = 0;
    for (std::size_t i = 0; i < 5; ++i)
        network.async_request(build.echo(),
                              {.deadline = patience,
                               .on_reply =
                                   [&](const raida::reply& one) {
                                       CHECK(one.server == 1);
                                       CHECK(one.verified);
                                       ++seen;
                                   }},
                              [](std::error_code, raida::replies<2>) {});
    run_until(io, [&] { return seen == 5; });
    CHECK(good.accepted == 5);
    CHECK(silent.accepted == 1);
}
