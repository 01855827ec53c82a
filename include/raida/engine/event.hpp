// What an engine tells whoever looks on.
#ifndef RAIDA_ENGINE_EVENT_HPP
#define RAIDA_ENGINE_EVENT_HPP

#include <raida/base/inline_function.hpp>
#include <raida/base/printing.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace raida::inline v1 {

/// What happened. Every request that has entered a lane ends with one of `answered`, `timed_out` and
/// `failed`, whether it was sent or not.
enum class event_kind : std::uint8_t
{
    sent,           ///< a datagram was given to the system, a retry maybe
    answered,       ///< a slot has its answer
    timed_out,      ///< a slot's deadline passed
    failed,         ///< a slot ended otherwise: `error` says why
    dropped,        ///< a datagram came that fills no slot: `reason` says why
    window_changed, ///< so many bytes, as a receive buffer counts, may now be in flight to this server
    done            ///< nothing of this fan-out is awaited any more
};

/// Why a datagram filled no slot: the counts of the same names in lane_statistics.
enum class drop_reason : std::uint8_t
{
    none,      ///< it was not dropped
    late,      ///< the echo of a request that is over: a late answer, or a second one
    foreign,   ///< an echo that was not used lately, another server's id or group
    forged,    ///< the right echo with a wrong signature
    malformed, ///< not a response at all
    oversize,  ///< longer than limits::max_reply; ends its slot, if it is about one
    hint       ///< an error answer that cannot be proved: told as a slot's hint
};

/// One thing that happened in an engine. No secrets: neither challenges nor bodies.
struct engine_event
{
    event_kind what{};                  ///< which of the members below mean something
    drop_reason reason{};               ///< of `dropped`
    std::uint8_t attempts = 0;          ///< datagrams sent so far for this slot; 0: none, or not known
    std::uint32_t server = 0;           ///< its id, but of `done`
    std::uint32_t fan_out = 0;          ///< which one, counted from 1; 0: of none
    std::size_t bytes = 0;              ///< of the datagram, or of the window
    std::chrono::nanoseconds elapsed{}; ///< the reply's latency; of `done` since it was begun
    std::error_code error{};            ///< of `timed_out` and `failed`, as the reply has it
    std::chrono::steady_clock::time_point at{}; ///< when, by the transport's clock
};

/// Sees what happens in an engine: fanout::on_event(), client_settings::on_event.
using event_hook = inline_function<void(const engine_event&)>;

/// "sent", "timed out", ...
[[nodiscard]] constexpr std::string_view to_string(event_kind what) noexcept
{
    using enum event_kind;
    return detail::name_of(what, "unknown",
                           {{sent, "sent"},
                            {answered, "answered"},
                            {timed_out, "timed out"},
                            {failed, "failed"},
                            {dropped, "dropped"},
                            {window_changed, "window changed"},
                            {done, "done"}});
}

/// "late", ...
[[nodiscard]] constexpr std::string_view to_string(drop_reason why) noexcept
{
    using enum drop_reason;
    return detail::name_of(why, "unknown",
                           {{none, "none"},
                            {late, "late"},
                            {foreign, "foreign"},
                            {forged, "forged"},
                            {malformed, "malformed"},
                            {oversize, "oversize"},
                            {hint, "hint"}});
}

/// "fan-out 3, server 7: answered, 32 bytes, 1.3 ms", "server 7: dropped, late, 32 bytes"
[[nodiscard]] inline std::string to_string(const engine_event& of)
{
    std::string text;
    if (of.fan_out != 0)
        text.append("fan-out ").append(std::to_string(of.fan_out));
    if (of.what != event_kind::done)
        text.append(text.empty() ? "" : ", ").append("server ").append(std::to_string(of.server));
    text.append(": ").append(to_string(of.what));
    if (of.reason != drop_reason::none)
        text.append(", ").append(to_string(of.reason));
    if (of.what == event_kind::failed)
        text.append(", ").append(of.error.message());
    if (of.bytes != 0)
        text.append(", ").append(std::to_string(of.bytes)).append(" bytes");
    if (of.attempts > 1)
        text.append(", attempt ").append(std::to_string(of.attempts));
    if (of.elapsed != of.elapsed.zero())
        detail::add_milliseconds(text.append(", "), of.elapsed.count());
    return text;
}

} // namespace raida::inline v1

#endif // RAIDA_ENGINE_EVENT_HPP
