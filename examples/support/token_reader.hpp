// Reads token files.
#ifndef RAIDA_EXAMPLES_TOKEN_READER_HPP
#define RAIDA_EXAMPLES_TOKEN_READER_HPP

#include "bad_input.hpp"
#include "secret_file.hpp"

#include <raida/wire/token_csv.hpp>

#include <string>
#include <vector>

namespace support {

// Throws bad_input.
[[nodiscard]] inline std::vector<raida::token> read_tokens(const std::string& path)
{
    const secret_file file{path};
    raida::parse_error error;
    auto tokens = raida::parse_tokens(file.text(), error);
    if (error)
        throw bad_input{path + ": " + error.message()};
    return tokens;
}

} // namespace support

#endif // RAIDA_EXAMPLES_TOKEN_READER_HPP
