// Encrypted answers at the wrong moment: none is ever counted before it is opened, or read by another
// machine's habit.
#include <raida/client.hpp>
#include <raida/crypto.hpp>
#include <raida/testing/encryption.hpp>

#include "client_faults.hpp"

#include <catch2/catch_test_macros.hpp>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

using namespace std::chrono_literals;
using namespace client_faults;
using raida::counter_habit;
using raida::holding;
using raida::vote;

namespace {

using sealed_client = raida::basic_client<25, raida::transport::udp, raida::sealed>;

// Machines that hold the same tokens; of each batch the first is unknown to them. Bodies without padding bits
// can nearly always be read in both ways.
struct machines
{
    raida::testing::fleet fleet;

    machines(asio::io_context& io, counter_habit habit, const tokens_type& tokens, const raida::token& key)
        : fleet{io}
    {
        raida::testing::enable_encryption(fleet);
        fleet.add(tokens);
        fleet.add(key);
        fleet.remove(tokens[0].id());
        for (std::size_t server = 0; server < 25; ++server)
            fleet.set_rules(server, {.counter_goes_on = habit == counter_habit::goes_on});
    }
};

struct sealed_world
{
    asio::io_context io;
    tokens_type tokens;
    raida::token key = raida::testing::make_tokens(1, 77)[0];
    machines first, second; // which count in different ways
    std::optional<sealed_client> client;

    explicit sealed_world(std::size_t count = 8, raida::client_settings<> settings = patient())
        : tokens{raida::testing::make_tokens(count)},
          first{io, counter_habit::restarts, tokens, key},
          second{io, counter_habit::goes_on, tokens, key},
          client{std::in_place, io, first.fleet.servers(), std::move(settings), raida::sealed{key}}
    {}

    template <class Result>
    const outcome<Result>& wait(const outcome<Result>& what)
    {
        wait_for(io, what);
        return what;
    }

    // Other machines as soon as the first have been asked, and have not answered yet.
    void replace_when_asked()
    {
        first.fleet.set_all({.delay = 30ms});
        first.fleet.on_request([this, seen = 0](std::size_t, raida::bytes_view) mutable {
            if (++seen == 25)
                asio::post(io, [this] { client->set_servers(second.fleet.servers()); });
        });
    }

    // Runs until so many answers have come in, however they are read.
    void run_until_answered(std::size_t answers)
    {
        while (client->network().statistics().total().answered < answers)
            io.run_one();
    }
};

// Votes that are not what all machines hold.
std::size_t wrong_votes(const raida::batch_tally<>& of)
{
    std::size_t wrong = 0;
    for (std::size_t t = 0; t < of.token_count(); ++t)
        for (std::size_t server = 0; server < 25; ++server)
            wrong += of.vote(t, server) == (t == 0 ? vote::pass : vote::fail) ? 1 : 0;
    return wrong;
}

std::size_t missing_votes(const raida::batch_tally<>& of)
{
    std::size_t missing = 0;
    for (std::size_t t = 0; t < of.token_count(); ++t)
        missing += of.unknowns(t);
    return missing;
}

} // namespace

TEST_CASE("a client destroyed when sealed answers have arrived counts none of them wrongly",
          "[crypto][client]")
{
    sealed_world w{16};
    w.first.fleet.set(24, {.silent = true});
    votes got;
    w.client->async_detect(w.tokens, got.handler());
    w.run_until_answered(24);
    REQUIRE_FALSE(got.over);
    w.client.reset();
    w.wait(got);
    CHECK(got.result.token_count() == 16);
    CHECK(wrong_votes(got.result) == 0);
}

TEST_CASE("a pown whose client dies when sealed answers have arrived makes no false claim",
          "[crypto][client][pown]")
{
    sealed_world w{16};
    for (std::size_t server = 0; server < 25; ++server) // somebody else's by now
        w.first.fleet.set_number(server, w.tokens[0].id(), w.key.numbers[server]);
    w.first.fleet.set(24, {.silent = true});
    powned got;
    w.client->async_pown(w.tokens, {.journal = take_record}, got.handler());
    w.run_until_answered(24);
    REQUIRE_FALSE(got.over);
    w.client.reset();
    w.wait(got);
    REQUIRE(got.result.token_count() == 16);
    for (std::size_t t = 0; t < 16; ++t)
        for (std::size_t server = 0; server < 25; ++server) {
            const auto held = w.first.fleet.number(server, w.tokens[t].id());
            const bool is_new = held == got.result.record().new_numbers[t][server];
            CHECK((got.result.at(t, server) == holding::unknown ||
                   (got.result.at(t, server) == holding::new_number && is_new)));
        }
}

