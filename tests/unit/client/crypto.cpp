// Sealing: requests of encryption types 1 and 2, byte for byte. Opening is in crypto_opening.cpp.
#include <raida/client/crypto.hpp>

#include <catch2/catch_test_macros.hpp>

#include "crypto_support.hpp"
#include <unit/hex.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <openssl/crypto.h>

namespace {

using namespace crypto_support;
using raida::errc;
using tests::hex;

// F0 F1 F2 ...; or none at all.
struct counting_source
{
    std::uint8_t next = 0xF0;
    bool fails = false;

    void fill(std::span<std::uint8_t> to, std::error_code& error)
    {
        error = fails ? make_error_code(errc::no_randomness) : std::error_code{};
        for (std::uint8_t& byte : to)
            byte = next++;
    }
};

using counting_codec = raida::basic_sealed<2, counting_source>;
using counting_builder = raida::commands<2, counting_source>;

counting_codec make_counting_codec(counting_source source = {})
{
    return counting_codec{key(), raida::serial_limit, source};
}

std::error_code seal(auto& by, raida::requests<2>& packets)
{
    std::error_code error = errc::queue_full; // an old one does not stay
    by.seal(packets, error);
    return error;
}

template <class Type>
concept printable = requires(std::ostream& out, const Type& value) { out << value; };

static_assert(!printable<raida::sealed> && !printable<raida::locker_key<>>);
static_assert(!std::copy_constructible<raida::sealed> && !std::is_copy_assignable_v<raida::sealed>);
static_assert(std::is_nothrow_move_constructible_v<raida::sealed> && std::movable<raida::sealed>);
static_assert(raida::sealed::encrypts && !raida::plain::encrypts);

} // namespace

TEST_CASE("sealed version requests are these bytes", "[crypto][seal]")
{
    counting_builder build{{}, {.next = 0}};
    counting_codec codec = make_counting_codec();

    auto packets = build.version();
    REQUIRE_FALSE(seal(codec, packets));

    // Computed with another program: the challenges are 04 .. 0F BCFF1C39 and 10 .. 1B D8E9EDED.
    CHECK(hex(packets[0].bytes) ==
          hex("01 00 00 00 00 01 0006 01 0000000000 00 01 01 FE 000F9FFF 0012 F0F1F2F3F4F5 0002"
              "98B582BC06F309B947F81881E2945051 3E3E"));
    CHECK(hex(packets[1].bytes) ==
          hex("01 00 01 00 00 01 0006 01 0000000000 00 01 01 FE 000F9FFF 0012 F0F1F2F3F4F6 0204"
              "48DF121059D9CE59BBE369C90C0DFDFF 3E3E"));
    CHECK(hex(packets[0].expected_signature.value()) == hex("2F7B131120A7D8ADA7FA1B87B5305305"));
    CHECK(hex(packets[1].expected_signature.value()) == hex("010003020504070609080B0AC9F8FCFC"));
}

TEST_CASE("the payload is sealed with the challenge, the terminator never", "[crypto][seal]")
{
    counting_builder build{{}, {.next = 0}};
    counting_codec codec = make_counting_codec();
    std::vector batch{raida::basic_token<2>{{6}, {1}, {number("C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0"), {}}}};

    auto packets = build.detect(batch);
    REQUIRE_FALSE(seal(codec, packets));

    CHECK(hex(packets[0].bytes) ==
          hex("01 00 00 00 01 0A 0006 01 0000000000 00 01 01 FE 000F9FFF 0027 F0F1F2F3F4F5 0002"
              "98B582BC06F309B947F81881E2945051 37D017B1F93252881CB11246911BAA3D5B29A0035A 3E3E"));
}

TEST_CASE("a locker is named by the first five bytes of each server's number, and encryption type 2",
          "[crypto][seal]")
{
    counting_builder build{{}, {.next = 0}};
    const raida::locker_key<2> locker{key().numbers};
    counting_codec codec{locker, counting_source{}};

    auto packets = build.version();
    REQUIRE_FALSE(seal(codec, packets));

    CHECK(hex(packets[0].bytes) ==
          hex("01 00 00 00 00 01 0006 01 0000000000 00 01 02 2B 7E151628 0012 F0F1F2F3F4F5 0002"
              "98B582BC06F309B947F81881E2945051 3E3E"));
    CHECK(hex(packets[0].expected_signature.value()) == hex("2F7B131120A7D8ADA7FA1B87B5305305"));
    CHECK_FALSE(codec.key_token());
}

