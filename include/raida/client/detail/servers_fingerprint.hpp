// A number for each server's address, by which a journal knows its servers again.
#ifndef RAIDA_CLIENT_DETAIL_SERVERS_FINGERPRINT_HPP
#define RAIDA_CLIENT_DETAIL_SERVERS_FINGERPRINT_HPP

#include <raida/transport/server_list.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace raida::inline v1::detail {

/// FNV-1a over the primary's address and port; 0 where there is none. No protection against forgery: it only
/// tells a mistake.
template <std::size_t N>
std::array<std::uint32_t, N> servers_fingerprint(const server_list<N>& servers)
{
    std::array<std::uint32_t, N> made{};
    for (std::size_t i = 0; i < N; ++i) {
        const auto* endpoint = servers.endpoint(i);
        if (endpoint == nullptr)
            continue;
        std::uint32_t hash = 0x811c9dc5;
        const auto add = [&hash](unsigned byte) { hash = (hash ^ (byte & 0xFF)) * 0x01000193; };
        if (endpoint->address().is_v4())
            for (const auto byte : endpoint->address().to_v4().to_bytes())
                add(byte);
        else
            for (const auto byte : endpoint->address().to_v6().to_bytes())
                add(byte);
        add(endpoint->port() / 256U);
        add(endpoint->port());
        made[i] = hash != 0 ? hash : 1;
    }
    return made;
}

/// Do more servers differ than are the same, of those that both know? A few may have moved.
template <std::size_t N>
bool are_other_servers(const std::array<std::uint32_t, N>& one,
                       const std::array<std::uint32_t, N>& other) noexcept
{
    std::size_t same = 0, different = 0;
    for (std::size_t i = 0; i < N; ++i)
        if (one[i] != 0 && other[i] != 0)
            ++(one[i] == other[i] ? same : different);
    return different > same;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_SERVERS_FINGERPRINT_HPP
