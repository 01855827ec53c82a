// The servers of the virtual network: what a fan-out sees of them, and when.
#include <raida/client.hpp>
#include <raida/crypto.hpp>
#include <raida/fanout.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/testing/simulated_fleet.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/wire/commands.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/error.hpp>
#include <asio/ip/address_v4.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using raida::errc;
using raida::status;
using raida::testing::simulated_fleet;
using raida::testing::simulated_fleet_options;
using raida::testing::simulated_request;
using raida::testing::simulated_transport;
using raida::testing::simulation;
using namespace std::chrono_literals;

using network = raida::fanout<25, simulated_transport>;

// A socket without an engine.
struct counting_sink final : raida::transport_sink
{
    std::size_t answers = 0;
    raida::lane_statistics statistics{};

    void on_datagram(std::size_t, std::uint8_t, const raida::incoming&) override { ++answers; }
    void on_error(std::size_t, std::uint8_t, std::error_code, raida::bytes_view, raida::request_id) override
    {}
    void on_wake() override {}
    raida::lane_statistics& counts(std::size_t) noexcept override { return statistics; }
};

// Servers, an engine, and fan-outs from beginning to end.
struct stage
{
    simulation world;
    simulated_fleet fleet;
    std::vector<raida::token> tokens = raida::testing::make_tokens(64);
    network engine;
    raida::commands<> build;

    explicit stage(simulated_fleet_options options = {}, raida::limits allowed = {})
        : fleet{world, std::move(options)}, engine{world, fleet.servers(), allowed}
    {
        fleet.add(tokens);
    }

    raida::replies<> ask(const raida::requests<>& packets, std::chrono::nanoseconds deadline = 1s)
    {
        std::optional<raida::replies<>> got;
        engine.async_request(packets, {.deadline = deadline},
                             [&](std::error_code error, raida::replies<> replies) {
                                 CHECK_FALSE(error);
                                 got = std::move(replies);
                             });
        world.run();
        return std::move(got.value());
    }
    raida::reply ask_one(std::size_t server, raida::requests<> packets)
    {
        for (std::size_t i = 0; i < 25; ++i)
            if (i != server)
                packets.skip(i);
        kept = ask(packets);
        return kept[server];
    }

    raida::replies<> kept;
};

} // namespace

TEST_CASE("an answer takes both ways and the server's own delay", "[simulation][fleet]")
{
    stage s{{.one_way = 25ms}};
    s.fleet.set(3, {.delay = 7ms});
    const auto got = s.ask(s.build.detect(s.tokens));
    for (std::size_t i = 0; i < 25; ++i) {
        CHECK(got[i].status() == status::all_pass);
        CHECK(got[i].verified);
        CHECK(got[i].latency == (i == 3 ? 57ms : 50ms));
    }
}

TEST_CASE("who does not listen refuses after a round trip, who is silent never answers",
          "[simulation][fleet]")
{
    stage s;
    s.fleet.set(1, {.closed = true});
    s.fleet.set(2, {.silent = true});
    s.fleet.kill(4);
    const auto got = s.ask(s.build.echo());
    for (const std::size_t i : {1U, 4U}) {
        CHECK(got[i].error == asio::error::connection_refused);
        CHECK(got[i].latency == 20ms);
    }
    CHECK(got[2].error == errc::timed_out);
    s.fleet.set(1, {});
    s.fleet.restart(4);
    s.fleet.stop();
    const auto none = s.ask(s.build.echo());
    for (const raida::reply& one : none)
        CHECK(one.error == asio::error::connection_refused);
    s.fleet.start();
    CHECK(s.ask(s.build.echo()).answered() == 25 - 1);
}

TEST_CASE("answers from a foreign port do not get into a connected socket", "[simulation][fleet]")
{
    stage s;
    s.fleet.set(3, {.foreign = 1});
    CHECK(s.ask_one(3, s.build.echo()).error == errc::timed_out);
    s.fleet.set(3, {.foreign = 1, .then_right = true});
    CHECK(s.ask_one(3, s.build.echo()).verified);
    CHECK(s.fleet.counters(3).spoiled == 2);
}

TEST_CASE("a server killed before it wrote to disk has the old number, which find tells",
          "[simulation][fleet]")
{
    stage s{{.rules = {.flush_interval = 5s}}};
    s.world.run_for(1s);
    const auto renewed = raida::testing::make_tokens(36, 2);
    const auto some = std::span{s.tokens}.first(36);
    std::vector<raida::authenticity_numbers<>> numbers;
    for (const auto& one : renewed)
        numbers.push_back(one.numbers);
    CHECK(s.ask_one(3, s.build.pown(some, numbers)).status() == status::all_pass);
    CHECK(s.ask_one(3, s.build.find(some, numbers)).status() == status::find_all_new_authenticity);
    s.fleet.restart(3);
    CHECK(s.fleet.is_alive(3));
    CHECK(s.fleet.holds(s.tokens[0], 3));
    CHECK(s.ask_one(3, s.build.find(some, numbers)).status() == status::find_all_authenticity);

    CHECK(s.ask_one(3, s.build.pown(some, numbers)).status() == status::all_pass);
    s.world.run_for(5s);
    s.fleet.restart(3);
    CHECK(s.ask_one(3, s.build.find(some, numbers)).status() == status::find_all_new_authenticity);
}

