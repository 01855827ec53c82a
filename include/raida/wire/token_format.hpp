// What a file of tokens holds, whatever its form.
#ifndef RAIDA_WIRE_TOKEN_FORMAT_HPP
#define RAIDA_WIRE_TOKEN_FORMAT_HPP

#include <raida/wire/authenticity_number.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/token.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace raida::inline v1 {

/// The forms of token files. Those up to `stack` are written, too.
enum class token_format : std::uint8_t
{
    csv,          ///< this library's: a line per token
    bin,          ///< .bin, format 9: what wallets of today write
    key,          ///< .key: 25 lines of digits; the name of the file names the token
    stack,        ///< .stack: JSON of the old network
    legacy_csv,   ///< the old network's, with a column for it
    bin_0,        ///< .bin, format 0
    bin_405,      ///< .bin of 405 bytes
    binary_stack, ///< .stack that is no text
    json,         ///< one token as JSON
    png,          ///< a picture with .stack or .bin format 0 inside
    jpeg          ///< a picture with one token in front
};

/// ".bin, format 9", ...
[[nodiscard]] constexpr std::string_view to_string(token_format format) noexcept
{
    constexpr std::array<std::string_view, 11> names{"CSV",
                                                     ".bin, format 9",
                                                     ".key",
                                                     ".stack",
                                                     "CSV of the old network",
                                                     ".bin, format 0",
                                                     ".bin of 405 bytes",
                                                     "binary .stack",
                                                     "JSON",
                                                     "PNG",
                                                     "JPEG"};
    return names[static_cast<std::size_t>(format)];
}

/// What servers said of a token when its file was written, a letter per server as in tally::pown_string().
using pown_letters = std::array<char, server_count>;

/// A file's content. Holds secrets, which are wiped with it.
struct token_file
{
    token_format format = token_format::bin; ///< how it was written
    std::uint16_t coin = default_coin;       ///< whose tokens
    std::vector<token> tokens{};             ///< in the file's order

    /// A pown in limbo: the numbers that were proposed to the servers, one set per token, and nobody knows
    /// which of both a server holds. Else empty.
    std::vector<authenticity_numbers<>> new_numbers{};

    std::vector<pown_letters> pown_strings{}; ///< one per token where the form has them, else empty
    std::array<std::uint8_t, 3> task_id{0x99, 0x99, 0x99}; ///< of a .bin of one token
};

/// How a file is read.
struct token_file_options
{
    std::uint32_t limit = serial_limit; ///< serial numbers at or over it are refused
    std::uint16_t coin = default_coin;  ///< files that name another one are refused

    /// What tokens are worth in forms that do not say it. Without it the serial number says it: today's
    /// servers have those of 1 only, the others are errc::legacy_token.
    std::optional<denomination> worth{};

    /// The name of the file, with or without folders: only .key files need it.
    std::string_view name{};
};

} // namespace raida::inline v1

#endif // RAIDA_WIRE_TOKEN_FORMAT_HPP
