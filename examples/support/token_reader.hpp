// Reads token files of any form.
#ifndef RAIDA_EXAMPLES_TOKEN_READER_HPP
#define RAIDA_EXAMPLES_TOKEN_READER_HPP

#include "bad_input.hpp"
#include "secret_file.hpp"

#include <raida/base/parse_error.hpp>
#include <raida/wire/token_file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace support {

// Does it begin with a "host:port"? Files are mixed up easily.
[[nodiscard]] inline bool looks_like_servers(std::string_view text)
{
    const std::string_view line = text.substr(0, std::min(text.find_first_of("\r\n"), text.size()));
    const std::size_t colon = line.rfind(':');
    return colon != std::string_view::npos && line.size() - colon < 7 &&
           line.find_first_of(",;\"{<") == std::string_view::npos &&
           line.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
}

// Throws bad_input.
[[nodiscard]] inline raida::token_file read_token_file(std::string_view bytes, const std::string& path,
                                                       raida::token_file_options how = {})
{
    raida::parse_error error;
    how.name = path;
    auto held = raida::read_token_file({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()},
                                       error, how);
    if (error && looks_like_servers(bytes))
        throw bad_input{path + ": a list of servers, where tokens are wanted"};
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
