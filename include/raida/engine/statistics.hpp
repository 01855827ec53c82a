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
};

inline constexpr std::array lane_counters{lane_counter{&lane_statistics::sent, "sent"},
                                          lane_counter{&lane_statistics::retried, "retried"},
                                          lane_counter{&lane_statistics::received, "received"},
                                          lane_counter{&lane_statistics::answered, "answered"},
                                          lane_counter{&lane_statistics::timed_out, "timed out"},
                                          lane_counter{&lane_statistics::refused, "refused"},
                                          lane_counter{&lane_statistics::late, "late"},
                                          lane_counter{&lane_statistics::foreign, "foreign"},
                                          lane_counter{&lane_statistics::forged, "forged"},
                                          lane_counter{&lane_statistics::malformed, "malformed"},
                                          lane_counter{&lane_statistics::hints, "hints"},
                                          lane_counter{&lane_statistics::oversize, "oversize"},
                                          lane_counter{&lane_statistics::overflowed, "overflowed"},
                                          lane_counter{&lane_statistics::no_buffers, "without buffer"},
                                          lane_counter{&lane_statistics::unattributed, "unattributed"},
                                          lane_counter{&lane_statistics::sockets, "sockets"}};
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
