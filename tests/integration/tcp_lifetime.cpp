// How requests over TCP end, and with them the engine, its loop, and the work that they hold.
#include "tcp_engine.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
using namespace tcp_support;

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
