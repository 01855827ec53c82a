#include <raida/base/random_source.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

using block = std::array<std::uint8_t, 16>;
using raida::detail::random_bytes;

block draw(random_bytes& source)
{
    block bytes{};
    std::error_code error;
    source.fill(bytes, error);
    REQUIRE_FALSE(error);
    return bytes;
}

static_assert(raida::random_source<random_bytes>);
static_assert(!raida::random_source<block>);

} // namespace

TEST_CASE("no block of random bytes comes twice", "[random]")
{
    random_bytes source;
    std::set<block> seen;
    for (int i = 0; i < 1000; ++i)
        seen.insert(draw(source));
    CHECK(seen.size() == 1000);
    CHECK_FALSE(seen.contains(block{}));
}

TEST_CASE("every byte of a request is filled, whatever its size", "[random]")
{
    random_bytes source;
    for (const std::size_t size : {0U, 1U, 255U, 256U, 257U, 511U, 512U, 513U, 1024U, 5000U}) {
        std::vector<std::uint8_t> ever(size), bytes(size + 1);
        for (int round = 0; round < 40; ++round) { // a byte that stays 0 is left out: one chance in 256^40
            std::error_code error = raida::errc::no_randomness;
            source.fill(std::span{bytes}.first(size), error);
            REQUIRE_FALSE(error); // an old error does not stay
            for (std::size_t i = 0; i < size; ++i)
                ever[i] = static_cast<std::uint8_t>(ever[i] | bytes[i]);
        }
        CHECK(std::count(ever.begin(), ever.end(), 0) == 0);
        CHECK(bytes.back() == 0); // and nothing behind it
    }
}

TEST_CASE("copies and moved-to sources never repeat what the original hands out", "[random]")
{
    random_bytes source;
    std::set<block> seen{draw(source)}; // the store is filled now
    random_bytes copy{source}, assigned;
    assigned = source;
    random_bytes moved{std::move(source)};
    for (int i = 0; i < 100; ++i)
        for (random_bytes* each : {&source, &copy, &assigned, &moved})
            seen.insert(draw(*each));
    CHECK(seen.size() == 401);
}

#if !defined(_WIN32)
TEST_CASE("a forked child never hands out what its parent does", "[random]")
{
    random_bytes source;
    (void)draw(source); // the store is filled now
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);

    const pid_t child = ::fork();
    if (child == 0) {
        block bytes{};
        std::error_code error;
        source.fill(bytes, error);
        const bool told = !error && ::write(ends[1], bytes.data(), bytes.size()) == 16;
        ::_exit(told ? 0 : 1);
    }
    REQUIRE(child > 0);
    block theirs{};
    const auto got = ::read(ends[0], theirs.data(), theirs.size());
    int outcome = -1;
    const auto waited = ::waitpid(child, &outcome, 0);
    ::close(ends[0]);
    ::close(ends[1]);

    REQUIRE(got == 16);
    REQUIRE(waited == child);
    REQUIRE(outcome == 0);
    CHECK(theirs != draw(source));
}
#endif
