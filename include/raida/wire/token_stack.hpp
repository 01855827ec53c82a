// Writes .stack files: the JSON of the old network, which many programs still exchange.
#ifndef RAIDA_WIRE_TOKEN_STACK_HPP
#define RAIDA_WIRE_TOKEN_STACK_HPP

#include <raida/base/errc.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/wire/detail/secret_writer.hpp>
#include <raida/wire/detail/token_checks.hpp>
#include <raida/wire/token_format.hpp>

#include <algorithm>
#include <cstddef>
#include <system_error>

namespace raida::inline v1 {

/// A .stack file. It has no denominations but the 1 of the old network's serial numbers up to 2,097,152, and
/// no proposed numbers. The bytes are secret and wiped with the result.
/// Errors: no_tokens; invalid_denomination for other tokens; unsupported_format for a pown in limbo, whose
/// new numbers would be lost. Then it is empty.
[[nodiscard]] inline secret_bytes write_token_stack(const token_file& file, std::error_code& error)
{
    const auto is_one = [](const token& one) {
        return one.denomination.value == 0 && detail::legacy_value(one.serial.value) == 1;
    };
    error = file.tokens.empty()         ? make_error_code(errc::no_tokens)
            : !file.new_numbers.empty() ? make_error_code(errc::unsupported_format)
            : !std::all_of(file.tokens.begin(), file.tokens.end(), is_one)
                ? make_error_code(errc::invalid_denomination)
                : std::error_code{};
    if (error)
        return {};
    constexpr std::size_t frame = 64, longest = 256 + server_count * 48;
    detail::secret_writer out{frame + file.tokens.size() * longest};
    out.put("{\n \"cloudcoin\": [\n");
    for (std::size_t i = 0; i < file.tokens.size(); ++i) {
        const token& one = file.tokens[i];
        out.put(i == 0 ? "" : ",\n", "  {\n   \"nn\": \"1\",\n   \"sn\": \"", one.serial.value,
                "\",\n   \"an\": [\n");
        for (std::size_t server = 0; server < server_count; ++server)
            out.put("    \"", one.numbers[server], server + 1 < server_count ? "\",\n" : "\"\n");
        out.put("   ],\n   \"pown\": \"");
        for (std::size_t server = 0; server < server_count; ++server)
            out.put(i < file.pown_strings.size() ? file.pown_strings[i][server] : 'u');
        out.put(
            "\",\n   \"ed\": \"9-2031\",\n   \"aoid\": []\n  }"); // nothing expires, but readers want a date
    }
    out.put("\n ]\n}");
    return out.take();
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_TOKEN_STACK_HPP
