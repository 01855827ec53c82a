// Where the servers of a virtual network are, and what the way to them is like.
#ifndef RAIDA_TESTING_SIMULATED_FLEET_OPTIONS_HPP
#define RAIDA_TESTING_SIMULATED_FLEET_OPTIONS_HPP

#include <raida/testing/latency.hpp>
#include <raida/testing/manners.hpp>
#include <raida/testing/server_rules.hpp>

#include <asio/ip/address.hpp>
#include <asio/ip/address_v4.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace raida::inline v1::testing {

/// Settings of a simulated fleet. Designated initialisers work: `{.seed = 7, .one_way = 50ms}`.
struct simulated_fleet_options
{
    std::uint16_t port_base = 18'000; ///< server i is at this + i; two fleets of one network need two bases
    asio::ip::address address = asio::ip::address_v4::loopback(); ///< of all servers
    std::uint64_t seed = 1;     ///< the same seed and the same requests: the same run
    server_rules rules{};       ///< of all servers; one server's can be changed later
    testing::manners manners{}; ///< of all servers; one server's can be changed later

    latency one_way = std::chrono::milliseconds{10}; ///< of every datagram, there and back, and of refusals

    /// How long a server works on each datagram, one after another. Zero: it is never busy.
    latency service{};

    /// While it works the others wait in a buffer of so many bytes, as a Linux kernel counts them (measured:
    /// 92 datagrams of 1,394 bytes fit); more are lost.
    std::size_t receive_buffer = 212'992;
};

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_SIMULATED_FLEET_OPTIONS_HPP
