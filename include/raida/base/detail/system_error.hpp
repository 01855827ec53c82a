// Is this error the operating system's such-and-such, whichever category it came with?
#ifndef RAIDA_BASE_DETAIL_SYSTEM_ERROR_HPP
#define RAIDA_BASE_DETAIL_SYSTEM_ERROR_HPP

#include <raida/base/version.hpp>

#include <string_view>
#include <system_error>

namespace raida::inline v1::detail {

/// Standalone Asio's own category compares unequal to every std::errc, and headers without Asio cannot name
/// it; the numbers are the same.
inline bool is_system_error(std::error_code error, std::errc what) noexcept
{
    return error == what || (error.value() == static_cast<int>(what) &&
                             std::string_view{error.category().name()} == "asio.system");
}

} // namespace raida::inline v1::detail

#endif // RAIDA_BASE_DETAIL_SYSTEM_ERROR_HPP
