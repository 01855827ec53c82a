// Where an answer ends that comes in pieces, and what the embedded servers answer to a connection.
#include <raida/testing/detail/responder.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/transport/detail/tcp_answer.hpp>
#include <raida/wire/packet.hpp>

#include <unit/testing/fleet_support.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

using progress = raida::detail::tcp_answer::progress;
using raida::detail::tcp_answer;

namespace {

using bytes = std::vector<std::uint8_t>;

constexpr std::size_t limit = 4096;

// Bytes that are all different, with `announced` in the size field.
bytes stream(std::size_t announced, std::size_t size)
{
    bytes made(size);
    for (std::size_t i = 0; i < size; ++i)
        made[i] = static_cast<std::uint8_t>(i * 7 + 1);
    raida::detail::store_big<3>(made.data() + 9, announced);
    return made;
}

bytes answer_with_body(std::size_t body)
{
    bytes made = stream(body + raida::terminator_size, raida::header_size + body + raida::terminator_size);
    std::fill(made.end() - raida::terminator_size, made.end(), raida::terminator_byte);
    return made;
}

// Feeds pieces of at most `piece` bytes for as long as more is wanted. Returns how many bytes were taken.
std::size_t feed(tcp_answer& to, const bytes& from, std::size_t piece)
{
    std::size_t taken = 0;
    while (to.state() == progress::incomplete && taken < from.size()) {
        const auto space = to.space();
        REQUIRE_FALSE(space.empty());
        const auto count = std::min({piece, space.size(), from.size() - taken});
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(taken), count, space.begin());
        to.advance(count);
        taken += count;
    }
    return taken;
}

bytes collected(const tcp_answer& from)
{
    return {from.bytes().begin(), from.bytes().end()};
}

} // namespace

TEST_CASE("an answer without a body is complete with its header, however it is cut", "[tcp]")
{
    const bytes whole = stream(0, raida::header_size);
    for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
        tcp_answer reader{limit};
        CHECK(reader.is_empty());
        feed(reader, whole, piece);
        CHECK(reader.state() == progress::complete);
        CHECK(collected(reader) == whole);
    }
}

TEST_CASE("an answer with a body is complete with its terminator, however it is cut", "[tcp]")
{
    for (const std::size_t body : {0U, 1U, 2U, 15U, 16U, 100U, 390U}) {
        const bytes whole = answer_with_body(body);
        for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
            tcp_answer reader{limit};
            feed(reader, whole, piece);
            REQUIRE(reader.state() == progress::complete);
            REQUIRE(collected(reader) == whole);
            REQUIRE(raida::shape_of(reader.bytes()) == raida::response_shape::well_formed);
        }
    }
}

TEST_CASE("an answer is incomplete until its very last byte", "[tcp]")
{
    bytes cut = answer_with_body(20);
    cut.pop_back();
    tcp_answer reader{limit};
    CHECK(feed(reader, cut, cut.size()) == cut.size());
    CHECK(reader.state() == progress::incomplete);
    CHECK(reader.space().size() == 1);
    CHECK_FALSE(reader.is_empty());
    CHECK(collected(reader) == cut);
}

TEST_CASE("once the size is known nothing behind the answer is asked for", "[tcp]")
{
    const bytes whole = answer_with_body(100);
    tcp_answer reader{limit};
    feed(reader, bytes(whole.begin(), whole.begin() + 32), 32);
    CHECK(reader.space().size() == whole.size() - 32);
}

TEST_CASE("bytes that came along behind a short answer are cut off", "[tcp]")
{
    bytes longer = answer_with_body(2); // 36 bytes, and up to 48 are read before its size is known
    const bytes whole = longer;
    longer.resize(48, 0xEE);
    tcp_answer reader{limit};
    feed(reader, longer, 48);
    CHECK(reader.state() == progress::complete);
    CHECK(collected(reader) == whole);
}

TEST_CASE("an answer as long as the limit is complete, one byte more is oversize", "[tcp]")
{
    const bytes whole = answer_with_body(66); // 100 bytes
    tcp_answer enough{100};
    feed(enough, whole, 7);
    CHECK(enough.state() == progress::complete);
    CHECK(collected(enough) == whole);

    tcp_answer short_of_one{99};
    CHECK(feed(short_of_one, whole, 32) == 32);
    CHECK(short_of_one.state() == progress::oversize);
    CHECK(short_of_one.space().empty());
    CHECK(collected(short_of_one) == bytes(whole.begin(), whole.begin() + 32));
}

