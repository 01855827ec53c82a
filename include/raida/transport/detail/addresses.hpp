// Addresses, and hosts that are addresses already.
#ifndef RAIDA_TRANSPORT_DETAIL_ADDRESSES_HPP
#define RAIDA_TRANSPORT_DETAIL_ADDRESSES_HPP

#include <raida/base/errc.hpp>
#include <raida/wire/detail/host_address.hpp>

#include <asio/ip/address.hpp>
#include <asio/ip/address_v4.hpp>

#include <optional>
#include <string>
#include <system_error>

namespace raida::inline v1::detail {

/// ::ffff:a.b.c.d as a.b.c.d: a socket of IPv6 would not hear IPv4's errors, and needs a system that has
/// IPv6.
[[nodiscard]] inline asio::ip::address unmapped(const asio::ip::address& address)
{
    if (!address.is_v6() || !address.to_v6().is_v4_mapped())
        return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

/// Nothing for a name. Nothing and errc::invalid_address for a number that programs read in two ways: a
/// resolver would take "010.0.0.1" for 8.0.0.1.
inline std::optional<asio::ip::address> numeric_host(const std::string& host, std::error_code& error)
{
    std::error_code no_number;
    const auto address = asio::ip::make_address(host, no_number);
    error = is_unclear_address(host) ? make_error_code(errc::invalid_address) : std::error_code{};
    return no_number || error ? std::nullopt : std::optional{address};
}

} // namespace raida::inline v1::detail

#endif // RAIDA_TRANSPORT_DETAIL_ADDRESSES_HPP
