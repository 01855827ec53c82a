// "host:port", as far as that can be judged without asking anybody.
#ifndef RAIDA_WIRE_DETAIL_HOST_ADDRESS_HPP
#define RAIDA_WIRE_DETAIL_HOST_ADDRESS_HPP

#include <raida/base/detail/text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace raida::inline v1::detail {

/// Four numbers up to 255 without leading zeros: what every program reads in the same way.
inline bool is_dotted_quad(std::string_view host) noexcept
{
    if (std::count(host.begin(), host.end(), '.') != 3)
        return false;
    for (int i = 0; i < 4; ++i) {
        const std::string_view part = host.substr(0, host.find('.'));
        host.remove_prefix((std::min)(host.size(), part.size() + 1));
        const bool is_padded = part.size() > 1 && part.front() == '0';
        if (is_padded || !parse_number<std::uint8_t>(part))
            return false;
    }
    return true;
}

/// A numeric address that one program takes for octal or for fewer than four parts, and another does not:
/// "010.0.0.1", "127.1", "0x7f.0.0.1", "2130706433".
inline bool is_unclear_address(std::string_view host) noexcept
{
    const std::string_view whole = host;
    if (host.ends_with('.'))
        host.remove_suffix(1);
    const std::string_view last = host.substr(host.rfind('.') + 1); // npos + 1 is the beginning
    const bool is_number =
        last.starts_with("0x") || last.starts_with("0X") ||
        (!last.empty() && std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; }));
    return is_number && !is_dotted_quad(whole);
}

/// An address cut into its two parts.
struct address_parts
{
    std::string_view host{}, port{};
    bool bracketed = false, has_port = false;
    const char* wrong = nullptr; ///< what is wrong, or null
};

inline address_parts split_address(std::string_view text) noexcept
{
    if (text.find("://") != std::string_view::npos)
        return {.wrong = "host: a URL, not host:port"};
    address_parts parts{.bracketed = text.starts_with('[')};
    const std::size_t bracket = parts.bracketed ? text.rfind(']') : 0;
    if (bracket == std::string_view::npos)
        return {.wrong = "host: bracket not closed"};
    const std::size_t colon = text.find(':', bracket);
    if (!parts.bracketed && text.rfind(':') != colon)
        return {.wrong = "host: IPv6 needs brackets"};
    parts.host = parts.bracketed ? text.substr(1, bracket - 1) : text.substr(0, colon);
    parts.has_port = colon != std::string_view::npos;
    if (parts.has_port)
        parts.port = text.substr(colon + 1);
    if (parts.bracketed && bracket + 1 != (parts.has_port ? colon : text.size()))
        parts.wrong = "host";
    return parts;
}

/// What is wrong with a host, or null. No more than keeps a resolver from being asked nonsense: letters,
/// digits, and what joins them; nothing that ends a C string, nothing of a URL, a secret neither.
inline const char* fault_of_host(std::string_view host) noexcept
{
    constexpr std::size_t longest = 253;
    const auto can_be = [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':' ||
               c == '%';
    };
    const bool has_port = std::count(host.begin(), host.end(), ':') == 1; // IPv6 has more
    if (host.empty() || host.size() > longest || has_port || !std::all_of(host.begin(), host.end(), can_be))
        return "host";
    return is_unclear_address(host) ? "host: a numeric address that can be read in two ways" : nullptr;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_HOST_ADDRESS_HPP
