// Any bytes may be given as a file of tokens.
#ifndef RAIDA_TESTS_FUZZ_TOKEN_FILE_HPP
#define RAIDA_TESTS_FUZZ_TOKEN_FILE_HPP

#include "check.hpp"
#include "token_csv.hpp"

#include <raida/wire/token_file.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace fuzz {

inline bool same_tokens(const raida::token_file& one, const raida::token_file& other)
{
    return std::equal(one.tokens.begin(), one.tokens.end(), other.tokens.begin(), other.tokens.end(),
                      [](const auto& left, const auto& right) {
                          return left.id() == right.id() && left.numbers == right.numbers;
                      }) &&
           one.new_numbers == other.new_numbers;
}

/// Read as a file of tokens. True if it is one.
inline bool token_file(raida::bytes_view input)
{
    const raida::token_file_options options{.name = "0006FE0000004D.key"};
    raida::parse_error error;
    const auto file = raida::read_token_file(input, error, options);
    check(file.tokens.empty() == static_cast<bool>(error), "there are tokens or there is an error");
    check(file.new_numbers.empty() || file.new_numbers.size() == file.tokens.size(),
          "no token lacks new numbers");
    check(file.pown_strings.empty() || file.pown_strings.size() == file.tokens.size(),
          "no token lacks letters");
    check(longest_hex(error.message()) < 8, "an error tells no secret");
    if (error)
        return false;
    const std::size_t least = 20 + raida::server_count * raida::authenticity_number::size;
    check(file.tokens.capacity() <= input.size() / least * 2 + 2, "memory is a small multiple of the input");
    for (const auto& token : file.tokens)
        check(token.denomination.is_valid() && token.serial.is_valid(), "what is read is in range");
    for (const auto format :
         {raida::token_format::bin, raida::token_format::csv, raida::token_format::stack}) {
        std::error_code refused;
        const auto written = raida::write_token_file(file, format, refused);
        if (!refused)
            check(same_tokens(raida::read_token_file(written, error, options), file),
                  "what is read can be written");
    }
    return true;
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_TOKEN_FILE_HPP
