// Is this error the operating system's such-and-such, whichever category it came with?
#ifndef RAIDA_BASE_DETAIL_SYSTEM_ERROR_HPP
#define RAIDA_BASE_DETAIL_SYSTEM_ERROR_HPP

#include <raida/base/version.hpp>

#include <string_view>
#include <system_error>

namespace raida::inline v1::detail {

/// By name: each module of a program may have a category object of its own.
inline bool is_of(std::error_code error, std::string_view category) noexcept
{
    return error.category().name() == category;
}

/// Standalone Asio's own category compares unequal to every std::errc in many versions, and headers without
/// Asio cannot name it; the numbers are the same.
inline std::error_code as_system_error(std::error_code error) noexcept
{
    return is_of(error, "asio.system") ? std::error_code{error.value(), std::system_category()} : error;
}

inline bool is_system_error(std::error_code error, std::errc what) noexcept
{
    return as_system_error(error) == what;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_BASE_DETAIL_SYSTEM_ERROR_HPP
