// Reads token files of any form.
#ifndef RAIDA_EXAMPLES_TOKEN_READER_HPP
#define RAIDA_EXAMPLES_TOKEN_READER_HPP

#include "bad_input.hpp"
#include "secret_file.hpp"

#include <raida/base/parse_error.hpp>
#include <raida/wire/token_file.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace support {

// Throws bad_input.
[[nodiscard]] inline raida::token_file read_token_file(std::string_view bytes, const std::string& path,
                                                       raida::token_file_options how = {})
{
    raida::parse_error error;
    how.name = path;
    auto held = raida::read_token_file({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                                       error, how);
    if (error)
        throw bad_input{path + ": " + error.message()};
    return held;
}

// The whole file. Throws bad_input.
[[nodiscard]] inline raida::token_file read_token_file(const std::string& path, std::uint16_t coin)
{
    return read_token_file(secret_file{path}.text(), path, {.coin = coin});
}

// The same, without the numbers that a pown in limbo has proposed.
[[nodiscard]] inline std::vector<raida::token> read_tokens(const std::string& path, std::uint16_t coin)
{
    return read_token_file(path, coin).tokens;
}

} // namespace support

#endif // RAIDA_EXAMPLES_TOKEN_READER_HPP
