// Where the servers are: N addresses, each with an optional mirror.
#ifndef RAIDA_TRANSPORT_SERVER_LIST_HPP
#define RAIDA_TRANSPORT_SERVER_LIST_HPP

#include <raida/base/errc.hpp>
#include <raida/wire/packet.hpp>

#include <asio/ip/address_v4.hpp>
#include <asio/ip/udp.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

namespace raida::inline v1 {

/// Where N servers are. A slot without an address says why; an engine leaves it out with errc::no_endpoint.
/// A plain value: regular, IPv4 and IPv6. To ask about an index out of range throws std::out_of_range; to
/// change it is errc::invalid_server.
template <std::size_t N = server_count>
class server_list
{
  public:
    using endpoint_type = asio::ip::udp::endpoint;

    [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }

    /// The address of server i, or null.
    [[nodiscard]] const endpoint_type* endpoint(std::size_t i) const { return known(primaries_.at(i)); }

    /// Another address of the same server, or null.
    [[nodiscard]] const endpoint_type* mirror(std::size_t i) const { return known(mirrors_.at(i)); }

    /// Why server i has no address; empty if it has one.
    [[nodiscard]] std::error_code error(std::size_t i) const
    {
        return endpoint(i) != nullptr ? std::error_code{} : errors_.at(i);
    }

    /// Refused with errc::invalid_port for port 0, errc::invalid_server for an index beyond N.
    void set(std::size_t i, const endpoint_type& address, std::error_code& error)
    {
        set(primaries_, i, address, error);
        if (!error)
            errors_[i] = errc::no_endpoint; // of no importance any more; lists that look alike are equal
    }
    /// The same of its mirror.
    void set_mirror(std::size_t i, const endpoint_type& address, std::error_code& error)
    {
        set(mirrors_, i, address, error);
    }

    /// The same, throwing std::system_error.
    void set(std::size_t i, const endpoint_type& address)
    {
        std::error_code error;
        set(i, address, error);
        if (error)
            throw std::system_error{error, "server " + std::to_string(i)};
    }
    /// The same of its mirror, throwing std::system_error.
    void set_mirror(std::size_t i, const endpoint_type& address)
    {
        std::error_code error;
        set_mirror(i, address, error);
        if (error)
            throw std::system_error{error, "mirror of server " + std::to_string(i)};
    }

    /// Takes the address away, and notes why. Throws std::system_error, as set(), for an index beyond N.
    void clear(std::size_t i, std::error_code why = errc::no_endpoint)
    {
        if (i >= N)
            throw std::system_error{make_error_code(errc::invalid_server), "server " + std::to_string(i)};
        primaries_[i] = {};
        errors_[i] = why;
    }

    /// Servers with an address.
    [[nodiscard]] std::size_t count() const noexcept
    {
        std::size_t with = 0;
        for (const endpoint_type& one : primaries_)
            with += known(one) != nullptr ? 1U : 0U;
        return with;
    }

    friend bool operator==(const server_list&, const server_list&) = default;

  private:
    using endpoints = std::array<endpoint_type, N>;

    static const endpoint_type* known(const endpoint_type& one) noexcept
    {
        return one.port() != 0 ? &one : nullptr;
    }

    static void set(endpoints& of, std::size_t i, const endpoint_type& address, std::error_code& error)
    {
        error = i >= N                ? make_error_code(errc::invalid_server)
                : address.port() == 0 ? make_error_code(errc::invalid_port)
                                      : std::error_code{};
        if (!error)
            of[i] = address;
    }

    endpoints primaries_{};
    endpoints mirrors_{};
    std::array<std::error_code, N> errors_ = [] {
        std::array<std::error_code, N> none;
        none.fill(errc::no_endpoint);
        return none;
    }();
};

namespace detail {

inline std::uint16_t checked_port(std::uint32_t base, std::size_t i)
{
    if (base == 0 || base + i > 65'535)
        throw std::system_error{make_error_code(errc::invalid_port), "port " + std::to_string(base + i)};
    return static_cast<std::uint16_t>(base + i);
}

} // namespace detail

/// N servers on this machine, server i on port `port_base` + i. Throws std::system_error (errc::invalid_port)
/// for base 0 and for ports beyond 65,535.
template <std::size_t N = server_count>
[[nodiscard]] server_list<N> loopback(std::uint16_t port_base = 18'000)
{
    server_list<N> list;
    for (std::size_t i = 0; i < N; ++i)
        list.set(i, {asio::ip::address_v4::loopback(), detail::checked_port(port_base, i)});
    return list;
}

} // namespace raida::inline v1

#endif // RAIDA_TRANSPORT_SERVER_LIST_HPP
