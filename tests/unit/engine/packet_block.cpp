#include <raida/engine/detail/packet_block.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace {

using raida::signature;
using raida::detail::packet_block;
using raida::detail::packet_view;
using bytes = std::vector<std::uint8_t>;

constexpr std::size_t N = 4;
using block = packet_block<N>;
using packets = std::array<packet_view, N>;

// No two bytes near each other are alike, and none is zero.
bytes packet(std::size_t size, std::size_t seed)
{
    bytes made(size);
    for (std::size_t i = 0; i < size; ++i)
        made[i] = static_cast<std::uint8_t>(1 + (i * 7 + seed * 31 + i / 255) % 255);
    return made;
}

signature challenge_of(const bytes& packet)
{
    signature found{};
    std::copy_n(packet.begin() + raida::header_size, found.size(), found.begin());
    return found;
}

bool holds(const block& of, std::size_t server, const bytes& expected)
{
    return std::ranges::equal(of.packet(server), expected);
}

bool expects(const block& of, std::size_t server, const signature& expected)
{
    return std::ranges::equal(of.expected_signature(server), expected);
}

bool is_wiped(const block& of)
{
    return std::ranges::all_of(of.memory(), [](std::uint8_t byte) { return byte == 0; });
}

} // namespace

TEST_CASE("packets of equal and of different sizes come back as they were stored", "[packet_block]")
{
    for (const auto& sizes : {std::array{50U, 50U, 50U, 50U}, std::array{34U, 1400U, 48U, 50U},
                              std::array{1400U, 34U, 34U, 34U}, std::array{32U, 32U, 32U, 33U}}) {
        block stored;
        std::array<bytes, N> sent;
        packets views;
        for (std::size_t server = 0; server < N; ++server) {
            sent[server] = packet(sizes[server], server);
            views[server].bytes = sent[server];
        }
        stored.store(views);
        for (std::size_t server = 0; server < N; ++server)
            CHECK(holds(stored, server, sent[server]));
    }
}

TEST_CASE("a server that is not asked takes no room, wherever it stands", "[packet_block]")
{
    const bytes one = packet(60, 1);
    for (unsigned asked = 1; asked < 1U << N; ++asked) {
        CAPTURE(asked);
        block stored;
        std::array<bytes, N> sent;
        packets views;
        std::size_t count = 0;
        for (std::size_t server = 0; server < N; ++server)
            if ((asked >> server & 1U) != 0) {
                sent[server] = packet(60 + server, server);
                views[server] = {sent[server], signature{9, 8, 7, static_cast<std::uint8_t>(server)}};
                ++count;
            }
        stored.store(views);
        CHECK(stored.memory().size() <= count * (63 + 2 + 16));
        for (std::size_t server = 0; server < N; ++server)
            if (!sent[server].empty()) {
                CHECK(holds(stored, server, sent[server]));
                CHECK(expects(stored, server, *views[server].expected));
            }
    }
    block nobody;
    nobody.store({});
    CHECK(nobody.memory().empty());
}

TEST_CASE("signatures that repeat the challenge take no room", "[packet_block]")
{
    std::array<bytes, N> sent;
    packets views;
    for (std::size_t server = 0; server < N; ++server) {
        sent[server] = packet(50 + server, server);
        views[server] = {sent[server], challenge_of(sent[server])};
    }
    block repeating;
    repeating.store(views);
    CHECK(repeating.memory().size() == N * (53 + 2));
    for (std::size_t server = 0; server < N; ++server)
        CHECK(expects(repeating, server, challenge_of(sent[server])));

    (*views[2].expected)[15] ^= 1; // one that does not
    block other;
    other.store(views);
    CHECK(other.memory().size() == N * (53 + 2 + 16));
    for (std::size_t server = 0; server < N; ++server) {
        CHECK(expects(other, server, *views[server].expected));
        CHECK(holds(other, server, sent[server]));
    }
}

TEST_CASE("a signature of a packet too short for a challenge is kept", "[packet_block]")
{
    for (const std::size_t size : {34U, 47U, 48U}) {
        CAPTURE(size);
        const bytes sent = packet(size, 3);
        packets views;
        views[1] = {sent, signature{1, 2, 3}};
        views[3] = {sent, std::nullopt};
        block stored;
        stored.store(views);
        CHECK(expects(stored, 1, signature{1, 2, 3}));
        CHECK(holds(stored, 1, sent));
        CHECK(holds(stored, 3, sent));
    }
}

TEST_CASE("a block is used again for smaller and for larger packets", "[packet_block]")
{
    block stored;
    std::size_t most = 0;
    for (const std::size_t size : {100U, 34U, 1400U, 50U, 1400U}) {
        CAPTURE(size);
        std::array<bytes, N> sent;
        packets views;
        for (std::size_t server = size == 50 ? 2 : 0; server < N; ++server) {
            sent[server] = packet(size, server);
            views[server] = {sent[server], signature{static_cast<std::uint8_t>(size), 5}};
        }
        stored.store(views);
        most = std::max(most, stored.memory().size());
        CHECK(stored.memory().size() == most); // memory is kept
        for (std::size_t server = 0; server < N; ++server)
            if (!sent[server].empty()) {
                CHECK(holds(stored, server, sent[server]));
                CHECK(expects(stored, server, *views[server].expected));
            }
        stored.wipe();
        CHECK(is_wiped(stored));
    }
}

TEST_CASE("nothing of the packets is left in memory that was wiped", "[packet_block]")
{
    block stored;
    stored.wipe(); // nothing yet
    const bytes sent = packet(1400, 1), few = packet(40, 2);
    stored.store({packet_view{sent, signature{1}}, {sent, signature{2}}, {}, {sent, signature{3}}});
    CHECK_FALSE(is_wiped(stored));
    stored.wipe();
    CHECK(is_wiped(stored));
    stored.store({packet_view{few, {}}, {}, {}, {}});
    stored.wipe();
    CHECK(is_wiped(stored));
    CHECK(stored.memory().size() >= 3 * 1400);
}

TEST_CASE("the longest packet there is fits, beside short ones", "[packet_block]")
{
    const bytes longest = packet(raida::header_size + 65'535, 1), shortest = packet(34, 2);
    packets views{packet_view{shortest, {}}, {longest, signature{4, 4}}, {shortest, {}}, {longest, {}}};
    block stored;
    stored.store(views);
    CHECK(holds(stored, 0, shortest));
    CHECK(holds(stored, 1, longest));
    CHECK(expects(stored, 1, {4, 4}));
    CHECK(holds(stored, 2, shortest));
    CHECK(holds(stored, 3, longest));
}
