// What tokens are worth, exactly.
#ifndef RAIDA_WIRE_VALUE_HPP
#define RAIDA_WIRE_VALUE_HPP

#include <raida/wire/token.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace raida::inline v1 {

/// A sum of money: whole units and hundred-millionths. No batch that fits into memory makes it overflow.
struct amount
{
    static constexpr std::uint32_t parts_per_unit = 100'000'000; ///< of the smallest denomination

    std::uint64_t whole = 0; ///< units
    std::uint32_t parts = 0; ///< below parts_per_unit

    constexpr amount& operator+=(const amount& more) noexcept
    {
        parts += more.parts;
        whole += more.whole + parts / parts_per_unit;
        parts %= parts_per_unit;
        return *this;
    }
    friend constexpr amount operator+(amount left, const amount& right) noexcept { return left += right; }
    friend constexpr auto operator<=>(const amount&, const amount&) = default;
};

/// 10 to the power of the denomination; nothing for one that is not valid.
[[nodiscard]] constexpr amount value_of(denomination of) noexcept
{
    if (!of.is_valid())
        return {};
    std::uint64_t power = 1;
    for (int i = of.value < 0 ? -8 : 0; i < of.value; ++i)
        power *= 10;
    return of.value < 0 ? amount{0, static_cast<std::uint32_t>(power)} : amount{power, 0};
}

/// Of one token.
template <std::size_t N>
[[nodiscard]] constexpr amount value_of(const basic_token<N>& token) noexcept
{
    return value_of(token.denomination);
}

/// The sum over a batch.
template <std::size_t N>
[[nodiscard]] constexpr amount value_of(std::span<const basic_token<N>> tokens) noexcept
{
    amount sum;
    for (const basic_token<N>& one : tokens)
        sum += value_of(one.denomination);
    return sum;
}

/// The sum over a batch.
template <std::size_t N>
[[nodiscard]] amount value_of(const std::vector<basic_token<N>>& tokens) noexcept
{
    return value_of(std::span<const basic_token<N>>{tokens});
}

/// "1000", "0.01": decimals only as far as they are not zero. `separator` stands between groups of three
/// digits unless it is 0. The same in every locale.
[[nodiscard]] inline std::string to_string(const amount& of, char separator = 0)
{
    std::string text = std::to_string(of.whole);
    for (std::size_t at = text.size(); separator != 0 && at > 3;)
        text.insert(at -= 3, 1, separator);
    if (of.parts == 0)
        return text;
    const std::string digits = std::to_string(amount::parts_per_unit + of.parts).substr(1);
    return text + '.' + digits.substr(0, digits.find_last_not_of('0') + 1);
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_VALUE_HPP
