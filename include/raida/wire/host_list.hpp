// Servers by name: a host and a port for each, and for its mirror.
#ifndef RAIDA_WIRE_HOST_LIST_HPP
#define RAIDA_WIRE_HOST_LIST_HPP

#include <raida/base/errc.hpp>
#include <raida/wire/packet.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <system_error>

namespace raida::inline v1 {

/// A name or numeric address (IPv6 without brackets), and a port that is not 0.
struct host_port
{
    std::string host{};     ///< never empty in a list
    std::uint16_t port = 0; ///< UDP and TCP

    friend bool operator==(const host_port&, const host_port&) = default;
};

/// N hosts by server id. Both may have gaps: such a server is left out, or has no mirror.
template <std::size_t N = server_count>
struct host_list
{
    std::array<std::optional<host_port>, N> primary{}; ///< by server id
    std::array<std::optional<host_port>, N> mirror{};  ///< another address of the same server

    [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }
    friend bool operator==(const host_list&, const host_list&) = default;
};

/// One host per server, server i on `port_base` + i. Throws std::system_error: errc::invalid_port for base 0
/// and for ports beyond 65,535, errc::wrong_server_count for another number of hosts.
template <std::size_t N = server_count>
[[nodiscard]] host_list<N> hosts_on_ports(std::span<const std::string> hosts,
                                          std::uint16_t port_base = 18'000)
{
    if (hosts.size() != N)
        throw std::system_error{make_error_code(errc::wrong_server_count),
                                std::to_string(hosts.size()) + " hosts"};
    if (port_base == 0 || port_base + N - 1 > 65'535)
        throw std::system_error{make_error_code(errc::invalid_port),
                                "port base " + std::to_string(port_base)};
    host_list<N> list;
    for (std::size_t i = 0; i < N; ++i)
        list.primary[i] = host_port{hosts[i], static_cast<std::uint16_t>(port_base + i)};
    return list;
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_HOST_LIST_HPP
