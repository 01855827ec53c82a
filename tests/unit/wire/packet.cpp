#include <raida/wire/packet.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unit/hex.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using tests::bytes;
using tests::hex;

// A response of 32 bytes that announces `announced` bytes, then `rest`.
std::vector<std::uint8_t> response(std::uint32_t announced, const std::vector<std::uint8_t>& rest = {})
{
    std::vector<std::uint8_t> datagram(raida::header_size + rest.size());
    raida::response_header{.body_size = announced}.write(datagram.data());
    std::copy(rest.begin(), rest.end(), datagram.begin() + raida::header_size);
    return datagram;
}

constexpr std::array<std::uint8_t, 32> written_at_compile_time = [] {
    std::array<std::uint8_t, 32> to{};
    raida::request_header{.server = 24, .what = raida::detect_command}.write(to.data());
    return to;
}();
static_assert(written_at_compile_time[2] == 24 && written_at_compile_time[5] == 10);
static_assert(raida::request_header::parse(written_at_compile_time)->what == raida::detect_command);
static_assert(raida::response_header::parse(written_at_compile_time)->server == 1);
static_assert(raida::shape_of(written_at_compile_time) == raida::response_shape::well_formed);
static_assert(!raida::implied_signature(written_at_compile_time));

} // namespace

TEST_CASE("a request header has each field at its documented offset", "[packet]")
{
    raida::request_header header{.server = 0x13,
                                 .shard = 0x02,
                                 .what = {0x01, 0x0A},
                                 .coin = 0x0106,
                                 .encryption = raida::encryption_type::token_key,
                                 .key_id = {0xFF, 0x00, 0x0F, 0x9F, 0xFF},
                                 .body_size = 0x0567,
                                 .nonce = {1, 2, 3, 4, 5, 6, 7, 8}};
    std::array<std::uint8_t, 32> to{};

    header.write(to.data());

    CHECK(hex(to) == hex("01 00 13 02 01 0A 0106 01 0000000000 00 01 01 FF 000F9FFF 0567 010203040506 0708"));
    CHECK(header.echo() == 0x0708);
}

TEST_CASE("a request header starts with what nearly every request needs", "[packet]")
{
    std::array<std::uint8_t, 32> to{};

    raida::request_header{}.write(to.data());

    CHECK(hex(to) == hex("01 00 00 00 00 00 0006 01 0000000000 00 01 00 00 00000000 0000 0000000000000000"));
}

TEST_CASE("setting the echo changes the last two bytes of the nonce only", "[packet]")
{
    raida::request_header header{.nonce = {1, 2, 3, 4, 5, 6, 7, 8}};

    header.echo(0xBEEF);

    CHECK(header.echo() == 0xBEEF);
    CHECK(hex(header.nonce) == "010203040506BEEF");
}

TEST_CASE("a request header keeps every bit of any 32 bytes, wrong ones too", "[packet]")
{
    std::mt19937 random{1};
    for (int round = 0; round < 1000; ++round) {
        std::array<std::uint8_t, 32> from{}, to{};
        for (auto& byte : from)
            byte = static_cast<std::uint8_t>(random());
        const auto header = raida::request_header::parse(from);
        REQUIRE(header);
        header->write(to.data());
        REQUIRE(hex(to) == hex(from));
    }
}

TEST_CASE("a request header tells a server what is wrong with it", "[packet]")
{
    const auto packet =
        bytes("02 03 19 04 63 64 0001 00 0000000005 07 09 06 00 00000000 FFFF 0000000000000000");

    const auto header = raida::request_header::parse(packet);

    REQUIRE(header);
    CHECK(header->version == 2);
    CHECK(header->split_id == 3);
    CHECK(header->server == 25);
    CHECK(header->shard == 4);
    CHECK(header->what == raida::command_code{0x63, 0x64});
    CHECK(header->coin == 1);
    CHECK(header->bitfield == 0);
    CHECK(header->packet_index == 7);
    CHECK(header->packet_count == 9);
    CHECK(static_cast<int>(header->encryption) == 6);
    CHECK(header->body_size == 0xFFFF);
}

TEST_CASE("fewer than 32 bytes hold no header", "[packet]")
{
    const std::vector<std::uint8_t> packet(32);
    for (std::size_t size = 0; size < 32; ++size) {
        const raida::bytes_view cut{packet.data(), size};
        CHECK_FALSE(raida::request_header::parse(cut));
        CHECK_FALSE(raida::response_header::parse(cut));
        CHECK(raida::shape_of(cut) == raida::response_shape::malformed);
        CHECK(raida::response_body(cut).empty());
    }
    CHECK(raida::request_header::parse(packet));
    CHECK(raida::response_header::parse(packet));
}

TEST_CASE("a response header has each field at its documented offset", "[packet]")
{
    const auto datagram =
        bytes("18 01 F3 02 0001 1234 AA 000004 0001E240 000102030405060708090A0B0C0D0E0F FFFF 3E3E");

    const auto header = raida::response_header::parse(datagram);

    REQUIRE(header);
    CHECK(header->server == 24);
    CHECK(header->shard == 1);
    CHECK(header->status == raida::status::mixed);
    CHECK(header->group == 2);
    CHECK(header->frames == 1);
    CHECK(header->echo == 0x1234);
    CHECK(header->body_size == 4);
    CHECK(header->execution_time == std::chrono::microseconds{123456});
    CHECK(hex(header->signature) == "000102030405060708090A0B0C0D0E0F");
}

