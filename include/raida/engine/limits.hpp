// What an engine is allowed: places, queues, buffers.
#ifndef RAIDA_ENGINE_LIMITS_HPP
#define RAIDA_ENGINE_LIMITS_HPP

#include <raida/engine/deadlines.hpp>
#include <raida/engine/learning.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace raida::inline v1 {

/// What an engine is allowed. All are per engine, and fixed when it is made.
struct limits
{
    /// Datagrams in flight to one server at most. Beneath it a window learns how many bytes the server takes:
    /// it begins with what fits a default receive buffer (about 70 datagrams of full size, 200 small ones),
    /// grows while all is answered, and shrinks after losses.
    std::size_t in_flight_per_lane = 200;

    /// How long a request waits for a place in its lane before its slot ends with errc::overloaded.
    std::chrono::nanoseconds queue_wait = std::chrono::seconds{3};

    /// Fan-outs in flight or waiting; one more is refused with errc::queue_full.
    std::size_t fanouts = 65'536;

    /// Bytes of one answer; a longer one ends its slot with errc::oversize.
    std::size_t max_reply = 4096;

    /// How long an error answer that cannot be verified waits at least for a verified one to replace it. It
    /// waits as long as its server's answers were learned to take, too, and until the deadline where nothing
    /// was learned: else somebody who sees requests could answer in a server's place, and be faster.
    std::chrono::nanoseconds grace = std::chrono::milliseconds{50};

    /// After this many requests a lane moves to a fresh local port, so that nobody can learn it by trying.
    std::uint32_t requests_per_port = 100'000;

    /// When a server that never answers is left out for a while. Default: never.
    isolation_policy isolation{};

    /// Bytes of the receive buffer asked of the operating system for each lane; 0: its default.
    std::size_t receive_buffer = 1'048'576;

    /// The same within bounds that an engine can keep: ten minutes in a queue, an hour of grace, a place per
    /// lane at least.
    [[nodiscard]] constexpr limits checked() const noexcept
    {
        limits fixed = *this;
        fixed.queue_wait = std::clamp<std::chrono::nanoseconds>(queue_wait, {}, std::chrono::minutes{10});
        fixed.grace = std::clamp<std::chrono::nanoseconds>(grace, {}, longest_deadline);
        fixed.in_flight_per_lane = std::max<std::size_t>(in_flight_per_lane, 1);
        return fixed;
    }
};

} // namespace raida::inline v1

#endif // RAIDA_ENGINE_LIMITS_HPP
