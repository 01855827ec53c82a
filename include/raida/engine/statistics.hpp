// What an engine has counted: everything that came and filled no slot has its place here.
#ifndef RAIDA_ENGINE_STATISTICS_HPP
#define RAIDA_ENGINE_STATISTICS_HPP

#include <raida/base/printing.hpp>
#include <raida/wire/packet.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

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

    constexpr lane_statistics& operator+=(const lane_statistics& other) noexcept;
};

namespace detail {

struct lane_counter
{
    std::uint64_t lane_statistics::* of;
    std::string_view name;
    std::string_view meaning;
};

inline constexpr std::array lane_counters{
    lane_counter{&lane_statistics::sent, "sent", "datagrams given to the kernel, retries among them"},
    lane_counter{&lane_statistics::retried, "retried", "second and further attempts"},
    lane_counter{&lane_statistics::received, "received", "datagrams of any kind"},
    lane_counter{&lane_statistics::answered, "answered", "slots filled with an answer"},
    lane_counter{&lane_statistics::timed_out, "timed out", "slots whose deadline passed"},
    lane_counter{&lane_statistics::refused, "refused", "slots ended by an error of the network"},
    lane_counter{&lane_statistics::late, "late", "dropped: late answers and duplicates"},
    lane_counter{&lane_statistics::foreign, "foreign", "dropped: not an answer to a request of ours"},
    lane_counter{&lane_statistics::forged, "forged", "dropped: the right echo with a wrong signature"},
    lane_counter{&lane_statistics::malformed, "malformed", "dropped: not a response at all"},
    lane_counter{&lane_statistics::hints, "hints", "error answers that cannot be proved"},
    lane_counter{&lane_statistics::oversize, "oversize", "answers longer than allowed"},
    lane_counter{&lane_statistics::overflowed, "overflowed", "dropped by the kernel: receive buffer full"},
    lane_counter{&lane_statistics::no_buffers, "without buffer", "sends put off: the kernel had no buffer"},
    lane_counter{&lane_statistics::unattributed, "unattributed", "network errors of no one request"},
    lane_counter{&lane_statistics::sockets, "sockets", "sockets opened"}};
static_assert(sizeof(lane_statistics) == lane_counters.size() * sizeof(std::uint64_t), "one is missing here");

} // namespace detail

constexpr lane_statistics& lane_statistics::operator+=(const lane_statistics& other) noexcept
{
    for (const auto& counter : detail::lane_counters)
        this->*counter.of += other.*counter.of;
    return *this;
}

/// "25 sent, 24 received, 24 answered, 1 timed out": what is zero is left out.
[[nodiscard]] inline std::string to_string(const lane_statistics& of)
{
    std::string list;
    for (const auto& counter : detail::lane_counters)
        detail::add_count(list, of.*counter.of, counter.name);
    return list.empty() ? "nothing sent" : list;
}

/// Counts of all lanes, by server id.
template <std::size_t N = server_count>
struct fanout_statistics
{
    std::array<lane_statistics, N> servers{}; ///< by id

    /// All lanes together.
    [[nodiscard]] constexpr lane_statistics total() const noexcept
    {
        lane_statistics sum;
        for (const lane_statistics& one : servers)
            sum += one;
        return sum;
    }
};

/// All lanes together.
template <std::size_t N>
[[nodiscard]] std::string to_string(const fanout_statistics<N>& of)
{
    return to_string(of.total());
}

} // namespace raida::inline v1

#endif // RAIDA_ENGINE_STATISTICS_HPP
