// The engine over TCP connections: answers in any pieces, and everything that goes wrong with a connection.
#include <raida/commands.hpp>
#include <raida/fanout.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/transport/tcp.hpp>

#include <integration/tcp_server.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace tcp_support;

namespace {

template <std::size_t N>
using tcp_fanout = raida::fanout<N, raida::transport::tcp>;

template <std::size_t N>
raida::server_list<N> list_of(const std::vector<asio::ip::udp::endpoint>& endpoints)
{
    raida::server_list<N> list;
    for (std::size_t i = 0; i < N; ++i)
        list.set(i, endpoints.at(i));
    return list;
}

// One server and an engine that knows only it.
struct lonely_server
{
    asio::io_context io;
    server peer{io};
    raida::commands<1> build;
    std::optional<tcp_fanout<1>> network;

    explicit lonely_server(const raida::limits& allowed = {}, const raida::transport::tcp_options& how = {})
    {
        network.emplace(raida::transport::tcp{io.get_executor(), allowed, how}, list_of<1>({peer.endpoint()}),
                        allowed);
    }

    raida::replies<1> ask(raida::request_options<1> how = {.deadline = patience})
    {
        std::optional<raida::replies<1>> got;
        network->async_request(build.echo(), std::move(how),
                               [&](std::error_code error, raida::replies<1> replies) {
                                   CHECK_FALSE(error);
                                   got = std::move(replies);
                               });
        run_until(io, [&] { return got.has_value(); });
        return std::move(*got);
    }
};

void keep_silent(connection& one)
{
    one.await_end();
}

// Listens and never accepts. Where the system has it so, a second client cannot even connect.
struct deaf_server
{
    tcp::acceptor acceptor;
    tcp::socket first;

    explicit deaf_server(asio::io_context& io) : acceptor{io, tcp::v4()}, first{io}
    {
        acceptor.bind({asio::ip::address_v4::loopback(), 0});
        acceptor.listen(0);
        first.connect(acceptor.local_endpoint());
    }
    [[nodiscard]] asio::ip::udp::endpoint endpoint() const
    {
        return {acceptor.local_endpoint().address(), acceptor.local_endpoint().port()};
    }
};

} // namespace

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
    std::error_code no_ipv6;
    tcp::acceptor{io}.open(tcp::v6(), no_ipv6);
    if (!no_ipv6) {
        tcp::acceptor probe{io, tcp::v6()};
        probe.bind({asio::ip::address_v6::loopback(), 0}, no_ipv6);
    }
    if (no_ipv6)
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

// ---- what goes wrong, slot by slot

TEST_CASE("a connection that closes before its answer is complete ends its slot alone", "[tcp]")
{
    asio::io_context io;
    server at_once{io}, without_answer{io}, half_header{io}, half_body{io}, good{io};
    at_once.on_accept = [](connection& one) { one.close(); };
    without_answer.on_request = [](connection& one) { one.close(); };
    half_header.on_request = [](connection& one) {
        bytes half = answer_to(one.request, raida::status::success);
        half.resize(16);
        one.answer_and_close(half);
    };
    half_body.on_request = [](connection& one) {
        bytes half = answer_to(one.request, raida::status::success, bytes(100, 1));
        half.pop_back();
        one.answer_and_close(half);
    };
    tcp_fanout<5> network{io, list_of<5>({at_once.endpoint(), without_answer.endpoint(),
                                          half_header.endpoint(), half_body.endpoint(), good.endpoint()})};
    raida::commands<5> build;
    std::optional<raida::replies<5>> got;
    network.async_request(build.echo(), {.deadline = patience},
                          [&](std::error_code, raida::replies<5> replies) { got = std::move(replies); });
    run_until(io, [&] { return got.has_value(); });
    // The server that never read has a request in its buffer: systems may tell a reset instead of an end.
    const auto first = (*got)[0].error;
    CHECK((first == asio::error::eof || first == asio::error::connection_reset ||
           first == asio::error::broken_pipe));
    for (std::size_t i = 1; i < 4; ++i)
        CHECK((*got)[i].error == asio::error::eof);
    CHECK((*got)[4].verified);
    CHECK(network.statistics().total().refused == 4);
}