TEST_CASE("the largest size that can be announced is oversize and costs no memory", "[tcp]")
{
    tcp_answer reader{limit};
    CHECK(feed(reader, stream(0xFF'FFFF, 48), 48) == 48);
    CHECK(reader.state() == progress::oversize);
    CHECK(reader.bytes().size() == raida::header_size);
}

TEST_CASE("where not even a header is wanted every answer is oversize", "[tcp]")
{
    tcp_answer reader{31};
    feed(reader, stream(0, 32), 32);
    CHECK(reader.state() == progress::oversize);
}

TEST_CASE("the longer header of some errors is kept where it came in one piece", "[tcp]")
{
    const bytes wide = stream(0, 48);
    tcp_answer whole{limit};
    feed(whole, wide, 48);
    CHECK(whole.state() == progress::complete);
    CHECK(raida::shape_of(whole.bytes()) == raida::response_shape::wide_error);

    tcp_answer cut{limit}; // the rest may never come, and says nothing
    feed(cut, wide, 40);
    CHECK(cut.state() == progress::complete);
    CHECK(collected(cut) == bytes(wide.begin(), wide.begin() + 32));
    CHECK(raida::response_header::parse(cut.bytes())->status ==
          raida::response_header::parse(whole.bytes())->status);
}

TEST_CASE("a size too small for a terminator makes no well-formed answer", "[tcp]")
{
    tcp_answer reader{limit};
    feed(reader, stream(1, 33), 5);
    CHECK(reader.state() == progress::complete);
    CHECK(raida::shape_of(reader.bytes()) == raida::response_shape::malformed);
}

TEST_CASE("what is fed after the end, or beyond the space, changes nothing", "[tcp]")
{
    const bytes whole = answer_with_body(60);
    tcp_answer reader{limit};
    feed(reader, whole, whole.size());
    CHECK(reader.advance(1000) == progress::complete);
    CHECK(collected(reader) == whole);

    tcp_answer greedy{limit};
    greedy.advance(1'000'000); // only what there was space for can have been filled
    CHECK(greedy.bytes().size() <= 48);
}

TEST_CASE("arbitrary bytes in arbitrary pieces end within the limit", "[tcp]")
{
    raida::testing::seeded_random random{7};
    for (int round = 0; round < 2000; ++round) {
        const auto allowed = static_cast<std::size_t>(random.below(300));
        bytes garbage(400);
        random.fill(garbage);
        garbage[9] = 0; // so that many sizes are near the limit
        garbage[10] = static_cast<std::uint8_t>(random.below(2));
        tcp_answer reader{allowed};
        while (reader.state() == progress::incomplete) {
            const auto space = reader.space();
            REQUIRE_FALSE(space.empty());
            const auto count = 1 + static_cast<std::size_t>(random.below(space.size()));
            std::copy_n(garbage.begin() + static_cast<std::ptrdiff_t>(reader.bytes().size()), count,
                        space.begin());
            reader.advance(count);
        }
        const auto announced = raida::detail::load_big<3, std::size_t>(garbage.data() + 9);
        const bool fits = raida::header_size + announced <= allowed;
        CHECK((reader.state() == progress::complete) == fits);
        CHECK(std::equal(reader.bytes().begin(), reader.bytes().end(), garbage.begin()));
        if (fits && announced != 0)
            CHECK(reader.bytes().size() == raida::header_size + announced);
    }
}

// ---- the embedded servers' side

TEST_CASE("a connection's request has no datagram limit", "[tcp][fleet]")
{
    raida::testing::detail::responder server{3, fleet_support::steady_rules(), 1};
    const auto tokens =
        fleet_support::repeat(std::string{fleet_support::token_1} + fleet_support::number_a, 100);
    const bytes request = fleet_support::request("01 0A", "1234", fleet_support::zeros, tokens);
    REQUIRE(request.size() > 1440);
    CHECK(raida::response_header::parse(server.respond(request))->status ==
          raida::status::invalid_packet_length);
    CHECK(server.refuse_alone(bytes(request.begin(), request.begin() + 32)).empty());
    CHECK(raida::response_header::parse(server.respond_alone(request))->status == raida::status::all_fail);
}

TEST_CASE("a connection's request neither sees earlier requests nor leaves anything behind", "[tcp][fleet]")
{
    raida::testing::detail::responder server{3, fleet_support::steady_rules(), 1};
    const bytes by_datagram = fleet_support::request("00 00", "1111", fleet_support::ones);
    const bytes by_connection = fleet_support::request("00 00", "2222");
    const bytes wrong_coin = fleet_support::with(fleet_support::request("00 00", "3333"), 7, 9);

    CHECK(raida::response_header::parse(server.respond(by_datagram))->echo == 0x1111);
    const auto refused = raida::response_header::parse(server.refuse_alone(wrong_coin)).value();
    CHECK(refused.status == raida::status::invalid_coin_id);
    CHECK(refused.echo == 0);
    CHECK(refused.signature == raida::signature{});
    CHECK(raida::response_header::parse(server.respond_alone(by_connection))->echo == 0x2222);

    const auto stale = raida::response_header::parse(server.respond(wrong_coin)).value();
    CHECK(stale.echo == 0x1111);
    CHECK(stale.signature == raida::implied_signature(by_datagram));
}

TEST_CASE("a header is refused on demand, with zeros", "[tcp][fleet]")
{
    raida::testing::detail::responder server{3, fleet_support::steady_rules(), 1};
    const bytes fine = fleet_support::request("00 00", "2222");
    const auto refused =
        raida::response_header::parse(server.refuse_alone(fine, raida::status::invalid_shard_id)).value();
    CHECK(refused.status == raida::status::invalid_shard_id);
    CHECK(refused.server == 3);
    CHECK(refused.echo == 0);
    CHECK(server.refuse_alone(bytes(31)).empty());
}
