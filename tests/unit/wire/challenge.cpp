#include <raida/wire/challenge.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unit/hex.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace {

using tests::hex;

constexpr std::array<std::uint8_t, 12> hello{'H', 'e', 'l', 'l', 'o', ' ', 'W', 'o', 'r', 'l', 'd', '!'};
constexpr std::array<std::uint8_t, 12> zeros{};
constexpr auto ones = [] {
    std::array<std::uint8_t, 12> bytes{};
    bytes.fill(0xFF);
    return bytes;
}();

static_assert(raida::crc32(hello) == 0x1C291CA3);
static_assert(raida::crc32(zeros) == 0x7BD5C66F);
static_assert(raida::crc32(ones) == 0xBB99FF8A);
static_assert(raida::is_valid_challenge(raida::make_challenge(hello)));
static_assert(!raida::is_valid_challenge(raida::signature{}));

// CRC-32 as its definition has it: a bit at a time.
std::uint32_t slow_crc32(raida::bytes_view data)
{
    std::uint32_t crc = 0xFFFFFFFF;
    for (const std::uint8_t byte : data) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    return ~crc;
}

} // namespace

TEST_CASE("CRC-32 gives zlib's numbers", "[challenge]")
{
    CHECK(raida::crc32({}) == 0);
    CHECK(raida::crc32(hello) == 0x1C291CA3);
    CHECK(raida::crc32(zeros) == 0x7BD5C66F);
    CHECK(raida::crc32(ones) == 0xBB99FF8A);
    CHECK(raida::crc32(tests::bytes("313233343536373839")) == 0xCBF43926);
}

TEST_CASE("CRC-32 agrees with its definition for every length, whole and in pieces", "[challenge]")
{
    std::mt19937 random{2};
    std::vector<std::uint8_t> data(67);
    for (auto& byte : data)
        byte = static_cast<std::uint8_t>(random());
    for (std::size_t size = 0; size <= data.size(); ++size) {
        const raida::bytes_view whole{data.data(), size};
        REQUIRE(raida::crc32(whole) == slow_crc32(whole));
        for (std::size_t cut = 0; cut <= size; ++cut)
            REQUIRE(raida::crc32(whole.subspan(cut), raida::crc32(whole.first(cut))) == slow_crc32(whole));
    }
}

TEST_CASE("a challenge is its random bytes and their CRC-32, most significant byte first", "[challenge]")
{
    CHECK(hex(raida::make_challenge(hello)) == hex("48656C6C6F20576F726C6421 1C291CA3"));
    CHECK(hex(raida::make_challenge(zeros)) == hex("000000000000000000000000 7BD5C66F"));
}

TEST_CASE("a challenge with any one bit wrong is not valid", "[challenge]")
{
    const raida::signature good = raida::make_challenge(hello);
    REQUIRE(raida::is_valid_challenge(good));
    for (std::size_t bit = 0; bit < 128; ++bit) {
        raida::signature bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
        CHECK_FALSE(raida::is_valid_challenge(bad));
    }
}

TEST_CASE("signatures are equal only if every bit is", "[challenge]")
{
    const raida::signature good = raida::make_challenge(hello);
    CHECK(raida::equal_constant_time(good, good));
    for (std::size_t bit = 0; bit < 128; ++bit) {
        raida::signature bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
        CHECK_FALSE(raida::equal_constant_time(good, bad));
    }
}

TEST_CASE("an encrypted answer is signed with challenge XOR authenticity number", "[challenge]")
{
    const auto challenge = tests::bytes("00112233445566778899AABBCCDDEEFF");
    const auto secret = tests::bytes("FF0F0000000000000000000000000001");
    const auto sixteen = [](const std::vector<std::uint8_t>& bytes) {
        return std::span<const std::uint8_t, 16>{bytes.data(), 16};
    };

    const raida::signature signed_answer = raida::sign(sixteen(challenge), sixteen(secret));

    CHECK(hex(signed_answer) == "FF1E2233445566778899AABBCCDDEEFE");
    CHECK(hex(raida::sign(signed_answer, sixteen(secret))) == hex(challenge));
}
