// What an engine has counted: everything that came and filled no slot has its place here.
#ifndef RAIDA_ENGINE_STATISTICS_HPP
#define RAIDA_ENGINE_STATISTICS_HPP

#include <raida/wire/packet.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace raida::inline v1 {

/// Counts of one server's lane since the engine was made.
struct lane_statistics
{
    std::uint64_t sent = 0;       ///< datagrams given to the kernel, retries among them
    std::uint64_t retried = 0;    ///< second and further attempts
    std::uint64_t received = 0;   ///< datagrams of any kind
    std::uint64_t answered = 0;   ///< slots filled with an answer
    std::uint64_t timed_out = 0;  ///< slots whose deadline passed
    std::uint64_t refused = 0;    ///< slots ended by an error of the network
    std::uint64_t late = 0;       ///< dropped: an echo that was used before: late answers and duplicates
    std::uint64_t foreign = 0;    ///< dropped: an echo that was not used lately, another server's id or group
    std::uint64_t forged = 0;     ///< dropped: the right echo with a wrong signature
    std::uint64_t malformed = 0;  ///< dropped: not a response at all
    std::uint64_t hints = 0;      ///< unprovable error answers, told as a slot's hint
    std::uint64_t oversize = 0;   ///< answers longer than max_reply
    std::uint64_t overflowed = 0; ///< datagrams that the kernel dropped since the receive buffer was full
    std::uint64_t no_buffers = 0; ///< sends put off since the kernel had no buffer (ENOBUFS)
    std::uint64_t unattributed = 0; ///< network errors that could not be charged to one request
    std::uint64_t sockets = 0;      ///< sockets opened

    constexpr lane_statistics& operator+=(const lane_statistics& other) noexcept
    {
        sent += other.sent;
        retried += other.retried;
        received += other.received;
        answered += other.answered;
        timed_out += other.timed_out;
        refused += other.refused;
        late += other.late;
        foreign += other.foreign;
        forged += other.forged;
        malformed += other.malformed;
        hints += other.hints;
        oversize += other.oversize;
        overflowed += other.overflowed;
        no_buffers += other.no_buffers;
        unattributed += other.unattributed;
        sockets += other.sockets;
        return *this;
    }
};

/// Counts of all lanes, by server id.
template <std::size_t N = server_count>
struct fanout_statistics
{
    std::array<lane_statistics, N> servers{};

    /// All lanes together.
    [[nodiscard]] constexpr lane_statistics total() const noexcept
    {
        lane_statistics sum;
        for (const lane_statistics& one : servers)
            sum += one;
        return sum;
    }
};

} // namespace raida::inline v1

#endif // RAIDA_ENGINE_STATISTICS_HPP
