// Server lists with commas.
#ifndef RAIDA_WIRE_DETAIL_HOST_CSV_HPP
#define RAIDA_WIRE_DETAIL_HOST_CSV_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/wire/detail/csv_columns.hpp>
#include <raida/wire/detail/host_places.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace raida::inline v1::detail {

/// Rows `r3,host:port` or `3,host:port`, below a heading or not; or `3,host,port,...`, where a heading may
/// name the columns in another order.
template <std::size_t N>
class host_csv
{
  public:
    explicit host_csv(host_places<N>& places) noexcept : places_{places} {}

    void read(std::string_view text)
    {
        text_lines lines{text};
        bool is_first = true;
        for (std::string_view line; places_.good() && lines.next(line);) {
            line = trim(line.substr(0, line.find('#')));
            if (line.empty())
                continue;
            if (!is_first || !is_heading(line))
                read_row(line, lines.number());
            else if (!read_heading(line))
                places_.refuse(errc::malformed_line, lines.number(), "heading");
            is_first = false;
        }
    }

  private:
    static std::optional<std::size_t> server_of(std::string_view name) noexcept
    {
        return parse_number<std::size_t>(name.substr(name.starts_with('r') || name.starts_with('R') ? 1 : 0));
    }

    static bool is_heading(std::string_view line) noexcept { return !server_of(take_field(',', line)); }

    // Rows of two fields explain themselves. In longer ones all three columns must be known.
    bool read_heading(std::string_view line)
    {
        if (std::count(line.begin(), line.end(), ',') < 2)
            return true;
        std::array<bool, 3> found{};
        for (std::size_t column = 0; !line.empty(); ++column) {
            const auto name = column_name(take_field(',', line));
            const auto is = [&](auto... names) { return ((name == names) || ...); };
            const std::size_t what = is("id", "serverid", "raidaid", "index", "server")     ? 0U
                                     : is("hostname", "host", "address", "ip", "ipaddress") ? 1U
                                     : is("port")                                           ? 2U
                                                                                            : 3U;
            if (what == 3U)
                continue;
            if (found[what])
                return false;
            found[what] = true;
            columns_[what] = column;
        }
        return found[0] && found[1] && found[2];
    }

    void read_row(std::string_view line, std::size_t number)
    {
        std::array<std::string_view, 3> fields{}; // server, host, port
        std::size_t count = 0;
        for (; !line.empty(); ++count) {
            const auto field = take_field(',', line);
            for (std::size_t what = 0; what < fields.size(); ++what)
                if (columns_[what] == count)
                    fields[what] = field;
        }
        const auto server = server_of(fields[0]);
        if (!server)
            places_.refuse(errc::malformed_line, number, "server name");
        else if (count > 2 && !split_address(fields[1]).has_port)
            places_.put({number, *server}, fields[1], fields[2]);
        else
            places_.put({number, *server}, fields[1]);
    }

    host_places<N>& places_;
    std::array<std::size_t, 3> columns_{0, 1, 2};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_HOST_CSV_HPP
