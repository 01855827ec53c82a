#include <raida/wire/reply.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using raida::bytes_view;
using raida::errc;
using raida::status;
using bytes = std::vector<std::uint8_t>;

bytes datagram(std::uint8_t server, status what, bytes body = {})
{
    if (!body.empty())
        body.insert(body.end(), 2, raida::terminator_byte);
    bytes whole(raida::header_size + body.size());
    raida::response_header header{.server = server, .status = what};
    header.body_size = static_cast<std::uint32_t>(body.size());
    header.write(whole.data());
    std::copy(body.begin(), body.end(), whole.begin() + raida::header_size);
    return whole;
}

bytes copy(bytes_view from)
{
    return {from.begin(), from.end()};
}

static_assert(!std::is_copy_constructible_v<raida::replies<>> &&
              !std::is_copy_assignable_v<raida::replies<>>);
static_assert(std::is_nothrow_move_constructible_v<raida::replies<>> &&
              std::is_nothrow_move_assignable_v<raida::replies<>>);

} // namespace

TEST_CASE("new replies are all pending, and know their servers", "[reply]")
{
    const raida::replies<4> all;
    CHECK(all.size() == 4);
    CHECK(all.answered() == 0);
    std::size_t expected = 0;
    for (const raida::reply& one : all) {
        CHECK(one.server == expected++);
        CHECK(one.error == errc::pending);
        CHECK(!one);
        CHECK(one.status() == status{});
        CHECK(one.header() == raida::response_header{.frames = 1});
        CHECK(one.body().empty());
        CHECK(one.datagram.empty());
        CHECK(one.attempts == 0);
        CHECK(!one.verified);
        CHECK(!one.hint);
    }
    CHECK(expected == 4);
}

TEST_CASE("an answer is a copy of its bytes", "[reply]")
{
    raida::replies<4> all;
    bytes whole = datagram(2, status::mixed, {0xAA, 0xBB});
    const bytes before = whole;
    all.answer(2, whole, true, 5ms, 3);
    std::fill(whole.begin(), whole.end(), std::uint8_t{});
    CHECK(all[2]);
    CHECK(copy(all[2].datagram) == before);
    CHECK(copy(all[2].body()) == bytes{0xAA, 0xBB});
    CHECK(all[2].status() == status::mixed);
    CHECK(all[2].header().server == 2);
    CHECK(all[2].latency == 5ms);
    CHECK(all[2].attempts == 3);
    CHECK(all[2].verified);
    CHECK(all.answered() == 1);
    CHECK(all[1].error == errc::pending);
}

TEST_CASE("an answer that is not well-formed has no body, and a short one no header", "[reply]")
{
    raida::replies<4> all;
    bytes cut = datagram(0, status::mixed, {1, 2, 3});
    cut.pop_back();
    all.answer(0, cut);
    CHECK(all[0].status() == status::mixed);
    CHECK(all[0].body().empty());
    all.answer(1, bytes{1, 2, 3});
    CHECK(all[1]);
    CHECK(all[1].status() == status{});
    CHECK(all[1].body().empty());
    all.answer(2, bytes{});
    CHECK(all[2]);
    CHECK(all[2].header() == raida::response_header{});
}

TEST_CASE("a failure ends a slot without an answer, whatever it had", "[reply]")
{
    raida::replies<4> all;
    all.answer(1, datagram(1, status::success), true);
    all.fail(1, errc::oversize, 7ms, 2);
    CHECK(all[1].error == errc::oversize);
    CHECK(!all[1].verified);
    CHECK(all[1].datagram.empty());
    CHECK(all[1].status() == status{});
    CHECK(all[1].latency == 7ms);
    CHECK(all[1].attempts == 2);
    CHECK(all.answered() == 0);
}

TEST_CASE("a held answer is none before it is accepted", "[reply]")
{
    raida::replies<4> all;
    all.hold(1, datagram(1, status::invalid_crc, {9}), 3ms);
    CHECK(all[1].error == errc::pending);
    CHECK(all[1].status() == status{});
    CHECK(all[1].body().empty());
    CHECK(all.answered() == 0);
    SECTION("accepted")
    {
        all.accept_held(1, 2);
        CHECK(all[1].status() == status::invalid_crc);
        CHECK(copy(all[1].body()) == bytes{9});
        CHECK(all[1].latency == 3ms);
        CHECK(all[1].attempts == 2);
        CHECK(!all[1].verified);
    }
    SECTION("replaced")
    {
        all.answer(1, datagram(1, status::success), true, 4ms);
        CHECK(all[1].status() == status::success);
        CHECK(all[1].latency == 4ms);
    }
    SECTION("dropped")
    {
        all.fail(1, errc::timed_out);
        CHECK(all[1].datagram.empty());
    }
}

