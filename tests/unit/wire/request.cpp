#include <raida/wire/request.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unit/hex.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

namespace {

using tests::bytes;
using tests::hex;

static_assert(std::ranges::contiguous_range<raida::requests<>>);
static_assert(std::convertible_to<const raida::request&, raida::request_view>);
static_assert(std::copyable<raida::requests<>> && std::copyable<raida::request>);

// Three requests of two bytes: 0000, 0101, 0202, signed with their numbers.
raida::requests<3> numbered()
{
    raida::requests<3> made{2};
    for (std::size_t i = 0; i < 3; ++i) {
        std::ranges::fill(made.writable(i), static_cast<std::uint8_t>(i));
        made.expect(i, raida::signature{static_cast<std::uint8_t>(i)});
    }
    return made;
}

std::vector<std::string> texts(const raida::requests<3>& made)
{
    std::vector<std::string> result;
    for (const auto& each : made)
        result.push_back(hex(each.bytes));
    return result;
}

const std::vector<std::string> all{"0000", "0101", "0202"};

} // namespace

TEST_CASE("a request owns a copy of any contiguous bytes", "[request]")
{
    auto packet = bytes("0102");
    const raida::request made{packet, raida::signature{7}};
    packet[0] = 9;

    const raida::request_view view = made;

    CHECK(hex(view.bytes) == "0102");
    CHECK(view.bytes.data() == made.bytes.data());
    CHECK(view.expected_signature == raida::signature{7});
    CHECK_FALSE(raida::request{std::array<std::uint8_t, 2>{}}.expected_signature);
    CHECK(raida::request{}.bytes.empty());
}

TEST_CASE("requests hold one view per server, each with bytes of its own", "[request]")
{
    const auto made = numbered();
    CHECK(made.size() == 3);
    CHECK(texts(made) == all);
    CHECK(made[2].expected_signature == raida::signature{2});
    CHECK(made.end() - made.begin() == 3);
}

TEST_CASE("requests that nobody wrote are empty and ask no server", "[request]")
{
    raida::requests<3> nothing;
    for (const auto& each : nothing) {
        CHECK(each.bytes.empty());
        CHECK_FALSE(each.expected_signature);
    }
    CHECK(nothing.writable(1).empty());
}

TEST_CASE("views of requests survive a move", "[request]")
{
    auto first = numbered();
    const raida::request_view kept = first[1];

    const auto moved = std::move(first);
    CHECK(hex(kept.bytes) == "0101");
    CHECK(moved[1].bytes.data() == kept.bytes.data());
    CHECK(texts(first) == std::vector<std::string>{"", "", ""}); // empty, not dangling

    raida::requests<3> assigned;
    assigned = numbered();
    CHECK(texts(assigned) == all);
}

TEST_CASE("a copy of requests shares nothing with the original", "[request]")
{
    auto first = numbered();
    first.skip(0);
    auto copy = first;
    std::ranges::fill(first.writable(1), std::uint8_t{0xFF});

    CHECK(texts(copy) == std::vector<std::string>{"", "0101", "0202"});
    CHECK(copy[1].expected_signature == raida::signature{1});
    copy = first;
    CHECK(texts(copy) == std::vector<std::string>{"", "FFFF", "0202"});
    const auto& self = copy;
    copy = self;
    CHECK(texts(copy) == std::vector<std::string>{"", "FFFF", "0202"});
}

TEST_CASE("a skipped server has neither bytes nor signature, the others keep theirs", "[request]")
{
    auto made = numbered();
    made.skip(1);
    CHECK(texts(made) == std::vector<std::string>{"0000", "", "0202"});
    CHECK_FALSE(made[1].expected_signature);
    CHECK(made.writable(1).empty());
    CHECK(made[2].expected_signature == raida::signature{2});
}
