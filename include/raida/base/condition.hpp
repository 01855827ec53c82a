// Kinds of errors, whoever reports them: this library, Asio in any version, the operating system.
#ifndef RAIDA_BASE_CONDITION_HPP
#define RAIDA_BASE_CONDITION_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/base/detail/visible.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/printing.hpp>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace raida::inline v1 {

/// To be compared with an error code: `reply.error == raida::condition::refused`. An error is of one kind at
/// most. Standalone Asio's errors compare unequal to std::errc in many of its versions; here they are what
/// they say.
enum class condition
{
    refused = 1,  ///< nobody listens there, or who did hung up
    unreachable,  ///< there is no way, or none that is allowed
    timed_out,    ///< no answer in time
    cancelled,    ///< by the caller, or since the engine or client was destroyed
    not_asked,    ///< never sent: left out, without an address, isolated, no place in the lane in time
    unknown_host, ///< a name for which no address was found
    unusable      ///< what came is no answer to what was asked
};

namespace detail {

constexpr condition kind_of(errc error) noexcept
{
    switch (error) {
    case errc::timed_out:
        return condition::timed_out;
    case errc::engine_stopped:
        return condition::cancelled;
    case errc::skipped:
    case errc::no_endpoint:
    case errc::overloaded:
    case errc::isolated:
        return condition::not_asked;
    case errc::oversize:
    case errc::malformed_response:
        return condition::unusable;
    default:
        return {};
    }
}

constexpr condition kind_of(std::errc error) noexcept
{
    switch (error) {
    case std::errc::connection_refused:
    case std::errc::connection_reset: // on Windows what Linux calls refused
    case std::errc::connection_aborted:
    case std::errc::broken_pipe:
        return condition::refused;
    case std::errc::host_unreachable:
    case std::errc::network_unreachable:
    case std::errc::network_down:
    case std::errc::network_reset:
    case std::errc::address_not_available:
    case std::errc::no_protocol_option:      // ICMP: no such protocol there
    case std::errc::permission_denied:       // a broadcast address, a firewall
    case std::errc::operation_not_permitted: // a firewall
        return condition::unreachable;
    case std::errc::timed_out:
        return condition::timed_out;
    case std::errc::operation_canceled:
        return condition::cancelled;
    default:
        return {};
    }
}

/// What kind of error this is; condition{} for all others.
inline condition kind_of(std::error_code error) noexcept
{
    if (is_own(error))
        return kind_of(static_cast<errc>(error.value()));
    if (is_of(error, "asio.netdb") || is_of(error, "asio.addrinfo"))
        return condition::unknown_host;
    if (is_of(error, "asio.misc") && error.value() == 2) // eof
        return condition::refused;
#if defined(_WIN32) // where these are no category of their own
    if (is_of(error, "asio.system") && (error.value() == 10109 || error.value() / 10 == 1100))
        return condition::unknown_host;
#endif
    const auto system = as_system_error(error);
#ifdef EHOSTDOWN // ICMP's "host unknown", for which the standard has no name
    if (system.value() == EHOSTDOWN && system.category() == std::system_category())
        return condition::unreachable;
#endif
    const auto portable = system.default_error_condition();
    return portable.category() == std::generic_category() ? kind_of(static_cast<std::errc>(portable.value()))
                                                          : condition{};
}

} // namespace detail

/// "refused", "timed out", ...
[[nodiscard]] constexpr std::string_view to_string(condition what) noexcept
{
    using enum condition;
    return detail::name_of(what, "unknown condition",
                           {{refused, "refused"},
                            {unreachable, "unreachable"},
                            {timed_out, "timed out"},
                            {cancelled, "cancelled"},
                            {not_asked, "not asked"},
                            {unknown_host, "unknown host"},
                            {unusable, "no usable answer"}});
}

namespace detail {

class RAIDA_VISIBLE condition_category final : public std::error_category
{
  public:
    [[nodiscard]] const char* name() const noexcept override { return "raida.condition"; }
    [[nodiscard]] std::string message(int value) const override
    {
        return std::string{to_string(static_cast<condition>(value))};
    }
    [[nodiscard]] bool equivalent(const std::error_code& error, int value) const noexcept override
    {
        return value != 0 && kind_of(error) == static_cast<condition>(value);
    }
};

} // namespace detail

/// The category of raida::condition.
RAIDA_VISIBLE inline const std::error_category& condition_category() noexcept
{
    static const detail::condition_category instance;
    return instance;
}

/// For comparisons with std::error_code.
inline std::error_condition make_error_condition(condition what) noexcept
{
    return {static_cast<int>(what), condition_category()};
}

} // namespace raida::inline v1

template <>
struct std::is_error_condition_enum<raida::condition> : std::true_type
{};

#endif // RAIDA_BASE_CONDITION_HPP
