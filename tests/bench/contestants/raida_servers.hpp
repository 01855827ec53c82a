// The bench's servers and limits in the library's terms.
#ifndef RAIDA_BENCH_RAIDA_SERVERS_HPP
#define RAIDA_BENCH_RAIDA_SERVERS_HPP

#include "contestant.hpp"

#include <raida/engine/limits.hpp>
#include <raida/transport/resolve.hpp>

#include <asio/ip/address_v4.hpp>

namespace bench {

inline raida::server_list<> servers_of(const setting& with)
{
    raida::server_list<> servers;
    for (std::size_t i = 0; i < raida::server_count; ++i)
        servers.set(i, {asio::ip::address_v4::loopback(), with.ports[i]});
    return servers;
}

/// Room for all that the contest wants in flight: its servers have the buffers for it.
inline raida::limits limits_for(const setting& with)
{
    return {.in_flight_per_lane = with.packets.size() + 1,
            .receive_buffer = static_cast<std::size_t>(with.receive_buffer)};
}

} // namespace bench

#endif // RAIDA_BENCH_RAIDA_SERVERS_HPP
