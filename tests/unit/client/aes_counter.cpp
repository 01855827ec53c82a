// AES-128-CTR against NIST SP 800-38A, F.5.1 and F.5.2.
#include <raida/client/detail/aes_counter.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unit/hex.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using raida::detail::aes_counter;
using tests::bytes;
using tests::hex;

constexpr std::string_view plain_text = "6BC1BEE22E409F96E93D7E117393172A AE2D8A571E03AC9C9EB76FAC45AF8E51"
                                        "30C81C46A35CE411E5FBC1191A0A52EF F69F2445DF4F9B17AD2B417BE66C3710";
constexpr std::string_view cipher_text = "874D6191B620E3261BEF6864990DB6CE 9806F66B7970FDFF8617187BB9FFFDFF"
                                         "5AE4DF3EDBD5D35E5B4F09020DB03EAB 1E031DDA2FBE03D1792170A0F3009CEE";

template <std::size_t Size>
std::array<std::uint8_t, Size> array_of(std::string_view digits)
{
    const auto from = bytes(digits);
    std::array<std::uint8_t, Size> result{};
    REQUIRE(from.size() == Size);
    std::copy(from.begin(), from.end(), result.begin());
    return result;
}

aes_counter with_key(std::string_view digits = "2B7E151628AED2A6ABF7158809CF4F3C")
{
    aes_counter cipher;
    REQUIRE(cipher.set_key(array_of<16>(digits)));
    return cipher;
}

static_assert(!std::copy_constructible<aes_counter> && std::movable<aes_counter>);
static_assert(raida::detail::counter_blocks(0) == 0 && raida::detail::counter_blocks(1) == 1);
static_assert(raida::detail::counter_blocks(16) == 1 && raida::detail::counter_blocks(17) == 2);

} // namespace

TEST_CASE("AES-128-CTR encrypts and decrypts the four blocks of SP 800-38A", "[crypto][aes]")
{
    aes_counter cipher = with_key();
    const auto counter = array_of<16>("F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF");

    auto data = bytes(plain_text);
    REQUIRE(cipher.run(counter, data));
    CHECK(hex(data) == hex(cipher_text));
    REQUIRE(cipher.run(counter, data));
    CHECK(hex(data) == hex(plain_text));
}

TEST_CASE("a part of a block takes the first bytes of its key stream", "[crypto][aes]")
{
    aes_counter cipher = with_key();
    const auto counter = array_of<16>("F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF");
    for (std::size_t size = 0; size <= 64; ++size) {
        CAPTURE(size);
        auto data = bytes(plain_text);
        REQUIRE(cipher.run(counter, std::span{data}.first(size)));
        CHECK(hex(std::span{data}.first(size)) == hex(cipher_text).substr(0, 2 * size));
        CHECK(hex(std::span{data}.subspan(size)) == hex(plain_text).substr(2 * size));
    }
}

TEST_CASE("the counter is one number of 128 bits", "[crypto][aes]")
{
    aes_counter cipher = with_key();
    std::vector<std::uint8_t> over(32), next(16);
    REQUIRE(cipher.run(array_of<16>("00000000000000FFFFFFFFFFFFFFFFFF"), over));
    REQUIRE(cipher.run(array_of<16>("00000000000001000000000000000000"), next));
    CHECK(hex(std::span{over}.last(16)) == hex(next));
}

TEST_CASE("the first block is the nonce and eight zero bytes, and blocks can be skipped", "[crypto][aes]")
{
    aes_counter cipher = with_key();
    const auto nonce = array_of<8>("F0F1F2F3F4F5F6F7");
    std::vector<std::uint8_t> whole(5 * 16), same(5 * 16), tail(3 * 16);
    REQUIRE(cipher.run(array_of<16>("F0F1F2F3F4F5F6F70000000000000000"), whole));
    REQUIRE(cipher.apply(nonce, 0, same));
    CHECK(same == whole);
    REQUIRE(cipher.apply(nonce, 2, tail));
    CHECK(hex(tail) == hex(std::span{whole}.last(3 * 16)));
}

TEST_CASE("a new key replaces the former one", "[crypto][aes]")
{
    aes_counter cipher = with_key("00000000000000000000000000000000");
    REQUIRE(cipher.set_key(array_of<16>("2B7E151628AED2A6ABF7158809CF4F3C")));
    auto data = bytes(plain_text);
    REQUIRE(cipher.run(array_of<16>("F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF"), data));
    CHECK(hex(data) == hex(cipher_text));
}

TEST_CASE("without a key nothing is encrypted, and a moved-from cipher has none", "[crypto][aes]")
{
    auto data = bytes(plain_text);
    const auto nonce = array_of<8>("F0F1F2F3F4F5F6F7");
    CHECK_FALSE(aes_counter{}.apply(nonce, 0, data));

    aes_counter cipher = with_key();
    aes_counter moved = std::move(cipher);
    CHECK_FALSE(cipher.apply(nonce, 0, data)); // NOLINT(bugprone-use-after-move)
    CHECK_FALSE(cipher.set_key(array_of<16>("2B7E151628AED2A6ABF7158809CF4F3C")));
    CHECK(hex(data) == hex(plain_text));
    CHECK(moved.apply(nonce, 0, data));
    CHECK(hex(data) != hex(plain_text));
}
