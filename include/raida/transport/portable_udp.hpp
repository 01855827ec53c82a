// UDP on Asio's own sockets, on every platform.
#ifndef RAIDA_TRANSPORT_PORTABLE_UDP_HPP
#define RAIDA_TRANSPORT_PORTABLE_UDP_HPP

#include <raida/transport/detail/portable_sockets.hpp>
#include <raida/transport/udp.hpp>

#include <asio/any_io_executor.hpp>

namespace raida::inline v1::transport {

/// What basic_udp is where there is nothing better: without batches, and on Linux without the quotes of
/// refused datagrams.
template <class Executor = asio::any_io_executor>
using basic_portable_udp = basic_udp_over<Executor, detail::portable_sockets>;

} // namespace raida::inline v1::transport

#endif // RAIDA_TRANSPORT_PORTABLE_UDP_HPP
