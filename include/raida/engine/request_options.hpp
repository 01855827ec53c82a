// What a caller may say about one fan-out.
#ifndef RAIDA_ENGINE_REQUEST_OPTIONS_HPP
#define RAIDA_ENGINE_REQUEST_OPTIONS_HPP

#include <raida/base/errc.hpp>
#include <raida/base/inline_function.hpp>
#include <raida/consensus/completion.hpp>
#include <raida/engine/deadlines.hpp>
#include <raida/engine/retry.hpp>
#include <raida/wire/reply.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace raida::inline v1 {

/// How one fan-out is done. Every member has a default; use designated initialisers:
/// `{.deadline = 2s, .complete = when_quorum()}`.
template <std::size_t N = server_count>
struct request_options
{
    /// How long each server is awaited: a duration, or N of them.
    deadlines<N> deadline{};

    /// Whether silence is answered by asking again. Default: nothing is sent twice.
    retry_policy retry{};

    /// When it is finished. Default: when every slot is settled.
    completion<N> complete{};

    /// After `complete` said so, wait this much longer for the answers that are on their way.
    std::chrono::nanoseconds linger{};

    /// Called for each server whose slot is settled by an answer or a failure, on the engine's executor; not
    /// for slots that were never asked, nor for those given up at completion or cancellation. The reply's
    /// bytes are valid during the call. It may start requests, cancel, or destroy the engine.
    inline_function<void(const reply&)> on_reply{};

    /// How long all of it may take, retries and waits for a place included; what is open then is
    /// errc::timed_out. Zero: no limit beyond the deadlines.
    std::chrono::nanoseconds overall{};

    /// Empty, errc::invalid_deadline, or what is wrong with `complete`.
    [[nodiscard]] std::error_code check() const noexcept
    {
        if (const auto error = deadline.check())
            return error;
        if (const auto error = complete.check())
            return error;
        const bool wrong = linger < linger.zero() || linger > longest_deadline || overall < overall.zero() ||
                           overall > longest_deadline || retry.attempts == 0 || retry.attempts > 255;
        return wrong ? make_error_code(errc::invalid_deadline) : std::error_code{};
    }
};

} // namespace raida::inline v1

#endif // RAIDA_ENGINE_REQUEST_OPTIONS_HPP
