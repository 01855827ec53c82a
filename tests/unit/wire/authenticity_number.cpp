#include <raida/wire/authenticity_number.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>

#include <unit/hex.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using raida::authenticity_number;
using tests::hex;

constexpr std::array<std::uint8_t, 16> secret_bytes{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                                    0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF};
constexpr std::string_view secret_text = "00112233445566778899aabbCCDDEEFF";

static_assert(!std::is_convertible_v<std::array<std::uint8_t, 16>, authenticity_number>);
static_assert(!std::is_convertible_v<std::span<const std::uint8_t, 16>, authenticity_number>);
static_assert(!std::is_convertible_v<authenticity_number, raida::bytes_view>);
static_assert(!std::is_convertible_v<authenticity_number, std::array<std::uint8_t, 16>>);
static_assert(std::is_nothrow_move_constructible_v<authenticity_number>);
static_assert(sizeof(authenticity_number) == 16);
static_assert(authenticity_number{}.is_zero());
static_assert(authenticity_number{secret_bytes} == authenticity_number{secret_bytes});
static_assert(authenticity_number::from_hex(secret_text)->bytes()[15] == 0xFF);

// What memory holds after its object died. Volatile: the compiler may not reason about what it "must" be.
std::string memory(const volatile unsigned char* at)
{
    std::array<std::uint8_t, 16> bytes{};
    for (auto& byte : bytes)
        byte = *at++;
    return hex(bytes);
}

const std::string zeros(32, '0');

} // namespace

TEST_CASE("an authenticity number is read from 32 digits of either case", "[authenticity_number]")
{
    const auto number = authenticity_number::from_hex(secret_text);
    REQUIRE(number);
    CHECK(hex(number->bytes()) == hex(secret_bytes));
    CHECK(*number == authenticity_number{secret_bytes});
}

TEST_CASE("text that is not 32 hexadecimal digits is no authenticity number", "[authenticity_number]")
{
    const std::string good{secret_text};
    CHECK_FALSE(authenticity_number::from_hex(""));
    CHECK_FALSE(authenticity_number::from_hex(good.substr(1)));
    CHECK_FALSE(authenticity_number::from_hex(good.substr(2)));
    CHECK_FALSE(authenticity_number::from_hex(good + "0"));
    CHECK_FALSE(authenticity_number::from_hex(good + "00"));
    CHECK_FALSE(authenticity_number::from_hex("0x" + good.substr(2)));
    CHECK_FALSE(authenticity_number::from_hex("0x" + good));
    for (std::size_t at = 0; at < good.size(); ++at)
        for (const char bad : {'g', 'G', '/', ':', '@', '`', ' ', '-', '\0', '\xFF'}) {
            std::string text = good;
            text[at] = bad;
            REQUIRE_FALSE(authenticity_number::from_hex(text));
        }
}

TEST_CASE("an authenticity number is printed as redacted, alone and in a container", "[authenticity_number]")
{
    const authenticity_number number{secret_bytes};
    std::ostringstream out;

    out << number;

    CHECK(out.str() == "[redacted]");
    CHECK(Catch::Detail::stringify(number) == "[redacted]");
    CHECK(Catch::Detail::stringify(std::vector<authenticity_number>{number}) == "{ [redacted] }");
}

TEST_CASE("authenticity numbers are equal only if every bit is", "[authenticity_number]")
{
    const authenticity_number number{secret_bytes};
    CHECK(number == authenticity_number{secret_bytes});
    for (std::size_t bit = 0; bit < 128; ++bit) {
        auto other = secret_bytes;
        other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ (1U << (bit % 8)));
        CHECK(number != authenticity_number{other});
    }
}

TEST_CASE("only 16 zeros are zero", "[authenticity_number]")
{
    CHECK(authenticity_number{}.is_zero());
    CHECK_FALSE(authenticity_number::from_hex("00000000000000000000000000000001")->is_zero());
    CHECK_FALSE(authenticity_number::from_hex("80000000000000000000000000000000")->is_zero());
}

TEST_CASE("copies keep the secret, and what was moved from is wiped", "[authenticity_number]")
{
    authenticity_number first{secret_bytes};
    const authenticity_number copy{first};
    CHECK(copy == first);

    const authenticity_number moved{std::move(first)};
    CHECK(moved == copy);
    CHECK(first.is_zero());

    authenticity_number second{secret_bytes}, assigned;
    assigned = std::move(second);
    CHECK(assigned == copy);
    CHECK(second.is_zero());

    authenticity_number& self = assigned;
    assigned = std::move(self); // a move onto itself loses nothing
    CHECK(assigned == copy);
}

TEST_CASE("a dead authenticity number leaves no secret in its memory", "[authenticity_number]")
{
    alignas(authenticity_number) std::array<unsigned char, sizeof(authenticity_number)> storage{};
    auto* number = new (storage.data()) authenticity_number{secret_bytes};
    REQUIRE(memory(storage.data()) == hex(secret_bytes));

    std::destroy_at(number);

    CHECK(memory(storage.data()) == zeros);
}
