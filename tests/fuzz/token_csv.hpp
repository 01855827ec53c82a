// Any text may be given as a token file, or as a token's name.
#ifndef RAIDA_TESTS_FUZZ_TOKEN_CSV_HPP
#define RAIDA_TESTS_FUZZ_TOKEN_CSV_HPP

#include "check.hpp"

#include <raida/base/detail/text.hpp>
#include <raida/wire/token_csv.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace fuzz {

// The longest row of hexadecimal digits: an error text that names only places has none worth stealing.
inline std::size_t longest_hex(std::string_view text)
{
    std::size_t longest = 0, current = 0;
    for (const char c : text) {
        current = raida::detail::hex_digit(c) >= 0 ? current + 1 : 0;
        longest = std::max(longest, current);
    }
    return longest;
}

/// Read as a token file of two servers. True if it is one.
inline bool token_csv(raida::bytes_view input)
{
    const std::string_view text{reinterpret_cast<const char*>(input.data()), input.size()};
    if (const auto id = raida::token_id::parse(text))
        check(raida::token_id::parse(to_string(*id)) == id, "a name is written as it is read");

    raida::parse_error error;
    const auto tokens = raida::parse_tokens<2>(text, error);
    check(tokens.empty() == static_cast<bool>(error), "there are tokens or there is an error");
    if (error) {
        const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
        check(error.line <= lines, "an error is in a line that exists");
        check(longest_hex(error.message()) < 8, "an error tells no secret");
        return false;
    }
    for (const auto& token : tokens)
        check(token.denomination.is_valid() && token.serial.is_valid(), "what is read is in range");
    const auto written = raida::write_tokens_csv<2>(tokens);
    const auto again =
        raida::parse_tokens<2>({reinterpret_cast<const char*>(written.data()), written.size()}, error);
    const auto same = [](const auto& left, const auto& right) {
        return left.id() == right.id() && left.numbers == right.numbers;
    };
    check(std::equal(tokens.begin(), tokens.end(), again.begin(), again.end(), same),
          "what is read can be written");
    return true;
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_TOKEN_CSV_HPP