TEST_CASE("a response header is written as it is parsed", "[packet]")
{
    const raida::response_header header{.server = 7,
                                        .status = raida::status::success,
                                        .group = 1,
                                        .echo = 0xFFFE,
                                        .body_size = 0xABCDEF,
                                        .execution_time = std::chrono::microseconds{0xFFFFFFFF},
                                        .signature = {9, 8, 7}};
    std::array<std::uint8_t, 32> to{};

    header.write(to.data());

    CHECK(hex(to) == hex("07 00 FA 01 0001 FFFE 00 ABCDEF FFFFFFFF 09080700000000000000000000000000"));
    CHECK(raida::response_header::parse(to) == header);
}

TEST_CASE("a response is well-formed only with exactly the body it announces", "[packet]")
{
    using raida::response_shape;
    CHECK(raida::shape_of(response(0)) == response_shape::well_formed);
    CHECK(raida::shape_of(response(2, {0x3E, 0x3E})) == response_shape::well_formed);
    CHECK(raida::shape_of(response(4, {0xFF, 0x01, 0x3E, 0x3E})) == response_shape::well_formed);

    CHECK(raida::shape_of(response(0, {0x3E, 0x3E})) == response_shape::malformed); // body not announced
    CHECK(raida::shape_of(response(0, {0x3E})) == response_shape::malformed);
    CHECK(raida::shape_of(response(1, {0x3E})) == response_shape::malformed); // no room for a terminator
    CHECK(raida::shape_of(response(2)) == response_shape::malformed);         // announced, not there
    CHECK(raida::shape_of(response(4, {0xFF, 0x3E, 0x3E})) == response_shape::malformed);
    CHECK(raida::shape_of(response(4, {0xFF, 0x01, 0x02, 0x3E, 0x3E})) == response_shape::malformed);
    CHECK(raida::shape_of(response(4, {0xFF, 0x01, 0x3E, 0x3F})) == response_shape::malformed);
    CHECK(raida::shape_of(response(4, {0xFF, 0x01, 0x00, 0x3E})) == response_shape::malformed);
    CHECK(raida::shape_of(response(2, {0xFF, 0x01, 0x3E, 0x3E})) == response_shape::malformed); // body only
    CHECK(raida::shape_of(response(0xFFFFFF, {0x3E, 0x3E})) == response_shape::malformed);
}

TEST_CASE("half a terminator is not completed by the signature before it", "[packet]")
{
    auto datagram = response(1, {0x3E});
    datagram[31] = 0x3E; // the signature's last byte
    CHECK(raida::shape_of(datagram) == raida::response_shape::malformed);
    CHECK(raida::response_body(datagram).empty());
}

TEST_CASE("a 48-byte header is recognised, a 48-byte answer is not taken for one", "[packet]")
{
    std::vector<std::uint8_t> rest(16, 0x55);
    CHECK(raida::shape_of(response(0, rest)) == raida::response_shape::wide_error);
    CHECK(raida::response_body(response(0, rest)).empty());
    rest[14] = rest[15] = 0x3E;
    CHECK(raida::shape_of(response(16, rest)) == raida::response_shape::well_formed);
    CHECK(raida::shape_of(response(0, std::vector<std::uint8_t>(15))) == raida::response_shape::malformed);
    CHECK(raida::shape_of(response(0, std::vector<std::uint8_t>(17))) == raida::response_shape::malformed);
}

TEST_CASE("the body of a response comes without its terminator", "[packet]")
{
    const auto mixed = response(4, {0xFF, 0x01, 0x3E, 0x3E});
    const auto terminators = response(4, {0x3E, 0x3E, 0x3E, 0x3E});
    const auto empty = response(2, {0x3E, 0x3E});
    const auto cut = response(5, {0xFF, 0x01, 0x3E, 0x3E});

    CHECK(hex(raida::response_body(mixed)) == "FF01");
    CHECK(raida::response_body(mixed).data() == mixed.data() + 32);
    CHECK(hex(raida::response_body(terminators)) == "3E3E");
    CHECK(raida::response_body(empty).empty());
    CHECK(raida::response_body(response(0)).empty());
    CHECK(raida::response_body(cut).empty());
}

TEST_CASE("a request that is not encrypted implies its signature", "[packet]")
{
    std::vector<std::uint8_t> packet(50);
    for (std::size_t i = 32; i < 48; ++i)
        packet[i] = static_cast<std::uint8_t>(i);

    const auto implied = raida::implied_signature(packet);

    REQUIRE(implied);
    CHECK(hex(*implied) == "202122232425262728292A2B2C2D2E2F");
}

TEST_CASE("encrypted requests and those without a challenge imply no signature", "[packet]")
{
    std::vector<std::uint8_t> packet(50);
    for (std::size_t size = 0; size < 50; ++size)
        CHECK_FALSE(raida::implied_signature({packet.data(), size}));
    for (int type = 1; type < 256; ++type) {
        packet[16] = static_cast<std::uint8_t>(type);
        CHECK_FALSE(raida::implied_signature(packet));
    }
}

TEST_CASE("echo, version, detect and find may be repeated, and nothing else", "[packet]")
{
    std::vector<raida::command_code> harmless;
    for (unsigned group = 0; group < 256; ++group)
        for (unsigned code = 0; code < 256; ++code) {
            const raida::command_code what{static_cast<std::uint8_t>(group), static_cast<std::uint8_t>(code)};
            if (raida::is_idempotent(what))
                harmless.push_back(what);
        }
    CHECK(harmless == std::vector<raida::command_code>{{0, 0}, {0, 1}, {1, 10}, {2, 60}});
    CHECK_FALSE(raida::is_idempotent(raida::pown_command));
}
