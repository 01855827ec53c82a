// Cutting text into lines and fields, and fields into numbers.
#ifndef RAIDA_BASE_DETAIL_TEXT_HPP
#define RAIDA_BASE_DETAIL_TEXT_HPP

#include <raida/base/version.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

namespace raida::inline v1 {
namespace detail {

/// Without blanks at either end; the carriage return of a CRLF line is one.
constexpr std::string_view trim(std::string_view text) noexcept
{
    constexpr std::string_view blanks = " \t\r";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Cuts off and returns what stands before the first `separator`, trimmed; all of it if there is none.
constexpr std::string_view take_until(char separator, std::string_view& text) noexcept
{
    const std::size_t end = text.find(separator);
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return trim(taken);
}

constexpr bool is_letter(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The whole text as a decimal number that fits, or nothing.
template <class Number>
std::optional<Number> parse_number(std::string_view text) noexcept
{
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data(), end, number);
    if (failure != std::errc{} || stopped != end)
        return std::nullopt;
    return number;
}

/// 0..15, or -1 if the character is no hexadecimal digit.
constexpr int hex_digit(char digit) noexcept
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

/// Fills `to` from exactly twice as many digits; false (and `to` undefined) for anything else.
constexpr bool from_hex(std::string_view digits, std::span<std::uint8_t> to) noexcept
{
    if (digits.size() != 2 * to.size())
        return false;
    for (std::size_t i = 0; i < to.size(); ++i) {
        const int high = hex_digit(digits[2 * i]), low = hex_digit(digits[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

} // namespace detail
} // namespace raida::inline v1

#endif // RAIDA_BASE_DETAIL_TEXT_HPP
