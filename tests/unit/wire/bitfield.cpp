#include <raida/wire/bitfield.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unit/hex.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace {

using raida::bit_order;
using raida::bitfield;
using tests::bytes;

std::string letters(const bitfield& field)
{
    std::string text;
    for (std::size_t i = 0; i < field.size(); ++i)
        text += field[i] ? 'p' : 'f';
    return text;
}

constexpr std::array<std::uint8_t, 2> nine{0b00000001, 0b00000001};
static_assert(bitfield{nine, 9}[0] && !bitfield{nine, 9}[1] && bitfield{nine, 9}[8]);
static_assert(bitfield{nine, 9}.count_pass() == 2 && bitfield{nine, 9}.is_well_formed());
static_assert(!bitfield{nine, 9, bit_order::msb_first}.is_well_formed());

} // namespace

TEST_CASE("bits are counted from the least significant one, as real servers do", "[bitfield]")
{
    const auto body = bytes("0D 01"); // 0000'1101 0000'0001
    CHECK(letters(bitfield{body, 9}) == "pfppffffp");
    CHECK(bitfield{body, 9}.order() == bit_order::lsb_first);
}

TEST_CASE("bits are counted from the most significant one on request", "[bitfield]")
{
    const auto body = bytes("0D 80"); // 0000'1101 1000'0000
    CHECK(letters(bitfield{body, 9, bit_order::msb_first}) == "ffffppfpp");
}

TEST_CASE("only exactly one bit per token, rounded up to bytes, is well-formed", "[bitfield]")
{
    const std::vector<std::uint8_t> zeros(5);
    for (const bit_order order : {bit_order::lsb_first, bit_order::msb_first})
        for (std::size_t count = 0; count <= 33; ++count)
            for (std::size_t size = 0; size <= zeros.size(); ++size) {
                const bool expected = size * 8 >= count && size * 8 < count + 8;
                REQUIRE(bitfield{{zeros.data(), size}, count, order}.is_well_formed() == expected);
            }
}

TEST_CASE("a set padding bit is not well-formed, in either order", "[bitfield]")
{
    for (std::size_t count = 1; count <= 8; ++count)
        for (std::size_t bit = 0; bit < 8; ++bit) {
            const std::array<std::uint8_t, 1> low{static_cast<std::uint8_t>(1U << bit)};
            const std::array<std::uint8_t, 1> high{static_cast<std::uint8_t>(0x80U >> bit)};
            REQUIRE(bitfield{low, count}.is_well_formed() == (bit < count));
            REQUIRE(bitfield{high, count, bit_order::msb_first}.is_well_formed() == (bit < count));
            REQUIRE(bitfield{low, count}.count_pass() == (bit < count ? 1 : 0));
            REQUIRE(bitfield{high, count, bit_order::msb_first}.count_pass() == (bit < count ? 1 : 0));
        }
}

TEST_CASE("mixed means at least one pass and one fail", "[bitfield]")
{
    CHECK(bitfield{bytes("01"), 2}.is_mixed());
    CHECK(bitfield{bytes("FF 00"), 9}.is_mixed());
    CHECK_FALSE(bitfield{bytes("03"), 2}.is_mixed());
    CHECK_FALSE(bitfield{bytes("00"), 2}.is_mixed());
    CHECK_FALSE(bitfield{bytes("04"), 2}.is_mixed()); // nothing but padding
    CHECK_FALSE(bitfield{bytes("FF 01"), 9}.is_mixed());
    CHECK_FALSE(bitfield{{}, 0}.is_mixed());
    CHECK_FALSE(bitfield{bytes("01"), 1}.is_mixed()); // one token cannot be
}

TEST_CASE("tokens beyond the bytes or the count read as not passed", "[bitfield]")
{
    const auto body = bytes("FF");
    const bitfield longer{body, 20}, shorter{body, 3}, nothing{{}, 8};
    CHECK(longer[7]);
    CHECK_FALSE(longer[8]);
    CHECK_FALSE(longer[19]);
    CHECK_FALSE(longer[20]);
    CHECK(longer.count_pass() == 8);
    CHECK_FALSE(shorter[3]);
    CHECK(shorter.count_pass() == 3);
    CHECK_FALSE(nothing[0]);
    CHECK(nothing.count_pass() == 0);
}

TEST_CASE("the largest count neither overflows nor reads past the bytes", "[bitfield]")
{
    constexpr auto largest = std::numeric_limits<std::size_t>::max();
    const auto body = bytes("FF FF");
    for (const bit_order order : {bit_order::lsb_first, bit_order::msb_first}) {
        const bitfield field{body, largest, order};
        CHECK_FALSE(field.is_well_formed());
        CHECK_FALSE(field[largest - 1]);
        CHECK(field.count_pass() == 16);
    }
}
