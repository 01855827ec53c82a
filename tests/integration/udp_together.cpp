// Requests of equal size leave as one packet that the kernel cuts apart, and each is still answered and
// refused on its own.
#include "ipv6.hpp"

#include <raida/fanout.hpp>
#include <raida/testing/fleet.hpp>
#include <raida/wire/commands.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/udp.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <system_error>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct outcome
{
    std::size_t answered = 0, refused = 0, others = 0;
};

// 200 fan-outs at once, whose requests are of so many sizes, to servers of which number 3 is dead if so
// wanted.
outcome ask_all(std::size_t sizes, bool is_dead, asio::ip::address address = asio::ip::address_v4::loopback())
{
    asio::io_context io;
    raida::testing::fleet fleet{io, {.address = address, .receive_buffer = 4 << 20}};
    const auto tokens = raida::testing::make_tokens(64);
    fleet.add(tokens);
    fleet.set(3, {.closed = is_dead});
    raida::fanout<> engine{io, fleet.servers(), {.queue_wait = 1min}};
    raida::commands<> ask;
    outcome got;
    std::size_t open = 200;
    for (std::size_t i = 0; i < 200; ++i) {
        const std::size_t count = i % sizes * 3; // 27 tokens and more are too long to leave with others
        const auto packets = count == 0 ? ask.echo() : ask.detect(std::span{tokens}.first(count));
        engine.async_request(packets, {.deadline = 1h},
                             [&](std::error_code error, const raida::replies<>& replies) {
                                 REQUIRE_FALSE(error);
                                 for (const raida::reply& one : replies)
                                     ++(one.verified                                   ? got.answered
                                        : one.error == asio::error::connection_refused ? got.refused
                                                                                       : got.others);
                                 if (--open == 0)
                                     fleet.stop();
                             });
    }
    io.run();
    CHECK(engine.statistics().total().unattributed == 0);
    return got;
}

std::vector<asio::ip::address> loopbacks()
{
    std::vector<asio::ip::address> all{asio::ip::address_v4::loopback()};
    if (ipv6_support::has_ipv6())
        all.push_back(asio::ip::address_v6::loopback());
    return all;
}

} // namespace

TEST_CASE("requests of one size in one lane are all answered", "[udp]")
{
    CHECK(ask_all(1, false).answered == 200 * 25);
}

TEST_CASE("requests of many sizes in one lane are all answered", "[udp]")
{
    CHECK(ask_all(22, false).answered == 200 * 25);
}

TEST_CASE("requests that left together are refused together, without waiting for the deadline", "[udp]")
{
    for (const auto& address : loopbacks())
        for (const std::size_t sizes : {1U, 2U, 5U, 22U}) {
            CAPTURE(address.to_string(), sizes);
            const auto got = ask_all(sizes, true, address);
            CHECK(got.refused == 200);
            CHECK(got.answered == 200 * 24);
            CHECK(got.others == 0);
        }
}
