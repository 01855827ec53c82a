#include <raida/client/detail/servers_fingerprint.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/ip/address.hpp>
#include <asio/ip/udp.hpp>

#include <cstddef>
#include <cstdint>

namespace {

using raida::detail::are_other_servers;
using raida::detail::servers_fingerprint;

asio::ip::udp::endpoint at(const char* address, std::uint16_t port)
{
    return {asio::ip::make_address(address), port};
}

} // namespace

TEST_CASE("the same address has the same fingerprint, another one another", "[servers_fingerprint]")
{
    const auto before = servers_fingerprint(raida::loopback());
    CHECK(servers_fingerprint(raida::loopback()) == before);
    for (const auto& other :
         {at("127.0.0.2", 18'003), at("127.0.0.1", 18'004), at("127.0.0.1", 18'259), at("::1", 18'003)}) {
        auto servers = raida::loopback();
        servers.set(3, other);
        const auto after = servers_fingerprint(servers);
        CHECK(after[3] != before[3]);
        CHECK(after[3] != 0);
        CHECK(after[4] == before[4]);
    }
    auto gap = raida::loopback();
    gap.clear(3);
    CHECK(servers_fingerprint(gap)[3] == 0);
}

TEST_CASE("mirrors do not count: a call may change to them and back", "[servers_fingerprint]")
{
    auto servers = raida::loopback();
    servers.set_mirror(5, at("127.0.0.9", 18'005));
    CHECK(servers_fingerprint(servers) == servers_fingerprint(raida::loopback()));
}

TEST_CASE("a few servers that have moved, or have no address now, are no other servers",
          "[servers_fingerprint]")
{
    const auto before = servers_fingerprint(raida::loopback());
    CHECK_FALSE(are_other_servers(before, before));
    CHECK(are_other_servers(before, servers_fingerprint(raida::loopback(19'000))));
    CHECK_FALSE(are_other_servers(before, servers_fingerprint(raida::server_list<>{})));
    auto servers = raida::loopback();
    for (std::size_t i = 0; i < 12; ++i)
        servers.set(i, at("127.0.0.9", 1));
    CHECK_FALSE(are_other_servers(before, servers_fingerprint(servers)));
    servers.set(12, at("127.0.0.9", 1));
    CHECK(are_other_servers(before, servers_fingerprint(servers)));
}
