// The client of the 25 servers, encrypted.
#ifndef RAIDA_CLIENT_SEALED_CLIENT_HPP
#define RAIDA_CLIENT_SEALED_CLIENT_HPP

#include <raida/client/client.hpp>
#include <raida/client/crypto.hpp>
#include <raida/transport/udp.hpp>

namespace raida::inline v1 {

///     raida::sealed_client client{io, servers, {}, raida::sealed{key_token}};
using sealed_client = basic_client<server_count, transport::udp, sealed>;

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_SEALED_CLIENT_HPP
