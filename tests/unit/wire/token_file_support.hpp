// Files of tokens as tests make, spoil and compare them.
#ifndef RAIDA_TESTS_UNIT_WIRE_TOKEN_FILE_SUPPORT_HPP
#define RAIDA_TESTS_UNIT_WIRE_TOKEN_FILE_SUPPORT_HPP

#include <raida/testing/tokens.hpp>
#include <raida/wire/token_file.hpp>

#include <catch2/catch_test_macros.hpp>

#include "data_files.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace tests {

inline raida::bytes_view bytes_of(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string text_of(raida::bytes_view bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// An error, or the names of the tokens: "0:12345 -2:77".
inline std::string outcome(std::string_view bytes, const raida::token_file_options& options = {})
{
    raida::parse_error error;
    const auto file = raida::read_token_file(bytes_of(bytes), error, options);
    CHECK(file.tokens.empty() == static_cast<bool>(error));
    CHECK((file.new_numbers.empty() || file.new_numbers.size() == file.tokens.size()));
    CHECK((file.pown_strings.empty() || file.pown_strings.size() == file.tokens.size()));
    if (error)
        return error.message();
    std::string names;
    for (const raida::token& one : file.tokens)
        names += (names.empty() ? "" : " ") + to_string(one.id());
    return names;
}

inline raida::errc code_of(std::string_view bytes, const raida::token_file_options& options = {})
{
    raida::parse_error error;
    static_cast<void>(raida::read_token_file(bytes_of(bytes), error, options));
    return error.code.category() == raida::error_category() ? static_cast<raida::errc>(error.code.value())
                                                            : raida::errc{};
}

inline bool same(const raida::token& one, const raida::token& other)
{
    return one.id() == other.id() && one.numbers == other.numbers;
}

inline bool same(const raida::token_file& one, const raida::token_file& other)
{
    return std::equal(one.tokens.begin(), one.tokens.end(), other.tokens.begin(), other.tokens.end(),
                      [](const auto& a, const auto& b) { return same(a, b); }) &&
           one.new_numbers == other.new_numbers && one.pown_strings == other.pown_strings &&
           one.coin == other.coin && one.task_id == other.task_id;
}

/// Nothing but tokens that were in the file, each with its numbers.
inline bool is_part(const raida::token_file& part, const raida::token_file& whole)
{
    return std::all_of(part.tokens.begin(), part.tokens.end(), [&](const raida::token& one) {
        return std::any_of(whole.tokens.begin(), whole.tokens.end(),
                           [&](const raida::token& other) { return same(one, other); });
    });
}

} // namespace tests

#endif // RAIDA_TESTS_UNIT_WIRE_TOKEN_FILE_SUPPORT_HPP
