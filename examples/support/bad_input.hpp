// What the user got wrong, in one line.
#ifndef RAIDA_EXAMPLES_BAD_INPUT_HPP
#define RAIDA_EXAMPLES_BAD_INPUT_HPP

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace support {

struct bad_input : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

// Quoted for an error line: whatever is in the text, the line stays one line, and what could be an
// authenticity number, or half of one, is not repeated. An object, so that std::quoted is never meant.
inline constexpr auto quoted = [](std::string_view text) {
    constexpr std::string_view hex_digits = "0123456789abcdefABCDEF";
    constexpr std::size_t secret = 16; // digits: half a number
    std::string result{"'"};
    while (!text.empty()) {
        const std::size_t run = std::min(text.find_first_not_of(hex_digits), text.size());
        if (run >= secret)
            result += "[redacted]";
        else
            result += text.substr(0, run);
        text.remove_prefix(run);
        if (text.empty())
            break;
        const auto byte = static_cast<unsigned char>(text.front());
        result += byte < 32 || byte == 127 ? '?' : text.front();
        text.remove_prefix(1);
    }
    return result + "'";
};

} // namespace support

#endif // RAIDA_EXAMPLES_BAD_INPUT_HPP
