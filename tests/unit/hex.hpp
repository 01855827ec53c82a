// Bytes as tests write and print them.
#ifndef RAIDA_TESTS_UNIT_HEX_HPP
#define RAIDA_TESTS_UNIT_HEX_HPP

#include <raida/base/detail/bytes.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

/// "01 00 3E3E" as bytes; blanks and line ends are for the reader.
inline std::vector<std::uint8_t> bytes(std::string_view text)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::vector<std::uint8_t> result;
    bool half = false;
    for (const char c : text) {
        if (c == ' ' || c == '\n')
            continue;
        const auto value = digits.find(c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c);
        if (value == std::string_view::npos)
            throw std::invalid_argument{"no hexadecimal digit"};
        if (half)
            result.back() = static_cast<std::uint8_t>(result.back() * 16U + value);
        else
            result.push_back(static_cast<std::uint8_t>(value));
        half = !half;
    }
    if (half)
        throw std::invalid_argument{"half a byte"};
    return result;
}

/// The bytes as text, for comparisons that print what differs.
inline std::string hex(raida::bytes_view bytes)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += digits[byte >> 4];
        text += digits[byte & 15U];
    }
    return text;
}

/// The same digits without the blanks.
inline std::string hex(std::string_view text)
{
    return hex(raida::bytes_view{bytes(text)});
}

} // namespace tests

#endif // RAIDA_TESTS_UNIT_HEX_HPP
