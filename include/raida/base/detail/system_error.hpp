// Errors of the operating system, whichever category they came with; errors as exceptions.
#ifndef RAIDA_BASE_DETAIL_SYSTEM_ERROR_HPP
#define RAIDA_BASE_DETAIL_SYSTEM_ERROR_HPP

#include <raida/base/version.hpp>

#include <string_view>
#include <system_error>
#include <type_traits>

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

/// What `ask(error)` returns, or std::system_error with `what` where it sets the error.
template <class Ask>
auto or_throw(const char* what, Ask ask)
{
    std::error_code error;
    const auto check = [&] {
        if (error)
            throw std::system_error{error, what};
    };
    if constexpr (std::is_void_v<decltype(ask(error))>) {
        ask(error);
        check();
    } else {
        auto got = ask(error);
        check();
        return got;
    }
}

} // namespace raida::inline v1::detail

#endif // RAIDA_BASE_DETAIL_SYSTEM_ERROR_HPP
