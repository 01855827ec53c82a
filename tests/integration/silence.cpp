// Servers that never answer must cost nothing that stays.
#include <raida/fanout.hpp>
#include <raida/wire/commands.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/udp.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <list>
#include <system_error>

#ifdef __linux__

namespace {

std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator all{"/proc/self/fd"};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

} // namespace

TEST_CASE("a thousand fan-outs to 25 silent servers open two sockets per server at most, and none stays",
          "[fanout]")
{
    using namespace std::chrono_literals;
    using asio::ip::udp;
    asio::io_context io;
    std::list<udp::socket> silent; // bound, and never read
    raida::server_list<> servers;
    for (std::size_t i = 0; i < raida::server_count; ++i) {
        silent.emplace_back(io, udp::endpoint{asio::ip::address_v4::loopback(), 0});
        servers.set(i, silent.back().local_endpoint());
    }
    const std::size_t before = open_descriptors();
    {
        raida::fanout<> network{io, servers};
        raida::commands<> ask;
        std::size_t unanswered = 0, most = 0;
        for (std::size_t i = 0; i < 1000; ++i)
            network.async_request(ask.echo(), {.deadline = 20ms}, [&](std::error_code, raida::replies<> got) {
                unanswered += raida::server_count - got.answered();
                most = std::max(most, open_descriptors());
            });
        io.run();
        CHECK(unanswered == 1000 * raida::server_count);
        CHECK(most <= before + 2 * raida::server_count + 4); // Asio's own
    }
    CHECK(open_descriptors() <= before + 4);
}

#endif
