// std::format for whatever of this library can be streamed, where the standard library has it.
#ifndef RAIDA_BASE_FORMAT_HPP
#define RAIDA_BASE_FORMAT_HPP

#include <raida/base/printing.hpp>

#include <string_view>
#include <version>

#ifdef __cpp_lib_format
#include <format>

/// As a text, with a text's width and fill: `std::format("{:>12}", tally.verdict(0))`.
template <raida::detail::printing::printable T>
struct std::formatter<T, char> : std::formatter<std::string_view, char>
{
    template <class Context>
    auto format(const T& what, Context& context) const
    {
        return std::formatter<std::string_view, char>::format(to_string(what), context);
    }
};
#endif

#endif // RAIDA_BASE_FORMAT_HPP
