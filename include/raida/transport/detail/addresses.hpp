// Addresses as sockets want them.
#ifndef RAIDA_TRANSPORT_DETAIL_ADDRESSES_HPP
#define RAIDA_TRANSPORT_DETAIL_ADDRESSES_HPP

#include <raida/base/config.hpp>

#include <asio/ip/address.hpp>
#include <asio/ip/address_v4.hpp>

namespace raida::inline v1::detail {

/// ::ffff:a.b.c.d as a.b.c.d: a socket of IPv6 would not hear IPv4's errors, and needs a system that has
/// IPv6.
[[nodiscard]] inline asio::ip::address unmapped(const asio::ip::address& address)
{
    if (!address.is_v6() || !address.to_v6().is_v4_mapped())
        return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

} // namespace raida::inline v1::detail

#endif // RAIDA_TRANSPORT_DETAIL_ADDRESSES_HPP
