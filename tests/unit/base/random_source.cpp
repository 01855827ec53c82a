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
using raida::system_random;

block draw(system_random& source)
{
    block bytes{};
    std::error_code error;
    source.fill(bytes, error);
    REQUIRE_FALSE(error);
    return bytes;
}

static_assert(raida::random_source<system_random>);
static_assert(!raida::random_source<block>);

} // namespace

TEST_CASE("no block of random bytes comes twice", "[random]")
{
    system_random source;
    std::set<block> seen;
    for (int i = 0; i < 1000; ++i)
        seen.insert(draw(source));
    CHECK(seen.size() == 1000);
    CHECK_FALSE(seen.contains(block{}));
}

TEST_CASE("every byte of a request is filled, whatever its size", "[random]")
{
    system_random source;
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
    system_random source;
    std::set<block> seen{draw(source)};
    system_random copy{source}, moved{std::move(source)};
    for (int i = 0; i < 100; ++i)
        for (system_random* each : {&source, &copy, &moved})
            seen.insert(draw(*each));
    CHECK(seen.size() == 301);
}

#if !defined(_WIN32)

// In place of the system's: here all processes have one id, as a grandchild may have that of its grandparent
// which is dead. Nobody can tell by it what was inherited.
extern "C" pid_t getpid() noexcept
{
    return 4242;
}

namespace {

// A child that draws a block and sends it, after its own child has, down to `generations`. Never returns.
[[noreturn]] void draw_in_child(system_random& source, int to, int generations)
{
    bool good = true;
    if (generations > 1) {
        const pid_t child = ::fork();
        if (child == 0)
            draw_in_child(source, to, generations - 1);
        int outcome = -1;
        good = child > 0 && ::waitpid(child, &outcome, 0) == child && outcome == 0;
    }
    block bytes{};
    std::error_code error;
    source.fill(bytes, error);
    ::_exit(good && !error && ::write(to, bytes.data(), bytes.size()) == 16 ? 0 : 1);
}

} // namespace

TEST_CASE("forked children and their children never hand out what another process does", "[random]")
{
    constexpr int generations = 3, families = 3;
    system_random source;
    std::set<block> seen{draw(source)};
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    for (int family = 0; family < families; ++family) {
        const pid_t child = ::fork();
        if (child == 0)
            draw_in_child(source, ends[1], generations);
        REQUIRE(child > 0);
        int outcome = -1;
        REQUIRE(::waitpid(child, &outcome, 0) == child);
        REQUIRE(outcome == 0);
    }
    for (int i = 0; i < families * generations; ++i) {
        block theirs{};
        REQUIRE(::read(ends[0], theirs.data(), theirs.size()) == 16);
        seen.insert(theirs);
    }
    ::close(ends[0]);
    ::close(ends[1]);
    seen.insert(draw(source));
    CHECK(seen.size() == 2 + families * generations);
}

#endif
