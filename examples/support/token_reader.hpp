// Reads token files of any form.
#ifndef RAIDA_EXAMPLES_TOKEN_READER_HPP
#define RAIDA_EXAMPLES_TOKEN_READER_HPP

#include "bad_input.hpp"
#include "secret_file.hpp"

#include <raida/base/parse_error.hpp>
#include <raida/wire/token_file.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace support {

// Throws bad_input.
[[nodiscard]] inline raida::token_file read_token_file(const std::string& path)
{
    const secret_file file{path};
    raida::parse_error error;
    auto held = raida::read_token_file(
        {reinterpret_cast<const std::uint8_t*>(file.text().data()), file.text().size()}, error,
        {.name = path});
    if (error)
        throw bad_input{path + ": " + error.message()};
    return held;
}

// The same, without the numbers that a pown in limbo has proposed.
[[nodiscard]] inline std::vector<raida::token> read_tokens(const std::string& path)
{
    return read_token_file(path).tokens;
}

} // namespace support

#endif // RAIDA_EXAMPLES_TOKEN_READER_HPP
