// What happens to the way between client and server, on a real kernel: it dies in silence, it takes shorter
// packets, the address or the whole device goes.
#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#if !defined(__linux__)

TEST_CASE("paths that change are tested on Linux", "[fanout]")
{
    SKIP("only Linux lets a test have a network of its own");
}

#else

#include "own_network.hpp"
#include "simulation/support.hpp"

#include <raida/base/condition.hpp>
#include <raida/fanout.hpp>
#include <raida/transport/portable_udp.hpp>
#include <raida/wire/commands.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

namespace {

using namespace std::chrono_literals;
using own_network::packet;
using own_network::uplink;

constexpr const char *here = "10.9.1.2", *moved = "10.9.1.3", *elsewhere = "10.9.2.2";

raida::server_list<1> far_server()
{
    raida::server_list<1> servers;
    servers.set(0, {asio::ip::make_address("10.9.9.9"), 18'000});
    return servers;
}

// Answers like a server that is well.
auto answering(uplink& by)
{
    return [&by](const packet& seen) { by.answer(seen, tests::answer(seen.payload())); };
}

template <class Transport>
struct client
{
    explicit client(asio::io_context& context) : io{context} {}

    // One question, answered or out of time; a deadline is only waited for where nothing comes.
    raida::reply ask(std::chrono::nanoseconds deadline = 60s, unsigned attempts = 1, std::size_t payload = 0)
    {
        std::optional<raida::reply> got;
        raida::replies<1> answers;
        const auto what = payload == 0 ? raida::echo_command : raida::detect_command;
        const std::array<tests::bytes, 1> packets{tests::request_to(0, ++echo, what, payload)};
        network.async_request(packets, answers,
                              {.deadline = deadline, .retry = raida::retry_policy::up_to(attempts)},
                              [&](std::error_code) { got = answers[0]; });
        io.restart(); // without an uplink nothing was at work
        while (!got)
            io.run_one();
        return *got;
    }

    asio::io_context& io;
    raida::fanout<1, Transport> network{io, far_server()};
    std::uint16_t echo = 0;
};

// Both ways of asking the operating system.
using basic = raida::transport::basic_portable_udp<>;
using best = raida::transport::udp;

} // namespace

// The default route goes over to another uplink, both stay up: the sockets keep their address, and what comes
// by the new one with the old one's address is dropped, as providers do. Nothing is ever reported.
TEMPLATE_TEST_CASE("a path that dies in silence is left for a fresh one", "[fanout]", best, basic)
{
    own_network::check([] {
        asio::io_context io;
        uplink first{io, "first", here}, second{io, "second", elsewhere};
        const auto own = asio::ip::make_address(elsewhere);
        first.on_packet = answering(first);
        second.on_packet = [&](const packet& seen) {
            if (seen.from().address() == own)
                answering(second)(seen);
        };
        first.lead(true);
        client<TestType> asks{io};
        if (!asks.ask())
            return false;
        first.lead(false);
        second.lead(true);
        for (int i = 0; i < 100; ++i)
            if (asks.ask(20ms))
                return asks.network.statistics().total().sockets >= 2;
        return false;
    });
}

TEMPLATE_TEST_CASE("a request that a path has become too short for is sent again, and arrives", "[fanout]",
                   best, basic)
{
    own_network::check([] {
        constexpr std::uint16_t most = 600;
        asio::io_context io;
        uplink way{io, "way", here};
        std::size_t refused = 0;
        way.on_packet = answering(way);
        way.lead(true);
        client<TestType> asks{io};
        if (!asks.ask(60s, 1, 1'050))
            return false;
        // What routers may not cut they refuse; this machine cuts later ones by itself.
        bool was_cut = false;
        way.on_packet = [&](const packet& seen) {
            was_cut = seen.may_be_cut;
            if (was_cut)
                return answering(way)(seen);
            ++refused;
            way.refuse_as_too_long(seen, most);
        };
        const bool answered = static_cast<bool>(asks.ask(1s, 100, 1'050));
        const bool is_no_datagram = asks.network.statistics().total().malformed == 0; // what the system says
        return answered && was_cut && refused <= 1 && is_no_datagram;
    });
}

TEMPLATE_TEST_CASE("the question that finds its address gone is asked from the new one", "[fanout]", best,
                   basic)
{
    own_network::check([] {
        asio::io_context io;
        uplink way{io, "way", here};
        asio::ip::address from;
        way.on_packet = [&](const packet& seen) {
            from = seen.from().address();
            answering(way)(seen);
        };
        way.lead(true);
        client<TestType> asks{io};
        if (!asks.ask() || from != asio::ip::make_address(here))
            return false;
        way.move_to(moved);
        way.lead(true);
        return asks.ask() && from == asio::ip::make_address(moved);
    });
}

TEMPLATE_TEST_CASE("without a device questions fail at once, and with another one they are answered",
                   "[fanout]", best, basic)
{
    own_network::check([] {
        asio::io_context io;
        std::optional<uplink> way{std::in_place, io, "way", here};
        way->on_packet = answering(*way);
        way->lead(true);
        client<TestType> asks{io};
        if (!asks.ask())
            return false;
        way.reset();
        io.poll();
        if (asks.ask().error != raida::condition::unreachable)
            return false;
        way.emplace(io, "other", elsewhere);
        way->on_packet = answering(*way);
        way->lead(true);
        return static_cast<bool>(asks.ask());
    });
}

TEMPLATE_TEST_CASE("a route that is gone for a moment costs the questions of that moment alone", "[fanout]",
                   best, basic)
{
    own_network::check([] {
        asio::io_context io;
        uplink way{io, "way", here};
        std::optional<packet> first;
        way.on_packet = [&](const packet& seen) { first = first ? first : seen; };
        way.lead(true);
        client<TestType> asks{io};
        raida::replies<1> answers;
        bool over = false;
        const std::array<tests::bytes, 1> packets{tests::request_to(0, 1'000)};
        asks.network.async_request(packets, answers, {.deadline = 60s},
                                   [&](std::error_code) { over = true; });
        while (!first)
            io.run_one();
        way.lead(false);
        if (asks.ask().error != raida::condition::unreachable)
            return false;
        way.lead(true);
        answering(way)(*first);
        while (!over)
            io.run_one();
        return static_cast<bool>(answers[0]);
    });
}

#endif
