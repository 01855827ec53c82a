// The token that encrypts, found among those at hand by its name.
#ifndef RAIDA_EXAMPLES_KEY_TOKEN_HPP
#define RAIDA_EXAMPLES_KEY_TOKEN_HPP

#include "bad_input.hpp"

#include <raida/wire/token.hpp>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace support {

// Reads "DENOMINATION:SERIAL". Throws bad_input for other text.
[[nodiscard]] inline raida::token_id key_name(std::string_view denomination_serial)
{
    const auto wanted = raida::token_id::parse(denomination_serial);
    if (!wanted)
        throw bad_input{"a key token is named DENOMINATION:SERIAL, such as 0:12345, not " +
                        quoted(denomination_serial)};
    return *wanted;
}

// The token named "DENOMINATION:SERIAL" among `tokens`, as a reference into them. Throws bad_input for other
// text and where there is no such token.
[[nodiscard]] inline const raida::token& key_token(std::span<const raida::token> tokens,
                                                   std::string_view denomination_serial)
{
    const raida::token_id wanted = key_name(denomination_serial);
    const auto found = std::find_if(tokens.begin(), tokens.end(),
                                    [&](const raida::token& one) { return one.id() == wanted; });
    if (found == tokens.end())
        throw bad_input{"there is no token " + raida::to_string(wanted) +
                        " to encrypt with: --encrypt names one of --keys, or else of --tokens"};
    return *found;
}

} // namespace support

#endif // RAIDA_EXAMPLES_KEY_TOKEN_HPP
