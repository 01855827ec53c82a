#include <raida/fanout/detail/packet_access.hpp>
#include <raida/wire/request.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using raida::errc;
using raida::detail::packet_range;
using raida::detail::packet_view;
using raida::detail::view_packets;
using bytes = std::vector<std::uint8_t>;

// 50 bytes of type 0: its challenge is 1, 2, ... 16.
bytes packet(raida::encryption_type type = raida::encryption_type::none)
{
    bytes whole(50);
    raida::request_header{.what = raida::echo_command, .encryption = type, .body_size = 18}.write(
        whole.data());
    for (std::uint8_t i = 0; i < 16; ++i)
        whole[32U + i] = static_cast<std::uint8_t>(i + 1);
    return whole;
}

struct own_packet // no type of the library's
{
    std::string bytes;
    raida::signature expected_signature;
};

static_assert(packet_range<std::vector<bytes>>);
static_assert(packet_range<const std::vector<bytes>&>);
static_assert(packet_range<std::array<std::string, 3>>);
static_assert(packet_range<std::list<std::string_view>>);
static_assert(packet_range<std::vector<asio::const_buffer>>);
static_assert(packet_range<std::vector<asio::mutable_buffer>>);
static_assert(packet_range<std::vector<raida::request>>);
static_assert(packet_range<raida::requests<3>>);
static_assert(packet_range<std::vector<own_packet>>);
static_assert(packet_range<std::vector<std::array<std::byte, 5>>>);
static_assert(!packet_range<std::vector<int>>);
static_assert(!packet_range<int>);
static_assert(!packet_range<std::vector<std::vector<int>>>);
static_assert(!packet_range<std::vector<std::list<char>>>);
static_assert(!packet_range<std::vector<std::vector<bool>>>);

} // namespace

TEST_CASE("packets are looked at where they are", "[packet_access]")
{
    const std::vector<bytes> all{packet(), {}, {1, 2, 3}};
    std::array<packet_view, 3> views;
    CHECK(!view_packets<3>(all, views));
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(views[i].bytes.data() == all[i].data());
        CHECK(views[i].bytes.size() == all[i].size());
    }
}

TEST_CASE("not exactly one packet per server is an error", "[packet_access]")
{
    std::array<packet_view, 3> views;
    for (const std::size_t count : {0U, 1U, 2U, 4U, 100U})
        CHECK(view_packets<3>(std::vector<bytes>(count), views) == errc::wrong_packet_count);
    CHECK(!view_packets<3>(std::vector<bytes>(3), views));
    CHECK(!view_packets<3>(std::list<bytes>(3), views)); // a size is not needed
}

TEST_CASE("a raw packet of type 0 implies what its answer must carry, others do not", "[packet_access]")
{
    bytes barely(50 - 1);
    const std::vector<bytes> all{packet(), packet(raida::encryption_type::token_key), barely};
    std::array<packet_view, 3> views;
    REQUIRE(!view_packets<3>(all, views));
    REQUIRE(views[0].expected);
    CHECK((*views[0].expected)[0] == 1);
    CHECK((*views[0].expected)[15] == 16);
    CHECK(!views[1].expected);
    CHECK(!views[2].expected);
}

TEST_CASE("a signature that is given counts, one that is not is implied", "[packet_access]")
{
    raida::signature named{};
    named.fill(0xEE);
    std::vector<raida::request> all(2);
    const bytes raw = packet();
    all[0].bytes = raida::bytes_view{raw};
    all[1].bytes = raida::bytes_view{raw};
    all[0].expected_signature = named;
    std::array<packet_view, 2> views;
    REQUIRE(!view_packets<2>(all, views));
    CHECK(views[0].expected == named);
    REQUIRE(views[1].expected);
    CHECK((*views[1].expected)[0] == 1);
}

TEST_CASE("any type with the two members is a packet", "[packet_access]")
{
    std::vector<own_packet> all{{.bytes = std::string(40, 'x'), .expected_signature = {9}}};
    std::array<packet_view, 1> views;
    REQUIRE(!view_packets<1>(all, views));
    CHECK(views[0].bytes.size() == 40);
    CHECK(views[0].expected == raida::signature{9});
}

TEST_CASE("buffers made on the fly are as good as stored ones", "[packet_access]")
{
    const bytes raw = packet();
    const std::vector<std::span<const std::uint8_t>> spans(2, raw);
    std::array<packet_view, 2> views;
    REQUIRE(!view_packets<2>(spans, views));
    CHECK(views[1].bytes.data() == raw.data());
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(raw), asio::const_buffer{}};
    REQUIRE(!view_packets<2>(buffers, views));
    CHECK(views[0].bytes.size() == 50);
    CHECK(views[1].bytes.empty());
}
