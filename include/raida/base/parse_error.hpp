// Why a text (a token file, a server list) was refused, and where.
#ifndef RAIDA_BASE_PARSE_ERROR_HPP
#define RAIDA_BASE_PARSE_ERROR_HPP

#include <raida/base/errc.hpp>

#include <cstddef>
#include <string>
#include <system_error>

namespace raida::inline v1 {

/// What is wrong in a text and where. It names places and never repeats the text, which may hold secrets.
struct parse_error
{
    std::error_code code{}; ///< empty: the text was good
    std::size_t line{};     ///< counted from 1; 0: the text as a whole
    std::string field{};    ///< which part of the line; empty: the line as a whole

    /// True if there is an error.
    explicit operator bool() const noexcept { return static_cast<bool>(code); }

    /// "line 3, serial number: serial number out of range (by default under 1024000)"
    [[nodiscard]] std::string message() const
    {
        const std::string place = where();
        return place.empty() ? code.message() : place + ": " + code.message();
    }

    /// "line 3, serial number"; empty for the text as a whole.
    [[nodiscard]] std::string where() const
    {
        std::string place;
        if (line != 0)
            place = "line " + std::to_string(line);
        if (!place.empty() && !field.empty())
            place += ", ";
        return place + field;
    }

    /// Throws std::system_error with the code and the place if there is an error.
    void throw_if_set() const
    {
        if (code)
            throw std::system_error{code, where()};
    }
};

} // namespace raida::inline v1

#endif // RAIDA_BASE_PARSE_ERROR_HPP
