// What a client is told once: coin, limits, deadlines, how votes are counted.
#ifndef RAIDA_CLIENT_SETTINGS_HPP
#define RAIDA_CLIENT_SETTINGS_HPP

#include <raida/client/call_options.hpp>
#include <raida/client/record.hpp>
#include <raida/consensus/options.hpp>
#include <raida/engine/deadlines.hpp>
#include <raida/engine/event.hpp>
#include <raida/engine/limits.hpp>
#include <raida/engine/request_options.hpp>
#include <raida/wire/commands.hpp>

#include <chrono>
#include <cstddef>
#include <functional>

namespace raida::inline v1 {

/// Every member has a default. Fixed when the client is made.
template <std::size_t N = server_count>
struct client_settings
{
    /// Coin id, datagram limit, serial number limit. A batch is split into datagrams of at most the limit,
    /// and into smaller ones once a server answers status::invalid_packet_length.
    command_settings requests{};

    /// Bit order, quorum, margin. `encrypted` is set by the codec.
    consensus_options consensus{};

    /// When a call is finished, unless it says so itself: detect by default once everything is decided.
    wait_for wait = wait_for::decided;

    /// How long one request is awaited: by default as long as each server usually takes.
    deadlines<N> deadline = learned{};

    /// Whether a request that was not answered is sent again; never a pown.
    retry_policy retry = retry_policy::up_to(2);

    /// How long one call may take in all, `longest_deadline` at most. What is open then stays unknown. A pown
    /// that has left is awaited for its own deadline all the same: see pown_options.
    std::chrono::nanoseconds budget = std::chrono::seconds{30};

    /// Datagrams of one call in flight to each server.
    std::size_t chunks_in_flight = 200;

    /// A pown without encryption lets everybody on the way read the new authenticity numbers.
    bool allow_plain_pown = false;

    /// What the engine is allowed.
    limits engine{};

    /// Called for every request to every server as soon as it is over, on the client's executor.
    std::function<void(const request_record&)> on_record{};

    /// Called for everything that happens in the client's engine: see fanout::on_event().
    std::function<void(const engine_event&)> on_event{};
};

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_SETTINGS_HPP
