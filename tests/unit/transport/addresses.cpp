#include <raida/transport/detail/addresses.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/ip/address.hpp>

using raida::detail::unmapped;

TEST_CASE("an IPv4 address in IPv6's clothes is IPv4, all others are what they are", "[transport]")
{
    CHECK(unmapped(asio::ip::make_address("::ffff:10.1.2.3")) == asio::ip::make_address("10.1.2.3"));
    for (const char* other : {"10.1.2.3", "::1", "::10.1.2.3", "64:ff9b::10.1.2.3", "::fffe:10.1.2.3"})
        CHECK(unmapped(asio::ip::make_address(other)) == asio::ip::make_address(other));
}
