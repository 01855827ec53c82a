// The embedded servers over real sockets: ports, closed ports, foreign senders, lifetimes, bursts.
#include "fleet_client.hpp"
#include "ipv6.hpp"

#include <raida/testing/fleet.hpp>
#include <raida/wire/commands.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>
#include <vector>

using namespace raida::testing;
using namespace std::chrono_literals;
using asio::ip::udp;
using fleet_support::client;
using fleet_support::is_signed_by;

TEST_CASE("25 servers listen on 25 ports and each answers in its own name", "[fleet][sockets]")
{
    asio::io_context io;
    fleet servers{io};
    raida::commands<> build;
    const auto packets = build.echo();
    std::set<unsigned short> ports;
    for (std::size_t i = 0; i < servers.size(); ++i) {
        CHECK(servers.endpoint(i).address().is_loopback());
        ports.insert(servers.endpoint(i).port());
        client asker{io, servers.endpoint(i)};
        asker.send(packets[i].bytes);
        const auto [error, answer] = asker.receive(io);
        REQUIRE_FALSE(error);
        CHECK(is_signed_by(answer, packets[i], raida::status::success));
        CHECK(answer[0] == i);
        CHECK(servers.counters(i).requests == 1);
    }
    CHECK(ports.size() == 25);
    CHECK_FALSE(ports.contains(0));
    CHECK(servers.counters().answered == 25);
}

TEST_CASE("a fleet's server list names its endpoints", "[fleet][sockets]")
{
    asio::io_context io;
    basic_fleet<5> servers{io};
    const raida::server_list<5> list = servers.servers();
    CHECK(list.count() == 5);
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(*list.endpoint(i) == servers.endpoint(i));
}

TEST_CASE("tokens are detected, powned and found as commands build the requests", "[fleet][sockets]")
{
    asio::io_context io;
    basic_fleet<2> servers{io};
    const auto tokens = make_tokens<2>(36), renewed = make_tokens<2>(36, 2);
    std::vector<raida::authenticity_numbers<2>> new_numbers;
    for (const auto& token : renewed)
        new_numbers.push_back(token.numbers);
    servers.add(tokens);
    servers.forget(1, tokens[7].id());
    raida::commands<2> build;
    const auto ask = [&](std::size_t server, const raida::requests<2>& packets, raida::status expected) {
        client asker{io, servers.endpoint(server)};
        asker.send(packets[server].bytes);
        return is_signed_by(asker.receive(io).bytes, packets[server], expected);
    };
    CHECK(ask(0, build.detect(tokens), raida::status::all_pass));
    CHECK(ask(1, build.detect(tokens), raida::status::mixed));
    CHECK(ask(0, build.find(tokens, new_numbers), raida::status::find_all_authenticity));
    CHECK(ask(1, build.find(tokens, new_numbers), raida::status::invalid_serial_or_denomination));
    CHECK(ask(0, build.pown(tokens, new_numbers), raida::status::all_pass));
    CHECK(ask(0, build.pown(tokens, new_numbers), raida::status::all_fail));
    CHECK(ask(0, build.find(tokens, new_numbers), raida::status::find_all_new_authenticity));
    CHECK(servers.number(0, tokens[3].id()) == renewed[3].numbers[0]);
    CHECK(servers.number(1, tokens[3].id()) == tokens[3].numbers[1]);
    CHECK_FALSE(servers.number(1, tokens[7].id()));
    servers.set_number(0, tokens[3].id(), tokens[3].numbers[0]);
    CHECK(ask(0, build.find(tokens, new_numbers), raida::status::find_mixed));
    servers.remove(tokens[3].id());
    CHECK_FALSE(servers.number(0, tokens[3].id()));
    servers.remove_all();
    CHECK(ask(0, build.detect(tokens), raida::status::all_fail));
}

