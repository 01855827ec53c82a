// Numbers and strings as people and JSON read them.
#ifndef RAIDA_BENCH_TEXT_HPP
#define RAIDA_BENCH_TEXT_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace bench {

/// A number with so many decimals; from 10,000 on with commas.
inline std::string fixed(double value, int decimals)
{
    std::array<char, 64> digits;
    const int size = std::snprintf(digits.data(), digits.size(), "%.*f", decimals, value);
    const std::string_view plain{digits.data(), static_cast<std::size_t>(size)};
    if (std::abs(value) < 10'000)
        return std::string{plain};
    const std::size_t whole = std::min(plain.find('.'), plain.size()), sign = value < 0 ? 1 : 0;
    std::string result;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        if (i > sign && i < whole && (whole - i) % 3 == 0)
            result += ',';
        result += plain[i];
    }
    return result;
}

/// In quotes, for JSON.
inline std::string quoted(std::string_view text)
{
    std::string result{'"'};
    for (const char c : text) {
        if (c == '"' || c == '\\')
            result += '\\';
        result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return result + '"';
}

/// A number for JSON, which knows no infinities.
inline std::string json_number(double value)
{
    if (!std::isfinite(value))
        return "null";
    std::string digits(64, '\0');
    digits.resize(static_cast<std::size_t>(std::snprintf(digits.data(), digits.size(), "%.6g", value)));
    return digits;
}

} // namespace bench

#endif // RAIDA_BENCH_TEXT_HPP
