// One number for the addresses of a server list, by which a journal knows its servers again.
#ifndef RAIDA_CLIENT_DETAIL_SERVERS_FINGERPRINT_HPP
#define RAIDA_CLIENT_DETAIL_SERVERS_FINGERPRINT_HPP

#include <raida/transport/server_list.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace raida::inline v1::detail {

/// FNV-1a over the primaries' addresses and ports, in order; never 0. No protection against forgery: it only
/// tells a mistake.
template <std::size_t N>
std::uint64_t servers_fingerprint(const server_list<N>& servers)
{
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&hash](unsigned byte) { hash = (hash ^ (byte & 0xFF)) * 0x100000001b3; };
    for (std::size_t i = 0; i < N; ++i) {
        if (const auto* endpoint = servers.endpoint(i)) {
            if (endpoint->address().is_v4())
                for (const auto byte : endpoint->address().to_v4().to_bytes())
                    add(byte);
            else
                for (const auto byte : endpoint->address().to_v6().to_bytes())
                    add(byte);
            add(endpoint->port() >> 8U);
            add(endpoint->port());
        }
        add(0);
    }
    return hash != 0 ? hash : 1;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_SERVERS_FINGERPRINT_HPP
