// Where the readers of server lists put what they find.
#ifndef RAIDA_WIRE_DETAIL_HOST_PLACES_HPP
#define RAIDA_WIRE_DETAIL_HOST_PLACES_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/wire/detail/host_address.hpp>
#include <raida/wire/host_list.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace raida::inline v1::detail {

/// A server's place in a list, and the line that speaks of it.
struct host_place
{
    std::size_t line, server;
    bool is_mirror = false;
};

/// Checks each host and port; the first fault ends it all.
template <std::size_t N>
class host_places
{
  public:
    host_places(parse_error& error, std::uint16_t port_base) noexcept : error_{error}, port_base_{port_base}
    {}

    [[nodiscard]] bool good() const noexcept { return !error_; }

    void put(const host_place& at, std::string_view address)
    {
        const address_parts parts = split_address(address);
        if (parts.wrong != nullptr)
            return refuse(errc::invalid_address, at.line, parts.wrong);
        if (const char* const wrong = fault_of_host(parts.host))
            return refuse(errc::invalid_address, at.line, wrong);
        if (!parts.has_port)
            return refuse(errc::invalid_address, at.line, "port missing");
        put(at, parts.host, parts.port);
    }

    void put(const host_place& at, std::string_view host, std::string_view port)
    {
        if (host.starts_with('[') && host.ends_with(']'))
            host = host.substr(1, host.size() - 2);
        if (const char* const wrong = fault_of_host(host))
            return refuse(errc::invalid_address, at.line, wrong);
        const auto number = parse_number<std::uint16_t>(port);
        if (!number || *number == 0)
            return refuse(errc::invalid_port, at.line, "port");
        put(at, host, *number);
    }

    /// A numeric address alone: its place says the port. A name alone could be anything, a secret too.
    void put_without_port(const host_place& at, std::string_view address)
    {
        const address_parts parts = split_address(address);
        if (parts.has_port || parts.wrong != nullptr || fault_of_host(parts.host) != nullptr ||
            !(parts.bracketed || is_dotted_quad(parts.host)))
            return refuse(errc::invalid_address, at.line, "host: not a numeric address, as those before");
        const std::size_t port = port_base_ + at.server;
        if (port_base_ == 0 || port > 65'535)
            return refuse(errc::invalid_port, at.line, "port base");
        put(at, parts.host, static_cast<std::uint16_t>(port));
    }

    /// Only the first is kept.
    void refuse(errc why, std::size_t line, const char* field)
    {
        if (!error_)
            error_ = {make_error_code(why), line, field};
    }

    /// The list; empty if it was refused. Where it leaves out a minority of the servers these are named in
    /// the error, and the others are in the list.
    host_list<N> finish()
    {
        std::size_t missing = 0;
        std::string names;
        for (std::size_t i = 0; i < N; ++i)
            if (!list_.primary[i])
                names += (missing++ == 0 ? " " : ", ") + std::to_string(i);
        const bool is_minority = missing < (N + 1) / 2;
        if (!error_ && missing != 0)
            error_ = {make_error_code(is_minority ? errc::missing_server : errc::wrong_server_count), 0,
                      missing == N ? "no server" : (missing == 1 ? "server" : "servers") + names};
        if (!error_ || error_.code == errc::missing_server)
            return std::move(list_);
        return {};
    }

  private:
    void put(const host_place& at, std::string_view host, std::uint16_t port)
    {
        if (at.server >= N)
            return refuse(errc::invalid_server, at.line, "server number");
        auto& place = at.is_mirror ? list_.mirror[at.server] : list_.primary[at.server];
        if (place)
            return refuse(errc::duplicate_server, at.line, "server number");
        place = host_port{std::string{host}, port};
    }

    parse_error& error_;
    std::uint16_t port_base_;
    host_list<N> list_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_HOST_PLACES_HPP
