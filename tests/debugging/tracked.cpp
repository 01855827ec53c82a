// Built with ASIO_ENABLE_HANDLER_TRACKING: what Asio writes names where our operations began.
#include <raida/fanout.hpp>
#include <raida/wire/commands.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>

#include <chrono>
#include <cstdio>
#include <system_error>

int main()
{
    asio::io_context io;
    asio::ip::udp::socket silent{io, {asio::ip::address_v4::loopback(), 0}};
    raida::server_list<> servers;
    servers.set(7, silent.local_endpoint());
    raida::network network{io, servers};
    network.async_request(raida::commands<>{}.echo(), {.deadline = std::chrono::milliseconds{10}},
                          [](std::error_code, const raida::replies<>& got) {
                              std::fprintf(stderr, "%s\n", to_string(got[7]).c_str());
                          });
    io.run();
}