TEST_CASE("a reset without an answer ends its slot with the system's error", "[tcp]")
{
    lonely_server world;
    world.peer.on_request = [](connection& one) { one.reset(); };
    CHECK(world.ask()[0].error == asio::error::connection_reset);
}

TEST_CASE("a header error with zeros and then a reset fills its slot", "[tcp]")
{
    lonely_server world;
    world.peer.on_accept = [](connection& one) {
        one.read_header([](connection& self) {
            self.send(header_error(0, raida::status::invalid_coin_id),
                      [](connection& sent) { sent.reset(); });
        });
    };
    const auto got = world.ask();
    REQUIRE_FALSE(got[0].error);
    CHECK(got[0].status() == raida::status::invalid_coin_id);
    CHECK_FALSE(got[0].verified);
}

TEST_CASE("a closed port ends its slot with connection_refused, and no other", "[tcp]")
{
    asio::io_context io;
    server good{io};
    tcp_fanout<2> network{io, list_of<2>({closed_port(io), good.endpoint()})};
    good.on_request = [](connection& one) {
        one.answer_and_close(answer_to(one.request, raida::status::success));
    };
    raida::commands<2> build;
    std::optional<raida::replies<2>> got;
    network.async_request(build.echo(), {.deadline = patience},
                          [&](std::error_code, raida::replies<2> replies) { got = std::move(replies); });
    run_until(io, [&] { return got.has_value(); });
    CHECK((*got)[0].error == asio::error::connection_refused);
    CHECK((*got)[1].verified);
}

TEST_CASE("an answer over TCP beyond max_reply is oversize without being read", "[tcp]")
{
    lonely_server world{{.max_reply = 100}};
    world.peer.on_request = [](connection& one) {
        bytes start = answer_to(one.request, raida::status::success);
        raida::detail::store_big<3>(start.data() + 9, 69U); // 101 bytes in all, which never come
        one.send(start);
        keep_silent(one);
    };
    CHECK(world.ask()[0].error == raida::errc::oversize);
    CHECK(world.network->statistics().total().oversize == 1);
    run_until(world.io, [&] { return world.peer.ended == 1; });

    world.peer.on_request = [](connection& one) {
        one.answer_and_close(answer_to(one.request, raida::status::success, bytes(66, 1)));
    };
    CHECK(world.ask()[0].body().size() == 66); // 100 bytes in all
}

TEST_CASE("a false answer over TCP ends its slot: no better one can follow", "[tcp]")
{
    asio::io_context io;
    server wrong_server{io}, wrong_signature{io}, wrong_echo{io}, wrong_group{io}, no_terminator{io},
        garbage{io};
    const auto spoil = [](server& which, std::size_t at) {
        which.on_request = [at](connection& one) {
            bytes answer = answer_to(one.request, raida::status::success, bytes(10, 1));
            answer.at(at) = static_cast<std::uint8_t>(answer.at(at) ^ 0x20U);
            one.answer_and_close(answer);
        };
    };
    spoil(wrong_server, 0);
    spoil(wrong_signature, 31);
    spoil(wrong_echo, 6);
    spoil(wrong_group, 3);
    spoil(no_terminator, 43);
    garbage.on_request = [](connection& one) { one.answer_and_close(bytes(32 + 0x0101, 1)); };
    // garbage announces 0x010101 bytes: too many
    tcp_fanout<6> network{
        io, list_of<6>({wrong_server.endpoint(), wrong_signature.endpoint(), wrong_echo.endpoint(),
                        wrong_group.endpoint(), no_terminator.endpoint(), garbage.endpoint()})};
    raida::commands<6> build;
    std::optional<raida::replies<6>> got;
    network.async_request(build.echo(), {.deadline = patience},
                          [&](std::error_code, raida::replies<6> replies) { got = std::move(replies); });
    run_until(io, [&] { return got.has_value(); });
    for (std::size_t i = 0; i < 5; ++i)
        CHECK((*got)[i].error == raida::errc::malformed_response);
    CHECK((*got)[5].error == raida::errc::oversize);
    CHECK(network.statistics().servers[1].forged == 1);
}

// ---- deadlines

