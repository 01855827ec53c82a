// Server lists as people write them: host names and ports, in any of the known text forms. No Asio, nothing
// is looked up.
#ifndef RAIDA_WIRE_HOSTS_HPP
#define RAIDA_WIRE_HOSTS_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/wire/packet.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace raida::inline v1 {

/// A name or numeric address (IPv6 without brackets), and a port that is not 0.
struct host_port
{
    std::string host{};
    std::uint16_t port = 0;

    friend bool operator==(const host_port&, const host_port&) = default;
};

/// N hosts by server id. Mirrors may have gaps.
template <std::size_t N = server_count>
struct host_list
{
    std::array<std::optional<host_port>, N> primary{};
    std::array<std::optional<host_port>, N> mirror{};

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

namespace detail {

/// Reads one of the three forms: N lines `host:port`, optionally a blank line and N mirrors; lines
/// `host:port idx-x-x-P` (M: mirror) in any order; lines `r0,host:port`. `#` begins a comment.
template <std::size_t N>
class host_reader
{
  public:
    explicit host_reader(parse_error& error) noexcept : error_{error} {}

    host_list<N> read(std::string_view text)
    {
        while (!text.empty() && !error_) {
            ++line_;
            const auto whole = take_until('\n', text);
            auto rest = whole;
            const auto content = take_until('#', rest);
            if (content.empty() && whole.empty())
                paragraph_ended_ = paragraph_ended_ || next_ > 0;
            else if (!content.empty())
                read_line(content);
        }
        if (!error_)
            check_complete();
        return error_ ? host_list<N>{} : list_;
    }

  private:
    void read_line(std::string_view line)
    {
        if (const auto comma = line.find(','); comma != std::string_view::npos)
            return read_csv(trim(line.substr(0, comma)), trim(line.substr(comma + 1)));
        if (const auto blank = line.find_first_of(" \t"); blank != std::string_view::npos)
            return read_indexed(line.substr(0, blank), trim(line.substr(blank)));
        if (paragraph_ended_ && next_ < N)
            return refuse(errc::wrong_server_count, "blank line before the last server");
        if (next_ >= 2 * N)
            return refuse(errc::wrong_server_count, "more lines than servers and mirrors");
        if (next_ >= N && !paragraph_ended_)
            return refuse(errc::wrong_server_count, "more lines than servers; mirrors follow a blank line");
        const bool is_mirror = next_ >= N;
        put(next_ % N, is_mirror, line);
        ++next_;
    }

    // r0,host:port
    void read_csv(std::string_view name, std::string_view address)
    {
        const bool is_name = !name.empty() && (name[0] == 'r' || name[0] == 'R');
        const auto index = is_name ? parse_number<std::size_t>(name.substr(1)) : std::nullopt;
        if (!index && line_ == first_line())
            return; // the header line
        if (!index)
            return refuse(errc::malformed_line, "server name");
        put(*index, false, address);
    }

    // host:port idx-x-x-P
    void read_indexed(std::string_view address, std::string_view tag)
    {
        const auto index = parse_number<std::size_t>(tag.substr(0, tag.find('-')));
        const auto dashes = std::count(tag.begin(), tag.end(), '-');
        const char role = tag.empty() ? ' ' : tag.back();
        if (!index || dashes != 3 || (role != 'P' && role != 'M') || tag[tag.size() - 2] != '-')
            return refuse(errc::malformed_line, "server tag");
        put(*index, role == 'M', address);
    }

    void put(std::size_t index, bool is_mirror, std::string_view address)
    {
        if (first_ == 0)
            first_ = line_;
        if (index >= N)
            return refuse(errc::invalid_server, "server number");
        auto& place = is_mirror ? list_.mirror[index] : list_.primary[index];
        if (place)
            return refuse(errc::duplicate_server, "server number");
        place = read_address(address);
    }

    std::optional<host_port> read_address(std::string_view text)
    {
        const bool bracketed = !text.empty() && text.front() == '[';
        const auto bracket = bracketed ? text.rfind(']') : 0;
        if (bracket == std::string_view::npos)
            return refuse(errc::invalid_address, "host: bracket not closed"), std::nullopt;
        const auto colon = text.find(':', bracket);
        if (colon == std::string_view::npos)
            return refuse(errc::invalid_address, "port missing"), std::nullopt;
        if (!bracketed && text.rfind(':') != colon)
            return refuse(errc::invalid_address, "host: IPv6 needs brackets"), std::nullopt;
        const auto host = bracketed ? text.substr(1, bracket - 1) : text.substr(0, colon);
        if (!can_be_host(host) || (bracketed && colon != bracket + 1))
            return refuse(errc::invalid_address, "host"), std::nullopt;
        const auto port = parse_number<std::uint16_t>(text.substr(colon + 1));
        if (!port || *port == 0)
            return refuse(errc::invalid_port, "port"), std::nullopt;
        return host_port{std::string{host}, *port};
    }

    // No more than keeps a resolver from being asked nonsense: no blanks, nothing that ends a C string,
    // nothing of an URL.
    static bool can_be_host(std::string_view host)
    {
        constexpr std::size_t longest = 253;
        return !host.empty() && host.size() <= longest && std::all_of(host.begin(), host.end(), [](char c) {
            return c > ' ' && c < '\x7F' && c != '/' && c != '@' && c != '[' && c != ']';
        });
    }

    void check_complete()
    {
        for (std::size_t i = 0; i < N && !error_; ++i)
            if (!list_.primary[i])
                error_ = {make_error_code(errc::wrong_server_count), 0,
                          "server " + std::to_string(i) + " missing"};
    }

    // A header may stand on the first line that has content.
    [[nodiscard]] std::size_t first_line()
    {
        if (first_ == 0)
            first_ = line_;
        return first_;
    }

    void refuse(errc why, const char* field)
    {
        if (!error_)
            error_ = {make_error_code(why), line_, field};
    }

    parse_error& error_;
    host_list<N> list_;
    std::size_t line_ = 0;
    std::size_t first_ = 0; // first line with content
    std::size_t next_ = 0;  // for lines without a number
    bool paragraph_ended_ = false;
};

} // namespace detail

/// Reads a server list from any of the text forms that users have; the form is found out line by line. On
/// failure `error` names the line and what is wrong in it, and the list is empty.
template <std::size_t N = server_count>
[[nodiscard]] host_list<N> parse_servers(std::string_view text, parse_error& error)
{
    error = {};
    return detail::host_reader<N>{error}.read(text);
}

/// The same, throwing std::system_error with the line in its text.
template <std::size_t N = server_count>
[[nodiscard]] host_list<N> parse_servers(std::string_view text)
{
    parse_error error;
    auto list = parse_servers<N>(text, error);
    error.throw_if_set();
    return list;
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_HOSTS_HPP