TEST_CASE("a server killed while requests are on their way never sees them", "[simulation][fleet]")
{
    stage s;
    std::size_t seen = 0;
    s.fleet.on_request([&](std::size_t server, raida::bytes_view) {
        seen += server == 3 ? 1 : 0;
        if (server == 2)
            s.fleet.kill(3); // in the midst of the others' arrival
        if (server == 5)
            s.fleet.kill(5); // under its feet
    });
    const auto got = s.ask(s.build.echo());
    CHECK(got[3].error == asio::error::connection_refused);
    CHECK(got[5].error == asio::error::connection_refused);
    CHECK(seen == 0);
    CHECK(got.answered() == 23);
}

TEST_CASE("what a busy server cannot buffer is lost: 92 datagrams of 64 tokens fit", "[simulation][fleet]")
{
    const auto answered = [](simulated_fleet_options options, std::size_t tokens) {
        stage s{std::move(options)};
        const auto sink = std::make_shared<counting_sink>();
        simulated_transport socket{s.world};
        socket.attach(*sink, sink);
        socket.set_endpoint(3, s.fleet.endpoint(3));
        const auto packets = s.build.detect(std::span{s.tokens}.first(tokens));
        const std::vector<raida::outgoing> batch(300, {packets[3].bytes, raida::request_id::unknown});
        socket.submit(3, 0, batch);
        s.world.run();
        CHECK(s.fleet.counters(3).overflowed + s.fleet.counters(3).answered == 300);
        return sink->answers;
    };
    CHECK(answered({.service = 1ms}, 64) == 92);
    CHECK(answered({.service = 1ms}, 1) == 277);
    CHECK(answered({.service = 1ms, .receive_buffer = 4 << 20}, 64) == 300);
    CHECK(answered({}, 64) == 300); // never busy
}

TEST_CASE("a busy server answers one request after another", "[simulation][fleet]")
{
    stage s{{.service = 3ms}};
    const auto first = s.build.echo(), second = s.build.echo();
    std::vector<std::chrono::nanoseconds> latencies;
    for (const auto* packets : {&first, &second})
        s.engine.async_request(*packets, [&](std::error_code, const raida::replies<>& got) {
            latencies.push_back(got[0].latency);
        });
    s.world.run();
    CHECK(latencies == std::vector<std::chrono::nanoseconds>{23ms, 26ms});
}

TEST_CASE("fleets share a network by their ports, and others get what is not for them", "[simulation][fleet]")
{
    simulation world;
    std::size_t strangers = 0;
    world.on_request = [&](const simulated_request&) { ++strangers; };
    simulated_fleet first{world};
    std::optional<simulated_fleet> second{std::in_place, world, simulated_fleet_options{.port_base = 19'000}};
    auto servers = first.servers();
    servers.set(1, second->endpoint(1));
    servers.set(2, {asio::ip::address_v4::loopback(), 20'000});
    network engine{world, servers};
    raida::commands<> build;
    std::size_t answered = 0;
    const auto ask = [&] {
        engine.async_request(
            build.echo(), {.deadline = 1s},
            [&](std::error_code, const raida::replies<>& got) { answered = got.answered(); });
        world.run();
    };
    ask();
    CHECK(answered == 24);
    CHECK(strangers == 1);
    CHECK(second->counters().requests == 1);
    second.reset();
    ask();
    CHECK(answered == 23);
    CHECK(strangers == 3);
}

TEST_CASE("a fleet needs 25 ports", "[simulation][fleet]")
{
    simulation world;
    CHECK_THROWS_AS((simulated_fleet{world, {.port_base = 0}}), std::system_error);
    CHECK_THROWS_AS((simulated_fleet{world, {.port_base = 65'512}}), std::system_error);
    CHECK_NOTHROW(simulated_fleet{world, {.port_base = 65'511}});
}

TEST_CASE("sealed requests are understood, be the key a token or a locker, until a restart",
          "[simulation][fleet][crypto]")
{
    simulation world;
    simulated_fleet fleet{world};
    raida::testing::enable_encryption(fleet);
    const auto tokens = raida::testing::make_tokens(20);
    fleet.add(tokens);
    raida::locker_key<> locker{.numbers = raida::testing::make_tokens(1, 7)[0].numbers};
    fleet.add_locker(locker.numbers);
    raida::basic_client<25, simulated_transport, raida::sealed> client{
        simulated_transport{world}, fleet.servers(), {}, raida::sealed{locker}};
    const auto detect = [&] {
        std::string pown_string;
        client.async_detect(tokens, {.wait = raida::wait_for::all},
                            [&](std::error_code error, const raida::batch_tally<>& got) {
                                CHECK_FALSE(error);
                                pown_string = got.pown_string(0);
                            });
        world.run();
        return pown_string;
    };
    CHECK(detect() == "ppppppppppppppppppppppppp");
    fleet.restart(3);
    CHECK(detect() == "pppbppppppppppppppppppppp"); // it has forgotten the locker
}