TEST_CASE("a hint changes nothing else", "[reply]")
{
    raida::replies<4> all;
    all.hint(3, status::invalid_coin_id);
    CHECK(all[3].hint == status::invalid_coin_id);
    CHECK(all[3].error == errc::pending);
    all.fail(3, errc::timed_out);
    CHECK(all[3].hint == status::invalid_coin_id);
    all.reset();
    CHECK(!all[3].hint);
}

TEST_CASE("answers stay what they were while more of them come", "[reply]")
{
    raida::replies<> all; // the block grows several times
    for (std::size_t server = 0; server < all.size(); ++server) {
        const auto number = static_cast<std::uint8_t>(server);
        all.answer(server, datagram(number, status::success, bytes(server * 37, number)));
        for (std::size_t before = 0; before <= server; ++before)
            REQUIRE(copy(all[before].body()) == bytes(before * 37, static_cast<std::uint8_t>(before)));
    }
}

TEST_CASE("an answer may be a copy of another slot's", "[reply]")
{
    raida::replies<4> all;
    all.answer(0, datagram(0, status::success, bytes(500, 7)));
    for (int i = 0; i < 6; ++i) // so that the block must grow while its own bytes are copied
        for (std::size_t server = 1; server < 4; ++server)
            all.answer(server, all[0].datagram);
    for (const raida::reply& one : all)
        CHECK(copy(one.body()) == bytes(500, 7));
}

TEST_CASE("moving keeps the bytes where they are", "[reply]")
{
    raida::replies<4> all;
    all.answer(1, datagram(1, status::success, {1, 2, 3}));
    const auto* const bytes_before = all[1].datagram.data();

    raida::replies<4> moved = std::move(all);
    CHECK(moved[1].datagram.data() == bytes_before);
    CHECK(copy(moved[1].body()) == bytes{1, 2, 3});
    CHECK(all.answered() == 0); // as new
    CHECK(all[1].error == errc::pending);

    all.answer(2, datagram(2, status::success, {4}));
    all = std::move(moved);
    CHECK(all[1].datagram.data() == bytes_before);
    CHECK(all[2].error == errc::pending);
    auto& same = all;
    all = std::move(same);
    CHECK(copy(all[1].body()) == bytes{1, 2, 3});
}

TEST_CASE("moved-from replies may be used again", "[reply]")
{
    raida::replies<4> all;
    all.answer(1, datagram(1, status::success, {1}));
    const auto moved = std::move(all);
    all.answer(3, datagram(3, status::success, {8}));
    CHECK(copy(all[3].body()) == bytes{8});
    CHECK(copy(moved[1].body()) == bytes{1});
}

TEST_CASE("a clone is the same, with bytes of its own", "[reply]")
{
    raida::replies<4> all;
    all.answer(0, datagram(0, status::mixed, {1, 2}), true, 9ms, 2);
    all.fail(1, errc::timed_out, 3s);
    all.hint(1, status::invalid_coin_id);
    const auto clone = all.clone();
    for (std::size_t server = 0; server < 4; ++server) {
        CHECK(clone[server].server == server);
        CHECK(clone[server].error == all[server].error);
        CHECK(clone[server].latency == all[server].latency);
        CHECK(clone[server].attempts == all[server].attempts);
        CHECK(clone[server].verified == all[server].verified);
        CHECK(clone[server].hint == all[server].hint);
        CHECK(copy(clone[server].datagram) == copy(all[server].datagram));
    }
    CHECK(clone[0].datagram.data() != all[0].datagram.data());
    all.reset();
    CHECK(copy(clone[0].body()) == bytes{1, 2});
    CHECK(raida::replies<4>{}.clone().answered() == 0);
}

TEST_CASE("reset makes all pending and keeps the memory", "[reply]")
{
    raida::replies<4> all;
    all.answer(0, datagram(0, status::success, bytes(300, 1)));
    const auto* const first = all[0].datagram.data();
    all.reset();
    CHECK(all.answered() == 0);
    CHECK(all[0].datagram.empty());
    all.answer(3, datagram(3, status::success, bytes(300, 2)));
    CHECK(all[3].datagram.data() == first);
}

TEST_CASE("with room reserved, answers do not move", "[reply]")
{
    raida::replies<4> all;
    all.reserve(4 * 1000);
    all.answer(0, bytes(1000, 1));
    const auto* const first = all[0].datagram.data();
    for (std::size_t server = 1; server < 4; ++server)
        all.answer(server, bytes(1000, 2));
    CHECK(all[0].datagram.data() == first);
    all.reserve(1); // never shrinks
    CHECK(all[0].datagram.data() == first);
}

TEST_CASE("an answer's bytes may be changed in place", "[reply]")
{
    raida::replies<4> all;
    all.answer(2, datagram(2, status::success, {1, 2, 3}));
    const auto open = all.writable(2);
    REQUIRE(open.size() == 37);
    open[32] = 9;
    CHECK(copy(all[2].body()) == bytes{9, 2, 3});
    CHECK(all.writable(0).empty());
}
