// Requests in hexadecimal digits, as protocol.md's tables give them, for the tests of the embedded servers.
#ifndef RAIDA_TESTS_FLEET_SUPPORT_HPP
#define RAIDA_TESTS_FLEET_SUPPORT_HPP

#include <unit/hex.hpp>

#include <raida/testing/server_rules.hpp>
#include <raida/wire/token.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fleet_support {

using bytes = std::vector<std::uint8_t>;
using tests::hex;

inline constexpr std::string_view zeros =
    "000000000000000000000000 7BD5C66F"; // a challenge: 12 bytes and their CRC
inline constexpr std::string_view ones = "FFFFFFFFFFFFFFFFFFFFFFFF BB99FF8A"; // another one

// A request to server 3, group and code and echo as digits. Its body length is what the parts need.
inline bytes request(std::string_view command, std::string_view echo, std::string_view challenge = zeros,
                     std::string_view payload = "")
{
    const std::size_t body = (hex(challenge).size() + hex(payload).size()) / 2 + 2;
    const std::uint8_t length[] = {static_cast<std::uint8_t>(body >> 8), static_cast<std::uint8_t>(body)};
    std::string text = "01 00 03 00 ";
    text += command;
    text += " 0006 01 0000000000 00 01 00 00 00000000 " + hex(length) + " 000000000000 ";
    text += echo;
    text += challenge;
    text += payload;
    return tests::bytes(text + "3E3E");
}

// The same request with one byte changed.
inline bytes with(bytes data, std::size_t offset, std::uint8_t value)
{
    data.at(offset) = value;
    return data;
}

inline std::string repeat(std::string_view text, std::size_t times)
{
    std::string result;
    for (std::size_t i = 0; i < times; ++i)
        result += text;
    return result;
}

// Authenticity numbers, new numbers and tokens of 16 and 5 bytes.
inline const std::string number_a = repeat("A1", 16), number_b = repeat("B2", 16),
                         number_c = repeat("C3", 16);
inline constexpr std::string_view token_1 = "00 00000001"; // 0:1
inline constexpr std::string_view token_2 = "FE 000F9FFF"; // -2:1023999
inline constexpr std::string_view token_3 = "06 00000400"; // 6:1024

inline raida::authenticity_number number(std::string_view digits)
{
    return raida::authenticity_number::from_hex(digits).value();
}

// Every answer states the same execution time, 15 microseconds, so that whole answers can be compared.
inline raida::testing::server_rules steady_rules()
{
    raida::testing::server_rules rules;
    rules.least_execution_time = rules.most_execution_time = std::chrono::microseconds{15};
    return rules;
}

} // namespace fleet_support

#endif // RAIDA_TESTS_FLEET_SUPPORT_HPP
