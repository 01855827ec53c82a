// An engine over TCP and the servers that its tests ask.
#ifndef RAIDA_TESTS_TCP_ENGINE_HPP
#define RAIDA_TESTS_TCP_ENGINE_HPP

#include "tcp_server.hpp"

#include <raida/fanout.hpp>
#include <raida/transport/tcp.hpp>
#include <raida/wire/commands.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace tcp_support {

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

// Every answer and error of one fan-out.
template <class Network, std::size_t N = 25>
raida::replies<N> ask(asio::io_context& io, Network& network, const raida::requests<N>& packets,
                      std::type_identity_t<raida::request_options<N>> how = {.deadline = patience})
{
    std::optional<raida::replies<N>> got;
    network.async_request(packets, std::move(how), [&](std::error_code error, raida::replies<N> replies) {
        CHECK_FALSE(error);
        got = std::move(replies);
    });
    run_until(io, [&] { return got.has_value(); });
    return std::move(*got);
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
        return tcp_support::ask(io, *network, build.echo(), std::move(how));
    }
};

inline void keep_silent(connection& one)
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

} // namespace tcp_support

#endif // RAIDA_TESTS_TCP_ENGINE_HPP
