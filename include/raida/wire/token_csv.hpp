// Token files as text: one token a line.
#ifndef RAIDA_WIRE_TOKEN_CSV_HPP
#define RAIDA_WIRE_TOKEN_CSV_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/wire/detail/csv_reader.hpp>
#include <raida/wire/detail/secret_writer.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace raida::inline v1 {

/// Reads a token file: CSV, one token a line: denomination, serial number, then N authenticity numbers as 32
/// hexadecimal digits each, server 0 first. Blank lines, lines that start with '#', CRLF, a byte order mark,
/// quotes around fields and semicolons in place of commas are fine.
///
/// A first line with the names of the columns says in which order they are: denomination (or dn), serial
/// number (serial, sn), an0.. or an1..; without names for the authenticity numbers these follow in order.
/// With a column nn, for the network, the rows are the old network's: "denomination" is what the token is
/// worth then, and may be missing.
///
/// Errors: if anything is wrong, `error` is set and the result is empty: invalid_denomination,
/// invalid_serial_number (at or over `limit`), invalid_authenticity (missing, or not 32 digits),
/// malformed_line (more fields than that, or a heading with an unknown name), duplicate_token, no_tokens,
/// legacy_token, unsupported_format (UTF-16; rows without a heading whose second field is always 1, which
/// may be a serial number or the old network's). It names line and field, and never repeats a secret.
template <std::size_t N = server_count>
[[nodiscard]] std::vector<basic_token<N>> parse_tokens(std::string_view text, parse_error& error,
                                                       std::uint32_t limit = serial_limit)
{
    error = {};
    return detail::csv_reader<N>{error, limit}.read(text);
}

/// The same, but throws std::system_error, whose text names line and field.
template <std::size_t N = server_count>
[[nodiscard]] std::vector<basic_token<N>> parse_tokens(std::string_view text,
                                                       std::uint32_t limit = serial_limit)
{
    parse_error error;
    auto tokens = parse_tokens<N>(text, error, limit);
    error.throw_if_set();
    return tokens;
}

/// As parse_tokens() reads it, without a heading unless one is needed to read it in one way only. The bytes
/// are secret and wiped with the result.
template <std::size_t N>
[[nodiscard]] secret_bytes write_tokens_csv(std::span<const basic_token<N>> tokens)
{
    const bool needs_heading = std::all_of(tokens.begin(), tokens.end(), [](const basic_token<N>& one) {
        return one.serial.value == 1 && one.denomination.value >= 0;
    });
    constexpr std::size_t longest = 16 + 33 * N, heading = 32 + 8 * N;
    detail::secret_writer out{heading + tokens.size() * longest};
    if (needs_heading) {
        out.put("denomination,serial number");
        for (std::size_t server = 0; server < N; ++server)
            out.put(",an", server);
        out.put('\n');
    }
    for (const basic_token<N>& one : tokens) {
        out.put(int{one.denomination.value}, ',', one.serial.value);
        detail::put_numbers(out, one.numbers);
        out.put('\n');
    }
    return out.take();
}

/// The same for the whole network, of any contiguous tokens.
[[nodiscard]] inline secret_bytes write_tokens_csv(std::span<const token> tokens)
{
    return write_tokens_csv<server_count>(tokens);
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_TOKEN_CSV_HPP
