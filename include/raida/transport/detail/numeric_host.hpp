// Hosts that are addresses already.
#ifndef RAIDA_TRANSPORT_DETAIL_NUMERIC_HOST_HPP
#define RAIDA_TRANSPORT_DETAIL_NUMERIC_HOST_HPP

#include <raida/base/errc.hpp>
#include <raida/wire/detail/host_address.hpp>

#include <asio/ip/address.hpp>

#include <optional>
#include <string>
#include <system_error>

namespace raida::inline v1::detail {

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

#endif // RAIDA_TRANSPORT_DETAIL_NUMERIC_HOST_HPP