TEST_CASE("a connection without an answer ends at the transport's read deadline", "[tcp]")
{
    lonely_server world{{}, {.connect_deadline = 1h, .read_deadline = 30ms}};
    world.peer.on_request = keep_silent;
    const auto got = world.ask();
    CHECK(world.network->statistics().total().refused == 1); // by the transport, not by the slot's deadline
    CHECK(got[0].error == raida::errc::timed_out);
    CHECK(got[0].attempts == 1);
    run_until(world.io, [&] { return world.peer.ended == 1; });
    world.peer.on_request = [](connection& one) {
        one.answer_and_close(answer_to(one.request, raida::status::success));
    };
    CHECK_FALSE(world.ask()[0].error);
}

TEST_CASE("a connection that does not come about ends at the transport's connect deadline", "[tcp]")
{
    asio::io_context io;
    const deaf_server deaf{io};
    const raida::transport::tcp_options hasty{.connect_deadline = 30ms, .read_deadline = 30ms};
    tcp_fanout<1> network{raida::transport::tcp{io.get_executor(), {}, hasty}, list_of<1>({deaf.endpoint()})};
    raida::commands<1> build;
    std::optional<raida::replies<1>> got;
    network.async_request(build.echo(), {.deadline = patience},
                          [&](std::error_code, raida::replies<1> replies) { got = std::move(replies); });
    run_until(io, [&] { return got.has_value(); });
    CHECK((*got)[0].error == raida::errc::timed_out);
    CHECK((*got)[0].attempts == 1);
}

TEST_CASE("a server that never accepts costs its own slot alone", "[tcp]")
{
    asio::io_context io;
    const deaf_server deaf{io};
    server good{io};
    tcp_fanout<2> network{io, list_of<2>({deaf.endpoint(), good.endpoint()})};
    raida::commands<2> build;
    std::optional<raida::replies<2>> got;
    const std::array<std::chrono::nanoseconds, 2> each{30ms, patience};
    network.async_request(build.echo(), {.deadline = each},
                          [&](std::error_code, raida::replies<2> replies) { got = std::move(replies); });
    run_until(io, [&] { return got.has_value(); });
    CHECK((*got)[0].error == raida::errc::timed_out);
    CHECK((*got)[1].verified);
}

TEST_CASE("deadlines beyond all reason are an hour, negative ones are over at once", "[tcp]")
{
    lonely_server endless{{},
                          {.connect_deadline = std::chrono::nanoseconds::max(),
                           .read_deadline = std::chrono::nanoseconds::max()}};
    CHECK_FALSE(endless.ask()[0].error);

    lonely_server hasty{{}, {.read_deadline = -1ns}};
    hasty.peer.on_request = keep_silent;
    CHECK(hasty.ask()[0].error == raida::errc::timed_out);
}

TEST_CASE("a slot whose own deadline is over gives its connection up", "[tcp]")
{
    lonely_server world;
    world.peer.on_request = [&](connection& one) {
        if (world.peer.accepted == 1)
            return keep_silent(one);
        one.answer_and_close(answer_to(one.request, raida::status::success));
    };
    std::optional<raida::replies<1>> impatient, patient;
    world.network->async_request(
        world.build.echo(), {.deadline = 30ms},
        [&](std::error_code, raida::replies<1> replies) { impatient = std::move(replies); });
    world.network->async_request(
        world.build.echo(), {.deadline = patience},
        [&](std::error_code, raida::replies<1> replies) { patient = std::move(replies); });
    run_until(world.io, [&] { return impatient && patient && world.peer.ended == 1; });
    CHECK((*impatient)[0].error == raida::errc::timed_out);
    CHECK((*patient)[0].verified);
    CHECK((*patient)[0].attempts == 1);
}

TEST_CASE("a retry over TCP is a new connection, and the first one is given up", "[tcp]")
{
    lonely_server world;
    world.peer.on_request = [&](connection& one) {
        if (world.peer.accepted == 1)
            return keep_silent(one);
        one.answer_and_close(answer_to(one.request, raida::status::success));
    };
    const auto got = world.ask({.deadline = 30ms, .retry = {.attempts = 20}});
    CHECK(got[0].verified);
    CHECK(got[0].attempts >= 2);
    run_until(world.io, [&] { return world.peer.ended >= 1; });
}

