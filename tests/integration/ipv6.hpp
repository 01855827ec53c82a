// Is there IPv6 on this machine's loopback?
#ifndef RAIDA_TESTS_IPV6_HPP
#define RAIDA_TESTS_IPV6_HPP

#include <asio/io_context.hpp>
#include <asio/ip/address_v6.hpp>
#include <asio/ip/udp.hpp>

#include <system_error>

namespace ipv6_support {

inline bool has_ipv6()
{
    asio::io_context io;
    asio::ip::udp::socket probe{io};
    std::error_code error;
    probe.open(asio::ip::udp::v6(), error);
    if (!error)
        probe.bind({asio::ip::address_v6::loopback(), 0}, error);
    return !error;
}

} // namespace ipv6_support

#endif // RAIDA_TESTS_IPV6_HPP
