// Cutting text into lines and fields, and fields into numbers.
#ifndef RAIDA_BASE_DETAIL_TEXT_HPP
#define RAIDA_BASE_DETAIL_TEXT_HPP

#include <raida/base/version.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>

namespace raida::inline v1::detail {

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

/// Editors and spreadsheets put it before UTF-8.
constexpr std::string_view without_byte_order_mark(std::string_view text) noexcept
{
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    return text.substr(text.starts_with(mark) ? mark.size() : 0);
}

/// The byte order marks of UTF-16: no text of ours, though it looks like one on the screen.
constexpr bool is_utf16(std::string_view text) noexcept
{
    return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

/// A text's lines as editors leave them: byte order mark or none, LF or CRLF, blanks at either end.
class text_lines
{
  public:
    explicit constexpr text_lines(std::string_view text) noexcept : rest_{without_byte_order_mark(text)} {}

    /// The next line, trimmed; false at the end.
    constexpr bool next(std::string_view& line) noexcept
    {
        if (rest_.empty())
            return false;
        ++number_;
        line = take_until('\n', rest_);
        return true;
    }

    /// Of the line that was read last, counted from 1.
    [[nodiscard]] constexpr std::size_t number() const noexcept { return number_; }

  private:
    std::string_view rest_;
    std::size_t number_ = 0;
};

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

inline constexpr auto hex_digits = [] {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (int i = 0; i < 10; ++i)
        values[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
    for (int i = 0; i < 6; ++i)
        values[static_cast<std::size_t>('a' + i)] = values[static_cast<std::size_t>('A' + i)] =
            static_cast<std::int8_t>(10 + i);
    return values;
}();

/// 0..15, or -1 if the character is no hexadecimal digit.
constexpr int hex_digit(char digit) noexcept
{
    return hex_digits[static_cast<unsigned char>(digit)];
}

/// Fills `to` from exactly twice as many digits; false (and `to` undefined) for anything else.
constexpr bool from_hex(std::string_view digits, std::span<std::uint8_t> to) noexcept
{
    if (digits.size() != 2 * to.size())
        return false;
    int all = 0; // negative once a digit is none
    for (std::size_t i = 0; i < to.size(); ++i) {
        const int high = hex_digit(digits[2 * i]), low = hex_digit(digits[2 * i + 1]);
        all |= high | low;
        to[i] = static_cast<std::uint8_t>(static_cast<unsigned>(high) << 4 | static_cast<unsigned>(low));
    }
    return all >= 0;
}

/// Two digits, lower case.
constexpr std::array<char, 2> to_hex(std::uint8_t byte) noexcept
{
    constexpr std::string_view digits = "0123456789abcdef";
    return {digits[byte >> 4], digits[byte & 15U]};
}

} // namespace raida::inline v1::detail

#endif // RAIDA_BASE_DETAIL_TEXT_HPP
