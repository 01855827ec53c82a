// Token files: written so that only their owner can read them.
#ifndef RAIDA_EXAMPLES_TOKEN_FILE_HPP
#define RAIDA_EXAMPLES_TOKEN_FILE_HPP

#include "bad_input.hpp"
#include "durable_file.hpp"
#include "secret_file.hpp"
#include "token_reader.hpp"

#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace support {

// Text full of secrets.
using secret_text = std::vector<char, wiping_allocator<char>>;

// As raida::parse_tokens() reads it.
[[nodiscard]] inline secret_text token_csv(std::span<const raida::token> tokens)
{
    secret_text text;
    const auto put = [&text](std::string_view more) { text.insert(text.end(), more.begin(), more.end()); };
    for (const raida::token& one : tokens) {
        put(std::to_string(one.denomination.value));
        put(",");
        put(std::to_string(one.serial.value));
        for (const raida::authenticity_number& number : one.numbers) {
            put(",");
            for (const std::uint8_t byte : number.bytes()) {
                text.push_back("0123456789abcdef"[byte >> 4]);
                text.push_back("0123456789abcdef"[byte & 15]);
            }
        }
        put("\n");
    }
    return text;
}

// Throws bad_input. Mode 0600.
inline void write_tokens(const std::string& path, std::span<const raida::token> tokens)
{
    const secret_text text = token_csv(tokens);
    if (const auto error = write_durably(path, {text.data(), text.size()}))
        throw bad_input{"cannot write " + support::quoted(path) + ": " + error.message()};
}

// May `tokens` be written to this file? Only over nothing, or over the same tokens where `again`. Throws
// bad_input.
inline void check_token_file_is_free(const std::string& path, std::span<const raida::token> tokens,
                                     bool again)
{
    if (!exists(path))
        return;
    const auto same = [](const raida::token& one, const raida::token& other) {
        return one.id() == other.id();
    };
    std::vector<raida::token> held;
    if (again)
        held = read_tokens(path);
    if (!std::equal(held.begin(), held.end(), tokens.begin(), tokens.end(), same))
        throw bad_input{support::quoted(path) + " exists already: name another file with --out"};
}

} // namespace support

#endif // RAIDA_EXAMPLES_TOKEN_FILE_HPP
