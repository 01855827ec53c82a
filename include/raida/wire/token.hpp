// Tokens: a denomination, a serial number, and one secret authenticity number per server.
#ifndef RAIDA_WIRE_TOKEN_HPP
#define RAIDA_WIRE_TOKEN_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/printing.hpp>
#include <raida/wire/authenticity_number.hpp>
#include <raida/wire/packet.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace raida::inline v1 {

/// What a token is worth, as a power of ten. Others than -8..6 alias another record on real servers.
struct denomination
{
    std::int8_t value{}; ///< the exponent

    /// -8 to 6.
    [[nodiscard]] constexpr bool is_valid() const noexcept { return value >= -8 && value <= 6; }
    friend constexpr auto operator<=>(const denomination&, const denomination&) = default;
};

/// Serial numbers at or over this alias another record on real servers (measured).
inline constexpr std::uint32_t serial_limit = 1'024'000;

/// Which one of its denomination.
struct serial_number
{
    std::uint32_t value{}; ///< under `serial_limit`

    /// Under the limit.
    [[nodiscard]] constexpr bool is_valid(std::uint32_t limit = serial_limit) const noexcept
    {
        return value < limit;
    }
    friend constexpr auto operator<=>(const serial_number&, const serial_number&) = default;
};

/// What names a token: no secrets.
struct token_id
{
    raida::denomination denomination{}; ///< what it is worth
    raida::serial_number serial{};      ///< which one

    /// The inverse of to_string(); nothing for other text and for numbers that do not fit their fields.
    /// Whether the numbers are in range is the caller's to check.
    [[nodiscard]] static std::optional<token_id> parse(std::string_view text) noexcept
    {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos)
            return std::nullopt;
        const auto power = detail::parse_number<std::int8_t>(text.substr(0, colon));
        const auto number = detail::parse_number<std::uint32_t>(text.substr(colon + 1));
        if (!power || !number)
            return std::nullopt;
        return token_id{{*power}, {*number}};
    }

    /// Both as one number, the same for the same token and in the same order.
    [[nodiscard]] constexpr std::uint64_t key() const noexcept
    {
        return static_cast<std::uint64_t>(denomination.value + 128) << 32 | serial.value;
    }

    friend constexpr auto operator<=>(const token_id&, const token_id&) = default;
};

/// "denomination:serial", such as "0:12345" or "-2:77".
[[nodiscard]] inline std::string to_string(token_id id)
{
    return std::to_string(id.denomination.value) + ':' + std::to_string(id.serial.value);
}

/// A token as its owner holds it: `numbers[i]` is what server i knows it by.
template <std::size_t N = server_count>
struct basic_token
{
    raida::denomination denomination{}; ///< what it is worth
    raida::serial_number serial{};      ///< which one
    authenticity_numbers<N> numbers{};  ///< the secrets, by server id

    /// Its name.
    [[nodiscard]] constexpr token_id id() const noexcept { return {denomination, serial}; }
};

/// The token's name, never its secrets.
template <std::size_t N>
[[nodiscard]] std::string to_string(const basic_token<N>& of)
{
    return to_string(of.id());
}

// In a namespace of its own, so that parameters named `token`, as Asio calls them too, shadow nothing.
inline namespace aliases {
/// Of the 25 servers.
using token = basic_token<>;
} // namespace aliases

} // namespace raida::inline v1

#endif // RAIDA_WIRE_TOKEN_HPP
