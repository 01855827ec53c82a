// The fan-out as one blocking call.
#ifndef RAIDA_FANOUT_REQUEST_ALL_HPP
#define RAIDA_FANOUT_REQUEST_ALL_HPP

#include <raida/fanout/fanout.hpp>

#include <asio/io_context.hpp>

#include <cstddef>
#include <system_error>
#include <type_traits>
#include <utility>

namespace raida::inline v1 {

/// Asks all servers and waits: for programs without an event loop. Runs on the calling thread alone.
///
/// Errors: `error` is set only for bad input, as by fanout::async_request(); what happens to one server is in
/// its slot.
template <std::size_t N, detail::packet_range Packets>
replies<N> request_all(const server_list<N>& servers, const Packets& packets, request_options<N> how,
                       std::error_code& error)
{
    replies<N> collected;
    asio::io_context io{1};
    fanout<N, transport::basic_udp<asio::io_context::executor_type>> network{io, servers};
    network.async_request(packets, collected, std::move(how),
                          [&](std::error_code refused) { error = refused; });
    io.run();
    return collected;
}

/// The same with one deadline for all, or one per server.
template <std::size_t N, detail::packet_range Packets>
replies<N> request_all(const server_list<N>& servers, const Packets& packets, deadlines<N> deadline,
                       std::error_code& error)
{
    return request_all(servers, packets, request_options<N>{.deadline = deadline}, error);
}

/// The same, throwing std::system_error for bad input only.
template <std::size_t N, detail::packet_range Packets>
replies<N> request_all(const server_list<N>& servers, const Packets& packets, request_options<N> how)
{
    return detail::or_throw("request_all", [&](std::error_code& error) {
        return request_all(servers, packets, std::move(how), error);
    });
}

/// The same with one deadline for all, or one per server.
template <std::size_t N, detail::packet_range Packets>
replies<N> request_all(const server_list<N>& servers, const Packets& packets,
                       std::type_identity_t<deadlines<N>> deadline = default_deadline)
{
    return request_all(servers, packets, request_options<N>{.deadline = deadline});
}

} // namespace raida::inline v1

#endif // RAIDA_FANOUT_REQUEST_ALL_HPP