TEST_CASE("a retry that waits over TCP keeps no connection from others", "[tcp]")
{
    lonely_server world{{}, {.read_deadline = 1h}};
    world.peer.on_request = [&](connection& one) {
        if (world.peer.accepted == 1)
            return keep_silent(one);
        one.answer_and_close(answer_to(one.request, raida::status::success));
    };
    std::optional<raida::replies<1>> retried, patient;
    world.network->async_request(
        world.build.echo(), {.deadline = 30ms, .retry = {.attempts = 20}},
        [&](std::error_code, raida::replies<1> replies) { retried = std::move(replies); });
    world.network->async_request(
        world.build.echo(), {.deadline = patience},
        [&](std::error_code, raida::replies<1> replies) { patient = std::move(replies); });
    run_until(world.io, [&] { return retried && patient; });
    CHECK((*retried)[0].verified);
    CHECK((*patient)[0].verified);
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

// ---- ends

TEST_CASE("cancelled over TCP, what has arrived is kept and the connections are closed", "[tcp]")
{
    asio::io_context io;
    server silent{io}, good{io};
    silent.on_request = keep_silent;
    tcp_fanout<2> network{io, list_of<2>({silent.endpoint(), good.endpoint()})};
    raida::commands<2> build;
    asio::cancellation_signal stop;
    std::optional<raida::replies<2>> got;
    network.async_request(
        build.echo(),
        {.deadline = patience,
         .on_reply = [&](const raida::reply&) { stop.emit(asio::cancellation_type::total); }},
        asio::bind_cancellation_slot(stop.slot(), [&](std::error_code error, raida::replies<2> replies) {
            CHECK_FALSE(error);
            got = std::move(replies);
        }));
    run_until(io, [&] { return got && silent.open == 0; });
    CHECK((*got)[0].error == asio::error::operation_aborted);
    CHECK((*got)[1].verified);
}

TEST_CASE("io.run() returns when a TCP engine is idle, and works again after", "[tcp]")
{
    asio::io_context far, near;
    server peer{far};
    std::thread serving{[&] { far.run(); }};
    tcp_fanout<1> network{near, list_of<1>({peer.endpoint()})};
    raida::commands<1> build;
    for (int i = 0; i < 3; ++i) {
        bool verified = false;
        network.async_request(
            build.echo(), {.deadline = patience},
            [&](std::error_code, raida::replies<1> replies) { verified = replies[0].verified; });
        near.restart();
        near.run(); // a pending read or timer would keep it
        CHECK(verified);
    }
    far.stop();
    serving.join();
}

TEST_CASE("io.run() returns though a connection without an answer is still open", "[tcp]")
{
    asio::io_context far, near;
    server peer{far};
    peer.on_request = keep_silent;
    std::thread serving{[&] { far.run(); }};
    tcp_fanout<1> network{near, list_of<1>({peer.endpoint()})};
    raida::commands<1> build;
    std::error_code seen;
    network.async_request(build.echo(), {.deadline = 30ms},
                          [&](std::error_code, raida::replies<1> replies) { seen = replies[0].error; });
    near.run(); // returns long before the transport's own deadlines: nobody waits for the answer
    CHECK(seen == raida::errc::timed_out);
    far.stop();
    serving.join();
}

TEST_CASE("a TCP engine may be destroyed at any moment of its requests", "[tcp]")
{
    for (std::size_t steps = 0; steps < 12; ++steps) {
        lonely_server world;
        world.peer.on_request = [](connection& one) {
            one.send_in_pieces(answer_to(one.request, raida::status::success), 8);
        };
        std::size_t called = 0;
        for (std::size_t i = 0; i < 2; ++i)
            world.network->async_request(world.build.echo(), {.deadline = patience},
                                         [&](std::error_code error, raida::replies<1> replies) {
                                             CHECK_FALSE(error);
                                             if (replies[0].error)
                                                 CHECK(replies[0].error == asio::error::operation_aborted);
                                             ++called;
                                         });
        for (std::size_t i = 0; i < steps; ++i)
            world.io.run_one_for(patience);
        world.network.reset();
        run_until(world.io, [&] { return called == 2; });
        settle(world.io);
        CHECK(called == 2);
    }
}

TEST_CASE("a TCP engine may be destroyed by its handler and by on_reply", "[tcp]")
{
    for (const bool early : {true, false}) {
        lonely_server world;
        bool called = false;
        world.network->async_request(world.build.echo(),
                                     {.deadline = patience,
                                      .on_reply =
                                          [&, early](const raida::reply&) {
                                              if (early)
                                                  world.network.reset();
                                          }},
                                     [&](std::error_code, raida::replies<1>) {
                                         called = true;
                                         world.network.reset();
                                     });
        run_until(world.io, [&] { return called; });
        settle(world.io);
        CHECK_FALSE(world.network);
    }
}

TEST_CASE("a TCP engine survives its io_context", "[tcp]")
{
    for (std::size_t steps = 0; steps < 8; ++steps) {
        auto io = std::make_unique<asio::io_context>();
        auto peer = std::make_unique<server>(*io);
        peer->on_request = keep_silent;
        std::optional<tcp_fanout<1>> network{std::in_place, *io, list_of<1>({peer->endpoint()})};
        raida::commands<1> build;
        bool called = false;
        network->async_request(build.echo(), {.deadline = patience},
                               [&](std::error_code, raida::replies<1>) { called = true; });
        for (std::size_t i = 0; i < steps; ++i)
            io->poll_one();
        peer.reset();
        io.reset();
        network.reset();
        CHECK_FALSE(called);
    }
}

TEST_CASE("a server's new address is used for new requests over TCP", "[tcp]")
{
    lonely_server world;
    server other{world.io};
    CHECK(world.ask()[0].verified);
    world.network->set_server(0, other.endpoint());
    CHECK(world.ask()[0].verified);
    CHECK(world.peer.accepted == 1);
    CHECK(other.accepted == 1);
    world.network->set_server(0, tcp::endpoint{other.endpoint().address(), other.endpoint().port()});
    CHECK(world.ask()[0].verified);
    CHECK(other.accepted == 2);
}

TEST_CASE("requests in flight over TCP are awaited at the old address, and the new one waits for nobody",
          "[tcp]")
{
    lonely_server world;
    server other{world.io};
    std::shared_ptr<connection> held;
    world.peer.on_request = [&](connection& one) { held = one.shared_from_this(); };
    bool first = false, second = false;
    world.network->async_request(
        world.build.echo(), {.deadline = patience},
        [&](std::error_code, raida::replies<1> replies) { first = replies[0].verified; });
    run_until(world.io, [&] { return held != nullptr; });
    world.network->set_server(0, other.endpoint());
    world.network->async_request(
        world.build.echo(), {.deadline = patience},
        [&](std::error_code, raida::replies<1> replies) { second = replies[0].verified; });
    run_until(world.io, [&] { return second; });
    CHECK(other.accepted == 1);
    CHECK_FALSE(first);
    held->answer_and_close(answer_to(held->request, raida::status::success));
    run_until(world.io, [&] { return first; });
}

TEST_CASE("a TCP engine on a strand runs on four threads", "[tcp]")
{
    constexpr std::size_t rounds = 50;
    asio::io_context far, near;
    server peer{far};
    std::thread serving{[&] { far.run(); }};
    using strand = asio::strand<asio::io_context::executor_type>;
    const strand serial{near.get_executor()};
    std::optional<raida::fanout<1, raida::transport::basic_tcp<strand>>> network;
    raida::commands<1> build;
    std::size_t verified = 0; // on the strand alone
    asio::post(serial, [&] {
        network.emplace(serial, list_of<1>({peer.endpoint()}), raida::limits{.queue_wait = patience});
        for (std::size_t i = 0; i < rounds; ++i)
            network->async_request(
                build.echo(), {.deadline = patience},
                [&](std::error_code, raida::replies<1> replies) { verified += replies[0].verified ? 1 : 0; });
    });
    std::array<std::thread, 4> threads;
    for (auto& one : threads)
        one = std::thread{[&] { near.run(); }};
    for (auto& one : threads)
        one.join();
    CHECK(verified == rounds);
    far.stop();
    serving.join();
}

// ---- the seam, without an engine

namespace {

struct recording_sink final : raida::transport_sink
{
    std::vector<std::pair<raida::request_id, bytes>> answers;
    std::vector<std::pair<raida::request_id, std::error_code>> errors;
    std::size_t wakes = 0;
    bool awaits = true;
    raida::lane_statistics counted;

    void on_datagram(std::size_t, std::uint8_t, const raida::incoming& arrived) override
    {
        answers.emplace_back(arrived.id, bytes{arrived.bytes.begin(), arrived.bytes.end()});
    }
    void on_error(std::size_t, std::uint8_t, std::error_code error, raida::bytes_view,
                  raida::request_id id) override
    {
        errors.emplace_back(id, error);
    }
    void on_wake() override { ++wakes; }
    bool is_awaited(std::size_t, raida::request_id) noexcept override { return awaits; }
    raida::lane_statistics& counts(std::size_t) noexcept override { return counted; }
};

constexpr auto id_of(std::uint64_t number)
{
    return static_cast<raida::request_id>(number);
}

// A transport on one event loop, its server on another, so that a test says who runs when.
struct bare_transport
{
    asio::io_context near, far;
    server peer{far};
    std::shared_ptr<recording_sink> sink = std::make_shared<recording_sink>();
    raida::transport::tcp transport;
    raida::commands<1> build;
    raida::requests<1> packets = build.echo();

    explicit bare_transport(const raida::transport::tcp_options& how = {})
        : transport{near.get_executor(), {}, how}
    {
        transport.attach(*sink, sink);
        transport.set_endpoint(0, peer.endpoint());
    }
    raida::submitted submit(std::uint64_t number, std::uint8_t generation = 0)
    {
        const raida::outgoing one{packets[0].bytes, id_of(number)};
        return transport.submit(0, generation, {&one, 1});
    }
    // Both, until the server has sent its answer; then the transport has not looked yet.
    void run_until_answered(const bool& answered)
    {
        while (!answered) {
            settle(near);
            settle(far);
        }
    }
};

} // namespace

TEST_CASE("draining a TCP lane hands up what has arrived, at once", "[tcp]")
{
    bare_transport world;
    bool answered = false;
    world.peer.on_request = [&](connection& one) {
        one.send(answer_to(one.request, raida::status::success), [&](connection&) { answered = true; });
        one.await_end();
    };
    REQUIRE(world.submit(7).count == 1);
    world.transport.drain(0);
    CHECK(world.sink->answers.empty());
    world.run_until_answered(answered);
    world.transport.drain(0);
    REQUIRE(world.sink->answers.size() == 1);
    CHECK(world.sink->answers[0].first == id_of(7));
    CHECK(world.sink->wakes == 0); // whoever drains goes on by itself
    settle(world.near);
    CHECK(world.sink->answers.size() == 1);
    CHECK(world.sink->errors.empty());
    world.transport.drain(24); // a lane that was never used
}

TEST_CASE("a header error is seen though the reset broke off the request's writing", "[tcp]")
{
    bare_transport world;
    bool answered = false;
    world.peer.on_accept = [&](connection& one) {
        one.read_header([&](connection& self) {
            self.send(header_error(0, raida::status::invalid_coin_id), [&](connection& sent) {
                sent.reset();
                answered = true;
            });
        });
    };
    const bytes endless(16 * 1024 * 1024); // no buffer takes it all
    const raida::outgoing one{endless, id_of(1)};
    REQUIRE(world.transport.submit(0, 0, {&one, 1}).count == 1);
    world.run_until_answered(answered); // answer and reset are there when the transport looks
    run_until(world.near, [&] { return world.sink->wakes != 0; });
    CHECK(world.sink->errors.empty());
    REQUIRE(world.sink->answers.size() == 1);
    CHECK(world.sink->answers[0].second == header_error(0, raida::status::invalid_coin_id));
}

TEST_CASE("a reset that breaks off the request's writing without an answer is the slot's error", "[tcp]")
{
    bare_transport world;
    world.peer.on_accept = [](connection& one) { one.read_header([](connection& self) { self.reset(); }); };
    const bytes endless(16 * 1024 * 1024);
    const raida::outgoing one{endless, id_of(1)};
    REQUIRE(world.transport.submit(0, 0, {&one, 1}).count == 1);
    while (world.sink->wakes == 0) {
        settle(world.near);
        settle(world.far);
    }
    CHECK(world.sink->answers.empty());
    REQUIRE(world.sink->errors.size() == 1);
    const auto error = world.sink->errors[0].second;
    CHECK((error == asio::error::connection_reset || error == asio::error::broken_pipe));
    settle(world.near);
    CHECK(world.sink->wakes == 1); // told once
}

TEST_CASE("a TCP lane takes one request, and the next when it is over", "[tcp]")
{
    bare_transport world;
    const raida::outgoing two[] = {{world.packets[0].bytes, id_of(1)}, {world.packets[0].bytes, id_of(2)}};
    const auto first = world.transport.submit(0, 0, two);
    CHECK(first.count == 1);
    CHECK(first.error == std::errc::operation_would_block);
    CHECK(world.submit(2).error == std::errc::operation_would_block);
    while (world.sink->wakes == 0) {
        settle(world.near);
        settle(world.far);
    }
    CHECK(world.sink->answers.size() == 1);
    CHECK(world.submit(2).count == 1);
    CHECK(world.sink->counted.sockets == 2);
}

TEST_CASE("where more connections are allowed, still one connects after another", "[tcp]")
{
    bare_transport world{{.connections = 3}};
    world.peer.on_request = keep_silent;
    for (std::uint64_t number = 1; number <= 3; ++number) {
        CHECK(world.submit(number).count == 1);
        CHECK(world.submit(number + 1).error == std::errc::operation_would_block);
        run_until(world.near, [&] { return world.sink->wakes == number; }); // it stands: the next one may
    }
    CHECK(world.submit(4).error == std::errc::operation_would_block);
    CHECK(world.sink->counted.sockets == 3);
}

TEST_CASE("a TCP connection that nobody waits for makes room", "[tcp]")
{
    bare_transport world;
    CHECK(world.submit(1).count == 1);
    world.sink->awaits = false;
    CHECK(world.submit(2).count == 1);
    world.transport.listen(); // nor for this one
    settle(world.near);
    settle(world.far);
    CHECK(world.sink->answers.empty());
    CHECK(world.sink->errors.empty());
    CHECK(world.sink->wakes == 0);
}

TEST_CASE("the same request submitted again over TCP replaces its connection", "[tcp]")
{
    bare_transport world;
    CHECK(world.submit(1).count == 1);
    CHECK(world.submit(1).count == 1);
    while (world.sink->wakes == 0) {
        settle(world.near);
        settle(world.far);
    }
    CHECK(world.sink->answers.size() == 1);
    CHECK(world.sink->counted.sockets == 2);
}

TEST_CASE("closing a generation ends its TCP connections silently, and no others", "[tcp]")
{
    bare_transport world;
    CHECK(world.submit(1, 3).count == 1);
    world.transport.close_generation(0, 4);
    CHECK(world.submit(2, 4).error == std::errc::operation_would_block);
    world.transport.close_generation(0, 3);
    CHECK(world.submit(2, 4).count == 1);
    world.transport.close_generation(24, 0); // a lane that was never used
    while (world.sink->wakes == 0) {
        settle(world.near);
        settle(world.far);
    }
    REQUIRE(world.sink->answers.size() == 1);
    CHECK(world.sink->answers[0].first == id_of(2));
}

TEST_CASE("at rest and after its close a TCP transport holds no work", "[tcp]")
{
    bare_transport world;
    CHECK(world.submit(1).count == 1);
    world.transport.arm(world.transport.now() + 1h);
    world.transport.rest();
    world.near.restart();
    world.near.run();

    CHECK(world.submit(2).count == 1);
    world.transport.arm(world.transport.now() + 1h);
    world.transport.close();
    world.near.restart();
    world.near.run();
    CHECK(world.sink->answers.empty());
    CHECK(world.sink->errors.empty());
    world.transport.release();
}

TEST_CASE("an armed TCP transport wakes the engine once, and not after rest()", "[tcp]")
{
    bare_transport world;
    world.transport.arm(world.transport.now() + 1h);
    world.transport.arm(world.transport.now() - 1ms); // earlier
    run_until(world.near, [&] { return world.sink->wakes == 1; });
    world.transport.arm(world.transport.now() - 1ms);
    world.transport.rest();
    world.near.restart();
    world.near.run();
    CHECK(world.sink->wakes == 1);
}
