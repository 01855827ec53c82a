// Where the embedded servers listen and what they start with.
#ifndef RAIDA_TESTING_FLEET_OPTIONS_HPP
#define RAIDA_TESTING_FLEET_OPTIONS_HPP

#include <raida/testing/manners.hpp>
#include <raida/testing/server_rules.hpp>

#include <asio/ip/address.hpp>
#include <asio/ip/address_v4.hpp>

#include <cstddef>
#include <cstdint>

namespace raida::inline v1::testing {

/// Settings of a fleet. Designated initialisers work: `{.port_base = 18000, .rules = {.coin = 1}}`.
struct fleet_options
{
    std::uint16_t port_base = 0; ///< server i listens on this + i; 0: the kernel picks every port
    asio::ip::address address = asio::ip::address_v4::loopback(); ///< address_v6's for IPv6
    std::uint64_t seed = 1;     ///< the same seed and the same requests: the same faults, server by server
    server_rules rules{};       ///< of all servers; one server's can be changed later
    testing::manners manners{}; ///< of all servers; one server's can be changed later

    /// Bytes asked of the kernel per socket, which may give less. 0: its default, as real servers have it
    /// (measured: 212,992 bytes, which hold 92 datagrams of 1,394).
    int receive_buffer = 0;
    std::size_t batch = 256; ///< datagrams taken from one socket before the others get their turn
};

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_FLEET_OPTIONS_HPP