TEST_CASE("a sealed request of every command opens to what was built", "[crypto][seal]")
{
    builder build{{.datagram_limit = 65'567}, seeded_random{3}};
    codec by = make_codec();
    const std::vector<raida::requests<2>> all{build.echo(),
                                              build.version(),
                                              build.detect(tokens(1)),
                                              build.detect(tokens(64)),
                                              build.detect(tokens(3119)),
                                              build.pown(tokens(36), new_numbers(36)),
                                              build.find(tokens(1770), new_numbers(1770))};
    for (const raida::requests<2>& plain : all) {
        const auto closed = sealed(by, plain);
        for (std::size_t server = 0; server < 2; ++server) {
            bytes packet{closed[server].bytes.begin(), closed[server].bytes.end()};
            const auto was = plain[server].bytes;
            CAPTURE(server, packet.size());
            REQUIRE(packet.size() == was.size());
            const auto body = std::span{packet}.subspan(32, packet.size() - 34);
            CHECK(hex(body) != hex(was.subspan(32, body.size())));
            crypt(key().numbers[server], closed[server].bytes, counter_habit::restarts, body);
            CHECK(hex(std::span{packet}.subspan(32)) == hex(was.subspan(32)));
            CHECK(hex(std::span{packet}.first(16)) == hex(was.first(16)));
            CHECK(hex(std::span{packet}.subspan(22, 2)) == hex(was.subspan(22, 2)));
            CHECK(hex(std::span{packet}.subspan(30, 2)) == hex(was.subspan(30, 2))); // the echo
        }
    }
}

TEST_CASE("no two requests have the same nonce or the same sealed challenge", "[crypto][seal]")
{
    const auto token = raida::basic_token<>{{0}, {1}, [] {
                                                raida::authenticity_numbers<> same;
                                                same.fill(number("2B7E151628AED2A6ABF7158809CF4F3C"));
                                                return same;
                                            }()};
    raida::sealed codec{token};
    raida::commands<> build;
    std::set<std::string> nonces, random_parts, challenges;
    for (int i = 0; i < 200; ++i) {
        auto packets = build.echo();
        std::error_code error;
        codec.seal(packets, error);
        REQUIRE_FALSE(error);
        for (const auto& one : packets) {
            nonces.insert(hex(one.bytes.subspan(24, 8)));
            random_parts.insert(hex(one.bytes.subspan(24, 6)));
            challenges.insert(hex(one.bytes.subspan(32, 16)));
        }
    }
    CHECK(nonces.size() == 200 * 25);
    CHECK(random_parts.size() == 200 * 25);
    CHECK(challenges.size() == 200 * 25);
}

TEST_CASE("without random bytes nothing is sealed and nothing is left to be sent", "[crypto][seal]")
{
    counting_codec codec = make_counting_codec({.fails = true});
    builder build{{}, seeded_random{1}};
    auto packets = build.detect(tokens(3));

    CHECK(seal(codec, packets) == errc::no_randomness);
    CHECK(packets[0].bytes.empty());
    CHECK(packets[1].bytes.empty());
}

TEST_CASE("what is no plain request is refused, and no request is left to be sent", "[crypto][seal]")
{
    counting_codec codec = make_counting_codec();
    builder build{{}, seeded_random{1}};
    const auto refuses = [&](raida::requests<2> packets) {
        return seal(codec, packets) == errc::malformed_packet && packets[0].bytes.empty() &&
               packets[1].bytes.empty();
    };
    auto packets = build.echo();
    REQUIRE_FALSE(seal(codec, packets));
    CHECK(refuses(packets)); // sealed already
    for (const std::size_t size : {1U, 31U, 32U, 34U, 49U})
        CHECK(refuses(raida::requests<2>{size}));
    packets = build.echo();
    packets.writable(1)[23] = 0x11; // says one byte less than there is
    CHECK(refuses(packets));
    packets.writable(1)[23] = 0x12;
    CHECK_FALSE(refuses(packets));
}

TEST_CASE("a key that would name another record is refused when it is used", "[crypto][seal]")
{
    builder build{{}, seeded_random{1}};
    auto token = key();
    const auto error_with = [&](std::uint32_t limit) {
        counting_codec codec{token, limit};
        auto packets = build.echo();
        const auto error = seal(codec, packets);
        CHECK(packets[0].bytes.empty() == static_cast<bool>(error));
        return error;
    };
    CHECK_FALSE(error_with(raida::serial_limit));
    CHECK(error_with(1'000'000) == errc::invalid_serial_number);
    token.serial.value = raida::serial_limit;
    CHECK(error_with(raida::serial_limit) == errc::invalid_serial_number);
    CHECK_FALSE(error_with(raida::serial_limit + 1));
    token.denomination.value = 7;
    CHECK(error_with(2'000'000) == errc::invalid_denomination);
}

TEST_CASE("a server for which the key has no number is left out, and one left out stays so", "[crypto][seal]")
{
    builder build{{}, seeded_random{1}};
    auto token = key();
    token.numbers[1] = {};
    codec by{token, raida::serial_limit, seeded_random{1}};

    auto packets = sealed(by, build.echo());
    CHECK(packets[0].bytes.size() == 50);
    CHECK(packets[1].bytes.empty());
    CHECK_FALSE(packets[1].expected_signature);

    packets = build.echo();
    packets.skip(0);
    CHECK(sealed(by, packets)[0].bytes.empty());
}

TEST_CASE("the codec tells which token is the key", "[crypto]")
{
    CHECK(make_codec().key_token() == raida::token_id{{-2}, {1'023'999}});
    CHECK_FALSE(raida::plain{}.key_token());
}

TEST_CASE("a moved codec goes on, and what it was moved from seals nothing", "[crypto][lifetime]")
{
    builder build{{}, seeded_random{1}};
    codec first = make_codec();
    auto packets = sealed(first, build.echo()); // the ciphers exist by now
    codec second = std::move(first);
    packets = sealed(second, build.echo());
    CHECK(packets[0].bytes[16] == 1);

    packets = build.echo();
    std::error_code error;
    first.seal(packets, error); // NOLINT(bugprone-use-after-move)
    CHECK(packets[0].bytes.empty());
    CHECK(packets[1].bytes.empty());

    first = std::move(second);
    CHECK(sealed(first, build.echo())[1].bytes[16] == 1);
}

namespace {

// Sees every block that OpenSSL gives back. Must be told of it before OpenSSL allocates anything.
class returned_memory
{
  public:
    static void watch(raida::bytes_view secret)
    {
        wanted_ = {secret.begin(), secret.end()};
        blocks_ = leaks_ = 0;
    }
    [[nodiscard]] static int blocks() { return blocks_; }
    [[nodiscard]] static int leaks() { return leaks_; }
    [[nodiscard]] static bool is_watched() { return installed_ == 1; }

  private:
    static constexpr std::size_t head = alignof(std::max_align_t);

    static void* take(std::size_t size, const char*, int)
    {
        auto* memory = static_cast<unsigned char*>(std::malloc(head + size));
        if (memory == nullptr)
            return nullptr;
        std::memcpy(memory, &size, sizeof size);
        return memory + head;
    }
    static void* resize(void* old, std::size_t size, const char* file, int line)
    {
        void* memory = take(size, file, line);
        if (memory != nullptr && old != nullptr) {
            std::memcpy(memory, old, std::min(size, size_of(old)));
            give_back(old, file, line);
        }
        return memory;
    }
    static void give_back(void* memory, const char*, int)
    {
        if (memory == nullptr)
            return;
        if (!wanted_.empty()) {
            const auto* bytes = static_cast<const std::uint8_t*>(memory);
            const auto* end = bytes + size_of(memory);
            ++blocks_;
            leaks_ += std::search(bytes, end, wanted_.begin(), wanted_.end()) != end ? 1 : 0;
        }
        std::free(static_cast<unsigned char*>(memory) - head);
    }
    static std::size_t size_of(const void* memory)
    {
        std::size_t size = 0;
        std::memcpy(&size, static_cast<const unsigned char*>(memory) - head, sizeof size);
        return size;
    }

    static inline std::vector<std::uint8_t> wanted_;
    static inline int blocks_ = 0, leaks_ = 0;
    static inline const int installed_ = CRYPTO_set_mem_functions(take, resize, give_back);
};

} // namespace

TEST_CASE("keys are wiped where the codec stood, and from OpenSSL's memory", "[crypto][lifetime]")
{
    alignas(codec) std::array<unsigned char, sizeof(codec)> memory{};
    builder build{{}, seeded_random{1}};
    const auto token = key();
    const auto secret = token.numbers[0].bytes();
    const auto is_in_memory = [&] {
        return std::search(memory.begin(), memory.end(), secret.begin(), secret.end()) != memory.end();
    };

    auto* by = new (memory.data()) codec{token, raida::serial_limit, seeded_random{1}};
    (void)sealed(*by, build.echo());
    CHECK(is_in_memory());
    returned_memory::watch(secret);
    std::destroy_at(by);
    const int blocks = returned_memory::blocks(), leaks = returned_memory::leaks();
    returned_memory::watch({});
    CHECK_FALSE(is_in_memory());
    if (returned_memory::is_watched()) {
        CHECK(blocks >= 2);
        CHECK(leaks == 0);
    }
}
