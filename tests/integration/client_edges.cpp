// The typed client where it is easily wrong by one: batch sizes at a datagram's limit, too few servers.
#include <raida/client.hpp>
#include <raida/testing/fleet.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/strand.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using raida::verdict;

namespace {

struct world
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    raida::client client{io, fleet.servers(), {.deadline = 1h, .retry = {}, .budget = 1h}};

    raida::batch_tally<> detect(const std::vector<raida::token>& tokens)
    {
        std::optional<raida::batch_tally<>> got;
        client.async_detect(tokens, [&](std::error_code error, raida::batch_tally<> result) {
            CHECK_FALSE(error);
            got = std::move(result);
        });
        while (!got && io.run_one() != 0) {
        }
        REQUIRE(got);
        return *std::move(got);
    }
};

} // namespace

TEST_CASE("64 tokens travel in one datagram to each server, 65 in two, and each gets its own verdict",
          "[client]")
{
    world w;
    const auto tokens = raida::testing::make_tokens(65);
    w.fleet.add(tokens);
    w.fleet.remove(tokens[0].id());
    w.fleet.remove(tokens[63].id());
    const auto whole = w.detect({tokens.begin(), tokens.begin() + 64});
    CHECK(w.fleet.counters().requests == 25);
    CHECK(whole.token_count() == 64);
    CHECK(whole.chunks().size() == 1);
    CHECK(whole.count(verdict::authentic) == 62);
    CHECK(whole.verdict(0) == verdict::counterfeit);
    CHECK(whole.verdict(63) == verdict::counterfeit);

    w.fleet.remove(tokens[64].id());
    const auto more = w.detect(tokens);
    CHECK(w.fleet.counters().requests == 75);
    CHECK(more.chunks().size() == 2);
    CHECK(more.count(verdict::authentic) == 62);
    CHECK(more.verdict(62) == verdict::authentic);
    CHECK(more.verdict(64) == verdict::counterfeit);
}

TEST_CASE("answers from only 12 servers decide nothing, 13 that agree do", "[client]")
{
    world w;
    const auto tokens = raida::testing::make_tokens(2);
    w.fleet.add(tokens[0]);
    for (std::size_t server = 12; server < 25; ++server)
        w.fleet.set(server, {.closed = true});
    const auto few = w.detect(tokens);
    CHECK(few.verdict(0) == verdict::undecided);
    CHECK(few.verdict(1) == verdict::undecided);
    CHECK(few.passes(0) == 12);
    CHECK(few.pown_string(0) == "pppppppppppp" + std::string(13, 'd'));

    w.fleet.set(20, {});
    const auto enough = w.detect(tokens);
    CHECK(enough.verdict(0) == verdict::authentic);
    CHECK(enough.verdict(1) == verdict::counterfeit);
}

TEST_CASE("a number that is missing costs the vote of its own server and never counts against the token",
          "[client]")
{
    world w;
    const auto tokens = raida::testing::make_tokens(1);
    w.fleet.add(tokens);
    auto partial = tokens;
    for (std::size_t server = 0; server < 12; ++server)
        partial[0].numbers[server] = {};
    const auto thirteen = w.detect(partial);
    CHECK(thirteen.verdict(0) == verdict::authentic);
    CHECK(thirteen.passes(0) == 13);
    partial[0].numbers[12] = {};
    const auto twelve = w.detect(partial);
    CHECK(twelve.verdict(0) == verdict::undecided);
    CHECK(twelve.passes(0) == 12);
    CHECK(twelve.fails(0) == 0);
}

TEST_CASE("a client on a strand survives its io_context", "[client]")
{
    std::optional<asio::io_context> io{std::in_place};
    bool called = false;
    raida::client asker{asio::any_io_executor{asio::make_strand(*io)}, raida::loopback(1)};
    asker.async_echo([&](std::error_code, const raida::replies<>&) { called = true; });
    io->poll_one();
    io.reset();
    CHECK_FALSE(called);
}
