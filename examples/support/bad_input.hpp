// What the user got wrong, in one line.
#ifndef RAIDA_EXAMPLES_BAD_INPUT_HPP
#define RAIDA_EXAMPLES_BAD_INPUT_HPP

#include <stdexcept>
#include <string>
#include <string_view>

namespace support {

struct bad_input : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

// Quoted for an error line: whatever is in the text, the line stays one line.
inline std::string quoted(std::string_view text)
{
    std::string result{"'"};
    for (const char c : text)
        result += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
    return result + "'";
}

} // namespace support

#endif // RAIDA_EXAMPLES_BAD_INPUT_HPP