TEST_CASE("io.run() returns when the fleet has stopped, and it starts again on the same ports",
          "[fleet][sockets]")
{
    asio::io_context io;
    basic_fleet<3> servers{io};
    const auto before = servers.endpoint(2);
    asio::post(io, [&] { servers.stop(); });
    io.run();
    CHECK_FALSE(servers.is_running());
    io.restart();
    servers.start();
    servers.start(); // nothing
    CHECK(servers.is_running());
    CHECK(servers.endpoint(2) == before);
    client asker{io, before};
    raida::commands<3> build;
    asker.send(build.echo()[2].bytes);
    CHECK(asker.receive(io).bytes.size() == 32);
}

TEST_CASE("a given port base is used, and one that is taken is told", "[fleet][sockets]")
{
    asio::io_context io;
    std::optional<basic_fleet<1>> first{std::in_place, io};
    const unsigned short port = first->endpoint(0).port();
    std::error_code error;
    const basic_fleet<1> second{io, {.port_base = port}, error};
    CHECK(error == asio::error::address_in_use);
    CHECK_FALSE(second.is_running());
    CHECK_THROWS_AS((basic_fleet<1>{io, {.port_base = port}}), std::system_error);
    first.reset();
    const basic_fleet<1> third{io, {.port_base = port}};
    CHECK(third.endpoint(0).port() == port);
    const fleet beyond{io, {.port_base = 65'530}, error};
    CHECK(error == raida::errc::invalid_port);
    CHECK(beyond.servers().count() == 0);
    CHECK_THROWS_AS(beyond.counters(25), std::out_of_range);
}

TEST_CASE("servers listen on IPv6 if asked to", "[fleet][sockets]")
{
    asio::io_context io;
    if (!ipv6_support::has_ipv6())
        SKIP("this machine has no IPv6");
    basic_fleet<1> servers{io, {.address = asio::ip::address_v6::loopback()}};
    CHECK(servers.endpoint(0).address().is_v6());
    client asker{io, servers.endpoint(0)};
    raida::commands<1> build;
    asker.send(build.echo()[0].bytes);
    CHECK(asker.receive(io).bytes.size() == 32);
}

TEST_CASE("a closed port is refused by the kernel, and opens again on the same port", "[fleet][sockets]")
{
    asio::io_context io;
    basic_fleet<2> servers{io};
    raida::commands<2> build;
    client asker{io, servers.endpoint(1)};
    servers.set(1, {.closed = true});
    asker.send(build.echo()[1].bytes);
    CHECK(asker.receive(io).error == asio::error::connection_refused);
    servers.set(1, {});
    const auto packets = build.echo();
    asker.send(packets[1].bytes);
    CHECK(is_signed_by(asker.receive(io).bytes, packets[1], raida::status::success));
    CHECK(servers.counters(1).requests == 1);
}

TEST_CASE("servers can be closed from the start and their ports are known", "[fleet][sockets]")
{
    asio::io_context io;
    basic_fleet<2> servers{io, {.manners = {.closed = true}}};
    raida::commands<2> build;
    CHECK(servers.endpoint(0).port() != 0);
    client asker{io, servers.endpoint(0)};
    asker.send(build.echo()[0].bytes);
    CHECK(asker.receive(io).error == asio::error::connection_refused);
    servers.set_all({});
    asker.send(build.echo()[0].bytes);
    CHECK(asker.receive(io).bytes.size() == 32);
}

TEST_CASE("nobody gets a closed server's port, but a stopped one's", "[fleet][sockets]")
{
    asio::io_context io;
    basic_fleet<1> servers{io};
    servers.set(0, {.closed = true});
    udp::socket thief{io, udp::v4()};
    std::error_code error;
    thief.bind(servers.endpoint(0), error);
    CHECK(error == asio::error::address_in_use);
    servers.set(0, {}, error);
    CHECK_FALSE(error);

    servers.stop();
    thief.bind(servers.endpoint(0));
    servers.start(error);
    CHECK(error == asio::error::address_in_use);
    CHECK_THROWS_AS(servers.start(), std::system_error);
}

TEST_CASE("a closed server refuses over IPv6 too, and what waited is gone", "[fleet][sockets]")
{
    asio::io_context io;
    if (!ipv6_support::has_ipv6())
        SKIP("this machine has no IPv6");
    basic_fleet<1> servers{io, {.address = asio::ip::address_v6::loopback()}};
    raida::commands<1> build;
    client asker{io, servers.endpoint(0)};
    asker.send(build.echo()[0].bytes); // before the server looks
    servers.set(0, {.closed = true});
    asker.send(build.echo()[0].bytes);
    CHECK(asker.receive(io).error == asio::error::connection_refused);
    servers.set(0, {});
    const auto packets = build.echo();
    asker.send(packets[0].bytes);
    CHECK(is_signed_by(asker.receive(io).bytes, packets[0], raida::status::success));
    CHECK(servers.counters(0).requests == 1);
}

TEST_CASE("an answer from another port does not reach a connected client", "[fleet][sockets]")
{
    asio::io_context io;
    basic_fleet<1> servers{io};
    servers.set(0, {.foreign = 1, .then_right = true});
    raida::commands<1> build;
    const auto packets = build.echo();
    client connected{io, servers.endpoint(0)};
    connected.send(packets[0].bytes);
    CHECK(connected.receive_all(io).size() == 1);
    CHECK(servers.counters(0).answered == 2);

    udp::socket open{io, udp::endpoint{asio::ip::address_v4::loopback(), 0}};
    open.send_to(asio::buffer(packets[0].bytes.data(), packets[0].bytes.size()), servers.endpoint(0));
    while (io.poll() != 0) {
    }
    std::array<std::uint8_t, 100> buffer{};
    udp::endpoint first, second;
    CHECK(open.receive_from(asio::buffer(buffer), first) == 32);
    CHECK(open.receive_from(asio::buffer(buffer), second) == 32);
    CHECK(first != servers.endpoint(0));
    CHECK(first.address() == servers.endpoint(0).address());
    CHECK(second == servers.endpoint(0));
}

TEST_CASE("delayed, duplicated and held back answers arrive by the fleet's own timer", "[fleet][sockets]")
{
    asio::io_context io;
    basic_fleet<1> servers{io, {.manners = {.delay = 1ms, .duplicated = 1, .extra_copies = 2}}};
    raida::commands<1> build;
    const auto packets = build.echo();
    client asker{io, servers.endpoint(0)};
    asker.send(packets[0].bytes);
    for (int copy = 0; copy < 3; ++copy)
        CHECK(is_signed_by(asker.receive(io).bytes, packets[0], raida::status::success));
    servers.set(0, {.hold_back = 5, .hold_limit = 2ms});
    asker.send(packets[0].bytes);
    CHECK(is_signed_by(asker.receive(io).bytes, packets[0], raida::status::success));
    servers.set(0, {.delay = 1h});
    asker.send(packets[0].bytes);
    CHECK(asker.receive_all(io).empty());
    servers.set(0, {.delay = 1ms}); // due earlier than what the timer waits for
    asker.send(packets[0].bytes);
    CHECK(is_signed_by(asker.receive(io).bytes, packets[0], raida::status::success));
}

TEST_CASE("manners change between two requests that wait in the same socket", "[fleet][sockets]")
{
    asio::io_context io;
    basic_fleet<1> servers{io};
    raida::commands<1> build;
    client asker{io, servers.endpoint(0)};
    std::size_t seen = 0;
    servers.on_request([&](std::size_t server, raida::bytes_view bytes) {
        CHECK(server == 0);
        CHECK(bytes.size() == 50);
        servers.set(0, {.silent = ++seen % 2 == 0});
    });
    for (int i = 0; i < 6; ++i)
        asker.send(build.echo()[0].bytes);
    CHECK(asker.receive_all(io).size() == 3);
    servers.on_request(nullptr);
    asker.send(build.echo()[0].bytes);
    CHECK(seen == 6);
}

TEST_CASE("the observer may close, reopen, stop and destroy", "[fleet][sockets][lifetime]")
{
    asio::io_context io;
    std::optional<basic_fleet<2>> servers{std::in_place, io};
    raida::commands<2> build;
    client asker{io, servers->endpoint(0)};
    const auto ask_twice = [&] {
        asker.send(build.echo()[0].bytes);
        asker.send(build.echo()[0].bytes);
        return asker.receive_all(io).size();
    };
    servers->on_request([&](std::size_t, raida::bytes_view) {
        servers->set(0, {.closed = true});
        servers->set(0, {});
    });
    CHECK(ask_twice() == 0); // each socket was closed with its requests
    servers->on_request([&](std::size_t, raida::bytes_view) { servers->stop(); });
    CHECK(ask_twice() == 0);
    servers->start();
    servers->on_request([&](std::size_t, raida::bytes_view) { servers.reset(); });
    CHECK(ask_twice() == 0);
    CHECK_FALSE(servers);
    io.restart();
    io.run(); // nothing is left to wait for
}

TEST_CASE("a fleet is destroyed with answers waiting, before and without its handlers",
          "[fleet][sockets][lifetime]")
{
    asio::io_context io;
    raida::commands<1> build;
    const auto pending = [&] {
        basic_fleet<1> servers{io, {.manners = {.delay = 1h}}};
        client asker{io, servers.endpoint(0)};
        asker.send(build.echo()[0].bytes);
        CHECK(asker.receive_all(io).empty());
        CHECK(servers.counters().requests == 1);
    };
    pending();
    io.restart();
    io.run(); // returns, though an answer was due in an hour
    pending();
} // and the context goes with the handlers in it

TEST_CASE("a fleet moves", "[fleet][sockets][lifetime]")
{
    asio::io_context io;
    basic_fleet<1> first{io};
    basic_fleet<1> second{std::move(first)};
    raida::commands<1> build;
    client asker{io, second.endpoint(0)};
    asker.send(build.echo()[0].bytes);
    CHECK(asker.receive(io).bytes.size() == 32);
}

TEST_CASE("a fleet runs on a strand", "[fleet][sockets]")
{
    asio::io_context io;
    basic_fleet<1> servers{asio::make_strand(io)};
    raida::commands<1> build;
    client asker{io, servers.endpoint(0)};
    asker.send(build.echo()[0].bytes);
    CHECK(asker.receive(io).bytes.size() == 32);
}

TEST_CASE("50,000 datagrams in bursts of 200 per server are all answered", "[fleet][sockets][load]")
{
    asio::io_context io;
    fleet servers{io, {.batch = 64}}; // a burst takes more than one turn
    raida::commands<> build;
    std::vector<std::unique_ptr<client>> clients;
    for (std::size_t i = 0; i < servers.size(); ++i)
        clients.push_back(std::make_unique<client>(io, servers.endpoint(i)));
    std::size_t answers = 0;
    for (int burst = 0; burst < 10; ++burst) {
        for (int round = 0; round < 200; ++round) {
            const auto packets = build.echo();
            for (std::size_t i = 0; i < servers.size(); ++i)
                clients[i]->send(packets[i].bytes);
        }
        for (const auto& one : clients)
            answers += one->receive_all(io).size();
    }
    CHECK(answers == 50'000);
    CHECK(servers.counters().answered == 50'000);
    CHECK(servers.counters().unsent == 0);
}

TEST_CASE("the largest datagram is read whole and judged", "[fleet][sockets]")
{
    asio::io_context io;
    basic_fleet<1> servers{io};
    raida::commands<1> build;
    client asker{io, servers.endpoint(0)};
    const auto packets = build.echo();
    std::vector<std::uint8_t> large(packets[0].bytes.begin(), packets[0].bytes.end());
    large.resize(raida::max_datagram);
    asker.send(large);
    CHECK(asker.receive(io).bytes.size() == 32);
    CHECK(servers.counters(0).last_request_size == raida::max_datagram);
}
