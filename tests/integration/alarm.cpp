// The engine's alarm: by the transport's clock, and nothing that keeps a context running.
#include <raida/fanout.hpp>
#include <raida/testing/simulation.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/io_context.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using time_point = std::chrono::steady_clock::time_point;

TEST_CASE("an alarm rings in its time, with sockets and in virtual time", "[fanout][alarm]")
{
    asio::io_context io;
    raida::fanout<> network{io, raida::loopback()};
    const auto due = network.now() + 5ms;
    int rung = 0;
    network.wake_at(due, [&] {
        ++rung;
        CHECK(network.now() >= due);
    });
    CHECK(rung == 0);
    io.run();
    CHECK(rung == 1);

    raida::testing::simulation world;
    raida::fanout<25, raida::testing::simulated_transport> other{world, raida::loopback()};
    const auto later = world.now() + 1h;
    other.wake_at(later, [&] {
        ++rung;
        CHECK(world.now() == later);
    });
    world.run();
    CHECK(rung == 2);
}

TEST_CASE("an alarm that is replaced, taken back, or dies with its engine keeps no context running",
          "[fanout][alarm]")
{
    asio::io_context io;
    std::optional<raida::fanout<>> network{std::in_place, io, raida::loopback()};
    const auto never = [] { FAIL("nobody wants this any more"); };
    int rung = 0;
    network->wake_at(network->now() + 1h, never);
    io.poll();
    network->wake_at(network->now(), [&] { ++rung; });
    io.run();
    CHECK(rung == 1);

    io.restart();
    network->wake_at(network->now() + 1h, never);
    io.poll();
    network->wake_at(time_point::max(), {});
    io.run();

    io.restart();
    network->wake_at(network->now() + 1h, never);
    io.poll();
    network.reset();
    io.run();
}

TEST_CASE("an alarm rings while answers are awaited, and they do not end it", "[fanout][alarm]")
{
    raida::testing::simulation world;
    raida::fanout<25, raida::testing::simulated_transport> network{world, raida::loopback()};
    const auto packets = [](std::uint16_t echo) {
        std::array<std::vector<std::uint8_t>, 25> made;
        for (std::size_t server = 0; server < 25; ++server) {
            made[server].assign(50, 0x3E);
            raida::request_header header{.server = static_cast<std::uint8_t>(server)};
            header.body_size = 18;
            header.echo(echo);
            header.write(made[server].data());
        }
        return made;
    };
    const auto began = world.now();
    std::vector<std::chrono::nanoseconds> times;
    for (const std::uint16_t seconds : {std::uint16_t{1}, std::uint16_t{3}})
        network.async_request(packets(seconds), {.deadline = std::chrono::seconds{seconds}},
                              [&](std::error_code error, const raida::replies<>&) {
                                  CHECK_FALSE(error);
                                  times.push_back(world.now() - began);
                              });
    network.wake_at(began + 2s, [&] { times.push_back(world.now() - began); });
    world.run();
    CHECK(times == std::vector<std::chrono::nanoseconds>{1s, 2s, 3s});
}
