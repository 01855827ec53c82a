// How one call of the client is done, and how far it has come.
#ifndef RAIDA_CLIENT_CALL_OPTIONS_HPP
#define RAIDA_CLIENT_CALL_OPTIONS_HPP

#include <raida/client/codec.hpp>
#include <raida/engine/deadlines.hpp>
#include <raida/engine/retry.hpp>
#include <raida/wire/packet.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <system_error>

namespace raida::inline v1 {

/// When a call is finished.
enum class wait_for : std::uint8_t
{
    decided, ///< when no answer that is still out can change any token's verdict
    all      ///< when every server has answered or is out of time: for those who want to heal
};

/// One server's part in a call.
struct server_progress
{
    std::size_t answered = 0;           ///< slots with an answer, be it an error status
    std::size_t failed = 0;             ///< slots that ended without one
    std::size_t open = 0;               ///< slots that are awaited
    std::chrono::nanoseconds latency{}; ///< of its last answer
    std::error_code error{};            ///< why its last failed slot failed
};

/// How far a call has come: enough for a progress bar and a table. Valid during the callback.
template <std::size_t N = server_count>
struct progress
{
    command_code what{};                      ///< what is being asked at the moment
    std::size_t tokens = 0;                   ///< of the call
    std::size_t decided = 0;                  ///< tokens whose verdict no answer can change any more
    std::size_t open = 0;                     ///< slots that are awaited now, of all servers
    std::array<server_progress, N> servers{}; ///< by id
};

/// For one call; what is not set is as the client's settings have it.
template <std::size_t N = server_count>
struct call_options
{
    std::optional<wait_for> wait{};                   ///< when it is finished
    std::optional<deadlines<N>> deadline{};           ///< how long one request is awaited
    std::optional<retry_policy> retry{};              ///< for commands that may be repeated
    std::optional<std::chrono::nanoseconds> budget{}; ///< how long the call may take in all

    /// Called as each slot is settled, on the client's executor. It may destroy the client; what it throws
    /// comes out of the context's run(), and the call goes on.
    std::function<void(const progress<N>&)> on_progress{};

    /// Of client::async_custom() alone: are status and body an answer to that command? Without one everything
    /// is. Of a sealed body it must say so of the right reading, and should not of most others.
    answer_reader reads{};
};

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_CALL_OPTIONS_HPP
