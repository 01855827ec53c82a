// Server lists of one server a line.
#ifndef RAIDA_WIRE_DETAIL_HOST_LINES_HPP
#define RAIDA_WIRE_DETAIL_HOST_LINES_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/wire/detail/host_places.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace raida::inline v1::detail {

/// "r3" or "m3": the third server, or its mirror.
inline std::optional<host_place> short_tag(std::string_view tag, std::size_t line) noexcept
{
    if (tag.empty() || (tag[0] != 'r' && tag[0] != 'R' && tag[0] != 'm' && tag[0] != 'M'))
        return std::nullopt;
    const auto server = parse_number<std::size_t>(tag.substr(1));
    return server ? std::optional{host_place{line, *server, (tag[0] | 0x20) == 'm'}} : std::nullopt;
}

/// "3-0-0-P", or M for a mirror: what stands between is not ours.
inline std::optional<host_place> long_tag(std::string_view tag, std::size_t line) noexcept
{
    const auto server = parse_number<std::size_t>(tag.substr(0, tag.find('-')));
    const bool is_primary = tag.ends_with("-P"), is_mirror = tag.ends_with("-M");
    if (!server || std::count(tag.begin(), tag.end(), '-') != 3 || (!is_primary && !is_mirror))
        return std::nullopt;
    return host_place{line, *server, is_mirror};
}

/// `host:port` lines in the servers' order, a blank line and the mirrors, or only numeric addresses; or in
/// any order with a tag behind each: `3-0-0-P`, or `r3`, in whose lists other lines say nothing of servers.
/// `#` begins a comment.
template <std::size_t N>
class host_lines
{
  public:
    explicit host_lines(host_places<N>& places) noexcept : places_{places} {}

    void read(std::string_view text)
    {
        const bool is_short = has_short_tags(text);
        text_lines lines{text};
        for (std::string_view line; places_.good() && lines.next(line);) {
            const bool is_blank = line.empty();
            line = trim(line.substr(0, line.find('#')));
            const auto [address, tag] = cut(line);
            if (is_blank)
                paragraph_ended_ = paragraph_ended_ || next_ > 0;
            else if (const auto place = short_tag(tag, lines.number()))
                places_.put(*place, address);
            else if (!line.empty() && !is_short)
                read_line(address, tag, lines.number());
        }
    }

  private:
    static std::pair<std::string_view, std::string_view> cut(std::string_view line) noexcept
    {
        const std::size_t blank = (std::min)(line.find_first_of(" \t"), line.size());
        return {line.substr(0, blank), trim(line.substr(blank))};
    }

    static bool has_short_tags(std::string_view text) noexcept
    {
        text_lines lines{text};
        for (std::string_view line; lines.next(line);)
            if (short_tag(cut(trim(line.substr(0, line.find('#')))).second, 0))
                return true;
        return false;
    }

    void read_line(std::string_view address, std::string_view tag, std::size_t line)
    {
        if (!tag.empty()) {
            const auto place = long_tag(tag, line);
            return place ? places_.put(*place, address)
                         : places_.refuse(errc::malformed_line, line, "server tag");
        }
        if (paragraph_ended_ && next_ < N)
            return places_.refuse(errc::wrong_server_count, line, "blank line before the last server");
        if (next_ >= 2 * N)
            return places_.refuse(errc::wrong_server_count, line, "more lines than servers and mirrors");
        if (next_ >= N && !paragraph_ended_)
            return places_.refuse(errc::wrong_server_count, line,
                                  "more lines than servers; mirrors follow a blank line");
        if (next_ == 0)
            is_bare_ = is_bare(address);
        const host_place place{line, next_ % N, next_ >= N};
        ++next_;
        is_bare_ ? places_.put_without_port(place, address) : places_.put(place, address);
    }

    static bool is_bare(std::string_view address) noexcept
    {
        const address_parts parts = split_address(address);
        return parts.wrong == nullptr && !parts.has_port && (parts.bracketed || is_dotted_quad(parts.host));
    }

    host_places<N>& places_;
    std::size_t next_ = 0; // for lines without a tag
    bool is_bare_ = false; // they have no ports
    bool paragraph_ended_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_HOST_LINES_HPP
