// What a caller may say about one fan-out, and what an engine is allowed in all.
#ifndef RAIDA_REQUEST_OPTIONS_HPP
#define RAIDA_REQUEST_OPTIONS_HPP

#include <raida/completion.hpp>
#include <raida/deadlines.hpp>
#include <raida/detail/inline_function.hpp>
#include <raida/learning.hpp>
#include <raida/reply.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

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
    detail::inline_function<void(const reply&)> on_reply{};

    /// How long all of it may take, retries and waits for a place included; what is open then is
    /// errc::timed_out. Zero: no limit beyond the deadlines.
    std::chrono::nanoseconds overall{};
};

/// What an engine is allowed. All are per engine, and fixed when it is made.
struct limits
{
    /// Datagrams in flight to one server. More overflow a server's receive buffer (measured: under 250 none
    /// are lost).
    std::size_t in_flight_per_lane = 200;

    /// How long a request waits for a place in its lane before its slot ends with errc::overloaded.
    std::chrono::nanoseconds queue_wait = std::chrono::seconds{3};

    /// Fan-outs in flight or waiting; one more is refused with errc::queue_full.
    std::size_t fanouts = 65'536;

    /// Bytes of one answer; a longer one ends its slot with errc::oversize.
    std::size_t max_reply = 4096;

    /// How long an error answer that cannot be verified waits for a verified one to replace it.
    std::chrono::nanoseconds grace = std::chrono::milliseconds{50};

    /// After this many requests a lane moves to a fresh local port, so that nobody can learn it by trying.
    std::uint32_t requests_per_port = 100'000;

    /// When a server that never answers is left out for a while. Default: never.
    isolation_policy isolation{};

    /// Bytes of the receive buffer asked of the operating system for each lane; 0: its default.
    std::size_t receive_buffer = 1'048'576;
};

} // namespace raida::inline v1

#endif // RAIDA_REQUEST_OPTIONS_HPP
