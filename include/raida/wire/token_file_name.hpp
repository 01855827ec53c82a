// How wallets call their files.
#ifndef RAIDA_WIRE_TOKEN_FILE_NAME_HPP
#define RAIDA_WIRE_TOKEN_FILE_NAME_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/detail/text.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/token.hpp>
#include <raida/wire/value.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace raida::inline v1 {

/// "1.9752.bin": denomination and serial number.
[[nodiscard]] inline std::string bin_file_name(token_id id)
{
    return std::to_string(id.denomination.value) + '.' + std::to_string(id.serial.value) + ".bin";
}

/// "1,000 CloudCoin #7998 'tag'.bin": the value, with '-' after four decimals, then the serial number, or the
/// count if there are many. Characters of the tag that no file system, or no reader of such names, could take
/// become '_'.
[[nodiscard]] inline std::string bin_file_name(std::span<const token> tokens, std::string_view tag)
{
    const std::size_t number = tokens.size() == 1 ? tokens[0].serial.value : tokens.size();
    std::string name = to_string(value_of(tokens), ',');
    if (const std::size_t point = name.find('.'); point != std::string::npos && name.size() > point + 5)
        name.insert(point + 5, 1, '-');
    name += " CloudCoin #" + std::to_string(number) + " '";
    for (const char c : tag) {
        const bool is_unsafe = static_cast<unsigned char>(c) < ' ' || c == '\x7F' ||
                               std::string_view{"/\\:*?\"<>|'"}.find(c) != std::string_view::npos;
        name += is_unsafe ? '_' : c;
    }
    return name + "'.bin";
}

/// What the name of a .key file says.
struct key_file_name
{
    std::uint16_t coin = default_coin; ///< whose token
    token_id id{};                     ///< which

    /// "00060100002618.key": coin, denomination and serial number in hex. Folders before it do not matter;
    /// nothing for other names. Whether the numbers are in range is the caller's to check.
    [[nodiscard]] static std::optional<key_file_name> parse(std::string_view path) noexcept
    {
        constexpr std::size_t size = 14 + 4;                                     // digits, ".key"
        const std::string_view name = path.substr(path.find_last_of("/\\") + 1); // npos + 1 is the beginning
        std::array<std::uint8_t, 7> bytes{};
        if (name.size() != size || name.substr(14) != ".key" || !detail::from_hex(name.substr(0, 14), bytes))
            return std::nullopt;
        return key_file_name{detail::load_big<2, std::uint16_t>(bytes.data()),
                             {{static_cast<std::int8_t>(bytes[2])}, {detail::load_big<4>(bytes.data() + 3)}}};
    }
};

/// The inverse of parse().
[[nodiscard]] inline std::string to_string(const key_file_name& of)
{
    std::array<std::uint8_t, 7> bytes{};
    detail::store_big<2>(bytes.data(), std::uint32_t{of.coin});
    bytes[2] = static_cast<std::uint8_t>(of.id.denomination.value);
    detail::store_big<4>(bytes.data() + 3, of.id.serial.value);
    std::string name;
    for (const std::uint8_t byte : bytes)
        for (const char digit : detail::to_hex(byte))
            name += digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit;
    return name + ".key";
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_TOKEN_FILE_NAME_HPP
