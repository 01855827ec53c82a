// Server lists as people write them: host names and ports, in any of the known text forms. No Asio, nothing
// is looked up.
#ifndef RAIDA_WIRE_HOSTS_HPP
#define RAIDA_WIRE_HOSTS_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/wire/detail/host_csv.hpp>
#include <raida/wire/detail/host_json.hpp>
#include <raida/wire/detail/host_lines.hpp>
#include <raida/wire/detail/host_places.hpp>
#include <raida/wire/detail/host_toml.hpp>
#include <raida/wire/host_list.hpp>
#include <raida/wire/packet.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace raida::inline v1 {

namespace detail {

template <std::size_t N>
void read_hosts(std::string_view text, host_places<N>& places)
{
    if (is_utf16(text))
        return places.refuse(errc::unsupported_format, 0, "UTF-16 (save it as UTF-8)");
    std::string_view first; // line that says anything
    for (text_lines lines{text}; first.empty() && lines.next(first);)
        first = trim(first.substr(0, first.find('#')));
    if (first.starts_with('{'))
        read_host_json(text, places);
    else if (host_toml<N>::is_one(text))
        host_toml<N>{places}.read(text);
    else if (first.find(',') != std::string_view::npos)
        host_csv<N>{places}.read(text);
    else
        host_lines<N>{places}.read(text);
}

} // namespace detail

/// Reads a server list from any of the text forms that users have:
/// - `host:port` lines in the servers' order; a blank line and as many mirrors may follow. Lines of numeric
///   addresses alone (IPv6 in brackets): line i is server i on `port_base` + i;
/// - `host:port 3-0-0-P` (M: mirror) or `host:port r3` (m3) in any order; in the latter other lines are none;
/// - CSV: `r3,host:port`, `3,host:port` or `3,host,port,...`, with or without a heading;
/// - JSON: `servers` with `id`, `hostname`, `port`;
/// - TOML: `[[raida_servers]]` with index, address, port, or `raida_servers = ["host:port", ...]`.
/// `#` begins a comment; a byte order mark, CRLF, blank lines and blanks at the end of lines are fine.
///
/// A list that leaves out a minority of the servers is told, not refused: `error` is errc::missing_server and
/// names them, and the list has all the others. For any other error the list is empty: wrong_server_count,
/// invalid_address (also for numeric addresses that programs read in two ways, such as 010.0.0.1),
/// invalid_port, invalid_server, duplicate_server, malformed_line, truncated, unsupported_format (UTF-16). It
/// names the line and what is wrong in it, and never repeats the text.
template <std::size_t N = server_count>
[[nodiscard]] host_list<N> parse_servers(std::string_view text, parse_error& error,
                                         std::uint16_t port_base = 18'000)
{
    error = {};
    detail::host_places<N> places{error, port_base};
    detail::read_hosts(text, places);
    return places.finish();
}

/// The same, throwing std::system_error with the line in its text; not for servers that are merely missing.
template <std::size_t N = server_count>
[[nodiscard]] host_list<N> parse_servers(std::string_view text, std::uint16_t port_base = 18'000)
{
    parse_error error;
    auto list = parse_servers<N>(text, error, port_base);
    if (error.code != errc::missing_server)
        error.throw_if_set();
    return list;
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_HOSTS_HPP
