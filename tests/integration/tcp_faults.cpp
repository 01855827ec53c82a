// Everything that can go wrong with a connection ends its own slot, and no other.
#include "tcp_engine.hpp"

#include <asio/error.hpp>
#include <asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

using namespace std::chrono_literals;
using namespace tcp_support;

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
    const auto got = ask(io, network, build.echo());
    // The server that never read has a request in its buffer: systems may tell a reset instead of an end.
    const auto first = got[0].error;
    CHECK((first == asio::error::eof || first == asio::error::connection_reset ||
           first == asio::error::broken_pipe));
    for (std::size_t i = 1; i < 4; ++i)
        CHECK(got[i].error == asio::error::eof);
    CHECK(got[4].verified);
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
    const auto got = ask(io, network, build.echo());
    CHECK(got[0].error == asio::error::connection_refused);
    CHECK(got[1].verified);
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
    const auto got = ask(io, network, build.echo());
    for (std::size_t i = 0; i < 5; ++i)
        CHECK(got[i].error == raida::errc::malformed_response);
    CHECK(got[5].error == raida::errc::oversize);
    CHECK(network.statistics().servers[1].forged == 1);
}

// ---- deadlines

TEST_CASE("a connection without an answer ends at the transport's read deadline", "[tcp]")
{
    lonely_server world{{}, {.connect_deadline = 1h, .read_deadline = 500ms}};
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
    const auto got = ask(io, network, build.echo());
    CHECK(got[0].error == raida::errc::timed_out);
    CHECK(got[0].attempts == 1);
}

TEST_CASE("a server that never accepts costs its own slot alone", "[tcp]")
{
    asio::io_context io;
    const deaf_server deaf{io};
    server good{io};
    tcp_fanout<2> network{io, list_of<2>({deaf.endpoint(), good.endpoint()})};
    raida::commands<2> build;
    const std::array<std::chrono::nanoseconds, 2> each{30ms, patience};
    const auto got = ask(io, network, build.echo(), {.deadline = each});
    CHECK(got[0].error == raida::errc::timed_out);
    CHECK(got[1].verified);
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
