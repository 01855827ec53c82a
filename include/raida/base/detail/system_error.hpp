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

#if defined(_WIN32)
/// What Windows calls the errors of sockets, which MinGW's standard library does not know. errc{}: it is
/// another.
constexpr std::errc portable_of_windows(int number) noexcept
{
    struct pair
    {
        int number;
        std::errc portable;
    };
    constexpr pair pairs[] = {{64, std::errc::connection_reset},
                              {995, std::errc::operation_canceled},
                              {1231, std::errc::network_unreachable},
                              {1232, std::errc::host_unreachable},
                              {1233, std::errc::no_protocol_option},
                              {1234, std::errc::connection_refused},
                              {10004, std::errc::interrupted},
                              {10009, std::errc::bad_file_descriptor},
                              {10013, std::errc::permission_denied},
                              {10022, std::errc::invalid_argument},
                              {10035, std::errc::operation_would_block},
                              {10040, std::errc::message_size},
                              {10042, std::errc::no_protocol_option},
                              {10048, std::errc::address_in_use},
                              {10049, std::errc::address_not_available},
                              {10050, std::errc::network_down},
                              {10051, std::errc::network_unreachable},
                              {10052, std::errc::network_reset},
                              {10053, std::errc::connection_aborted},
                              {10054, std::errc::connection_reset},
                              {10055, std::errc::no_buffer_space},
                              {10057, std::errc::not_connected},
                              {10060, std::errc::timed_out},
                              {10061, std::errc::connection_refused},
                              {10064, std::errc::host_unreachable},
                              {10065, std::errc::host_unreachable}};
    for (const pair& one : pairs)
        if (one.number == number)
            return one.portable;
    return {};
}
#endif

/// Standalone Asio's own category compares unequal to every std::errc in many versions, and headers without
/// Asio cannot name it; the numbers are the same.
inline std::error_code as_system_error(std::error_code error) noexcept
{
#if defined(_WIN32)
    if (is_of(error, "asio.system") || is_of(error, "system"))
        if (const auto portable = portable_of_windows(error.value()); static_cast<int>(portable) != 0)
            return std::make_error_code(portable);
#endif
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
