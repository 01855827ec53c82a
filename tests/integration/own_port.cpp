// Where nobody listens on a port of this machine, a socket that connects to it may get that very port for its
// own: then it would hear itself, the refusal would never come, and the server could not come back.
#include <catch2/catch_test_macros.hpp>

#if !defined(__linux__)

TEST_CASE("a dead server's port is tested on Linux", "[fanout]")
{
    SKIP("only Linux lets a test choose the ports");
}

#else

#include "own_network.hpp"

#include <raida/fanout.hpp>
#include <raida/transport/portable_udp.hpp>
#include <raida/wire/commands.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>

#include <chrono>
#include <fstream>
#include <system_error>

namespace {

constexpr unsigned short dead_port = 40'000;

// The kernel has two ports to choose from.
void leave_two_ports()
{
    std::ofstream range{"/proc/sys/net/ipv4/ip_local_port_range"};
    range << dead_port << ' ' << dead_port + 1 << std::flush;
    if (!range)
        throw own_network::not_allowed{};
}

// Without a quote nothing proves a refusal, which is then told at the deadline.
template <class Transport>
bool is_refused_every_time(std::chrono::milliseconds deadline)
{
    raida::server_list<1> servers;
    servers.set(0, {asio::ip::make_address("127.0.0.1"), dead_port});
    raida::commands<1> ask;
    for (int i = 0; i < 20; ++i) {
        asio::io_context io;
        raida::fanout<1, Transport> engine{io, servers};
        std::error_code seen;
        engine.async_request(
            ask.echo(), {.deadline = deadline},
            [&](std::error_code, const raida::replies<1>& replies) { seen = replies[0].error; });
        io.run();
        if (seen != asio::error::connection_refused)
            return false;
    }
    return true;
}

template <class Transport>
void check_in_small_network(std::chrono::milliseconds deadline)
{
    own_network::check([&] {
        leave_two_ports();
        return is_refused_every_time<Transport>(deadline);
    });
}

} // namespace

TEST_CASE("a dead server of this machine refuses, whatever port the kernel picks", "[fanout]")
{
    check_in_small_network<raida::transport::udp>(std::chrono::seconds{5});
}

TEST_CASE("the same on Asio's own sockets", "[fanout]")
{
    check_in_small_network<raida::transport::basic_portable_udp<>>(std::chrono::milliseconds{100});
}

#endif