TEST_CASE("servers replaced while sealed answers are out: the new ones are asked, no vote is wrong",
          "[crypto][client]")
{
    sealed_world w;
    w.replace_when_asked();
    votes got;
    w.client->async_detect(w.tokens, got.handler());
    w.wait(got);
    CHECK_FALSE(got.error);
    CHECK(w.first.fleet.counters().requests == 25);
    CHECK(wrong_votes(got.result) == 0);
    CHECK(missing_votes(got.result) == 0);
}

TEST_CASE("servers replaced before a sealed request has left: no vote is wrong", "[crypto][client]")
{
    sealed_world w;
    votes got;
    w.client->async_detect(w.tokens, got.handler());
    w.client->set_servers(w.second.fleet.servers());
    w.wait(got);
    CHECK(wrong_votes(got.result) == 0);
    CHECK(missing_votes(got.result) == 0);
}

TEST_CASE("what the former machines' answers teach is not believed of the new ones", "[crypto][client]")
{
    sealed_world w;
    w.replace_when_asked();
    outcome<raida::server_versions<>> versions;
    w.client->async_version(versions.handler());
    w.wait(versions);
    for (std::size_t server = 0; server < 25; ++server)
        CHECK(w.client->codec().habit(server) != counter_habit::restarts);
    CHECK(versions.result.text[0] == "20250323");
    votes got;
    w.client->async_detect(w.tokens, got.handler());
    w.wait(got);
    CHECK(wrong_votes(got.result) == 0);
    CHECK(missing_votes(got.result) == 0);
}

TEST_CASE("a pown whose servers are replaced meanwhile claims only what the new ones say",
          "[crypto][client][pown]")
{
    sealed_world w;
    w.second.fleet.add(w.tokens);
    w.replace_when_asked();
    powned got;
    w.client->async_pown(w.tokens, {.journal = take_record}, got.handler());
    w.wait(got);
    CHECK_FALSE(got.error);
    for (std::size_t t = 0; t < 8; ++t)
        for (std::size_t server = 0; server < 25; ++server)
            if (got.result.at(t, server) == holding::new_number)
                CHECK(w.second.fleet.number(server, w.tokens[t].id()) ==
                      got.result.record().new_numbers[t][server]);
            else
                CHECK(w.second.fleet.number(server, w.tokens[t].id()) == w.tokens[t].numbers[server]);
}

TEST_CASE("one call's switch to the mirrors spoils no sealed answer that another call still waits for",
          "[crypto][client]")
{
    sealed_world w;
    auto servers = w.first.fleet.servers();
    for (std::size_t server = 0; server < 25; ++server)
        servers.set_mirror(server, w.second.fleet.endpoint(server));
    w.client->set_servers(servers);
    w.first.fleet.set_all({.delay = 1s});
    votes got;
    outcome<raida::replies<>> echo;
    w.first.fleet.on_request([&, seen = 0](std::size_t, raida::bytes_view) mutable {
        if (++seen == 25)
            asio::post(w.io, [&] {
                w.first.fleet.set_all({.silent = true}); // what was asked before is still answered
                w.client->async_echo({.deadline = 50ms, .retry = raida::retry_policy::none()},
                                     echo.handler());
            });
    });
    w.client->async_detect(w.tokens, got.handler());
    w.wait(got);
    w.wait(echo);
    CHECK(echo.result.answered() == 25); // by the mirrors
    CHECK_FALSE(got.error);
    CHECK(wrong_votes(got.result) == 0);
    CHECK(missing_votes(got.result) == 0);
}

TEST_CASE("a mirror's body that can be read in two ways is asked for in parts, never by a sealed version",
          "[crypto][client]")
{
    sealed_world w{64};
    auto servers = w.first.fleet.servers();
    for (std::size_t server = 0; server < 25; ++server)
        servers.set_mirror(server, w.second.fleet.endpoint(server));
    w.client->set_servers(servers);
    w.first.fleet.set_all({.closed = true});
    std::size_t versions = 0;
    w.second.fleet.on_request([&](std::size_t, raida::bytes_view packet) {
        versions += packet[4] == 0 && packet[5] == raida::version_command.code ? 1 : 0;
    });
    votes got;
    w.client->async_detect(w.tokens, got.handler());
    w.wait(got);
    CHECK_FALSE(got.error);
    CHECK(wrong_votes(got.result) == 0);
    CHECK(missing_votes(got.result) == 0);
    CHECK(versions == 0);
}
