// Server lists in the configuration files of servers and clients: TOML.
#ifndef RAIDA_WIRE_DETAIL_HOST_TOML_HPP
#define RAIDA_WIRE_DETAIL_HOST_TOML_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/wire/detail/host_places.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace raida::inline v1::detail {

/// `[[raida_servers]]` with index, address and port, or `raida_servers = ["host:port", ...]` in the servers'
/// order, among whatever else.
template <std::size_t N>
class host_toml
{
  public:
    explicit host_toml(host_places<N>& places) noexcept : places_{places} {}

    static bool is_one(std::string_view text) noexcept
    {
        text_lines lines{text};
        for (std::string_view line; lines.next(line);)
            if (line.starts_with("[[raida_servers]]") || is_list(line))
                return true;
        return false;
    }

    void read(std::string_view text)
    {
        text_lines lines{text};
        for (std::string_view line; places_.good() && lines.next(line);) {
            if (in_list_)
                read_list(line, lines.number());
            else if (line.starts_with('['))
                begin_table(line, lines.number());
            else if (is_list(line)) {
                in_list_ = true;
                read_list(trim(line.substr(line.find('=') + 1)), lines.number());
            } else if (in_table_)
                read_member(line);
        }
        end_table();
        if (in_list_)
            places_.refuse(errc::truncated, lines.number(), "raida_servers");
    }

  private:
    static bool is_list(std::string_view line) noexcept
    {
        return take_until('=', line) == "raida_servers" && trim(line).starts_with('[');
    }

    void begin_table(std::string_view line, std::size_t number)
    {
        end_table();
        in_table_ = line.starts_with("[[raida_servers]]");
        table_line_ = number;
    }

    void end_table()
    {
        if (!std::exchange(in_table_, false))
            return;
        const auto server = parse_number<std::size_t>(index_);
        if (!server)
            places_.refuse(errc::malformed_line, table_line_, "index");
        else
            places_.put({table_line_, *server}, address_, port_);
        index_ = address_ = port_ = {};
    }

    void read_member(std::string_view line)
    {
        const auto key = take_until('=', line);
        const auto value = take_value(line);
        if (key == "index")
            index_ = value;
        else if (key == "address")
            address_ = value;
        else if (key == "port")
            port_ = value;
    }

    // A string without its quotes, or what stands there up to a comment or the end of the value.
    static std::string_view take_value(std::string_view& line) noexcept
    {
        line = trim(line);
        const bool quoted = line.starts_with('"') || line.starts_with('\'');
        const std::size_t end = quoted ? line.find(line.front(), 1) : line.find_first_of(",]#");
        const auto value = trim(line.substr(quoted ? 1 : 0, end - (quoted ? 1 : 0)));
        line.remove_prefix(
            (std::min)(line.size(), end == std::string_view::npos ? end : end + (quoted ? 1 : 0)));
        return value;
    }

    void read_list(std::string_view line, std::size_t number)
    {
        for (line = trim(line); in_list_ && places_.good() && !line.empty() && line.front() != '#';
             line = trim(line)) {
            if (line.front() == '"' || line.front() == '\'')
                places_.put({number, next_++}, take_value(line));
            else if (line.front() != '[' && line.front() != ']' && line.front() != ',')
                places_.refuse(errc::malformed_line, number, "raida_servers");
            else {
                in_list_ = line.front() != ']';
                line.remove_prefix(1);
            }
        }
    }

    host_places<N>& places_;
    bool in_table_ = false, in_list_ = false;
    std::size_t table_line_ = 0, next_ = 0;
    std::string_view index_, address_, port_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_HOST_TOML_HPP
