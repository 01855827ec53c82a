// The client of the 25 servers over TCP, unencrypted.
#ifndef RAIDA_CLIENT_TCP_CLIENT_HPP
#define RAIDA_CLIENT_TCP_CLIENT_HPP

#include <raida/client/client.hpp>
#include <raida/transport/tcp.hpp>

namespace raida::inline v1 {

/// For networks that let no datagrams through.
using tcp_client = basic_client<server_count, transport::tcp>;

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_TCP_CLIENT_HPP
