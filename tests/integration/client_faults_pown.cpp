// A pown when things go wrong: its page, its journal, its budget, and what it may claim.
#include <raida/client.hpp>

#include "client_faults.hpp"

#include <catch2/catch_test_macros.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <system_error>

using namespace std::chrono_literals;
using namespace client_faults;
using raida::errc;
using raida::holding;
using raida::transfer_outcome;

namespace {

constexpr auto terminal = asio::cancellation_type::terminal;

// No random bytes any more once somebody has said so.
struct drying_random
{
    std::shared_ptr<bool> is_dry;
    raida::testing::seeded_random source{1};
    void fill(std::span<std::uint8_t> bytes, std::error_code& error)
    {
        source.fill(bytes);
        error = *is_dry ? make_error_code(errc::no_randomness) : std::error_code{};
    }
};

using dry_client = raida::basic_client<25, raida::transport::udp, raida::plain, drying_random>;

} // namespace

TEST_CASE("36 tokens change hands where servers take only 1,024 bytes", "[client][pown]")
{
    world w{raida::testing::make_tokens(36)};
    for (std::size_t server = 0; server < 25; ++server)
        w.fleet.set_rules(server, {.datagram_limit = 1024});
    powned got;
    w.client->async_pown(w.tokens, {.journal = take_record}, got.handler());
    w.wait(got);
    CHECK_FALSE(got.error);
    CHECK(got.result.complete());
    for (std::size_t t = 0; t < 36; ++t)
        CHECK(got.result.count(t, holding::new_number) == 25);
}

TEST_CASE("a pown that waits for a page ends when it is cancelled, having sent nothing", "[client][pown]")
{
    world w{of_one_page(2)};
    w.fleet.set_all({.silent = true});
    asio::cancellation_signal signal;
    powned first, second;
    int records = 0;
    const auto journal = [&records](const raida::transfer_record<>& record) {
        CHECK(record.finished == (++records == 2));
        return std::error_code{};
    };
    w.client->async_pown(std::span{w.tokens}.first(1), {.journal = take_record}, first.handler());
    w.client->async_pown(std::span{w.tokens}.last(1), {.journal = journal},
                         asio::bind_cancellation_slot(signal.slot(), second.handler()));
    asio::post(w.io, [&] { signal.emit(terminal); });
    w.wait(second);
    CHECK_FALSE(first.over);
    CHECK_FALSE(second.error);
    CHECK(second.result.outcome(0) == transfer_outcome::not_transferred);
    CHECK(records == 2);
    w.fleet.set_all({});
    w.settle();
    CHECK(w.fleet.counters(0).requests == 1 + 1); // the first pown, and the last echo
    w.client.reset();
    w.wait(first);
}

TEST_CASE("a pown that waits for a page ends with its budget", "[client][pown]")
{
    auto settings = patient();
    settings.budget = 100ms;
    world w{of_one_page(2), settings};
    w.fleet.set_all({.silent = true});
    powned first, second;
    w.client->async_pown(std::span{w.tokens}.first(1), {.journal = take_record}, first.handler());
    w.client->async_pown(std::span{w.tokens}.last(1), {.journal = take_record}, second.handler());
    w.wait(second);
    CHECK_FALSE(first.over);
    CHECK(second.result.outcome(0) == transfer_outcome::not_transferred);
    w.client.reset();
    w.wait(first);
}

TEST_CASE("a page stays taken until the deadline of a cancelled pown is over", "[client][pown]")
{
    auto settings = patient_but(3, 100ms);
    int ended = 0, powns = 0;
    settings.on_record = [&ended](const raida::request_record& one) {
        ended += one.server == 3 && one.timed_out ? 1 : 0;
    };
    world w{of_one_page(2), settings};
    w.fleet.set(3, {.silent = true});
    w.fleet.on_request([&](std::size_t server, raida::bytes_view) {
        if (server == 3)
            CHECK(ended == powns++); // the one before is over
    });
    asio::cancellation_signal signal;
    powned first, second;
    w.client->async_pown(std::span{w.tokens}.first(1), {.journal = take_record, .find_rounds = 0},
                         asio::bind_cancellation_slot(signal.slot(), first.handler()));
    w.client->async_pown(std::span{w.tokens}.last(1), {.journal = take_record, .find_rounds = 0},
                         second.handler());
    signal.emit(terminal);
    w.wait(second);
    CHECK(first.over);
    CHECK(powns == 2);
    CHECK(first.result.count(0, holding::new_number) == 24);
    CHECK(second.result.outcome(0) == transfer_outcome::transferred);
}

TEST_CASE("a journal that throws has not taken the record", "[client][pown]")
{
    world w{raida::testing::make_tokens(1)};
    for (const int when : {1, 2}) {
        CAPTURE(when);
        int calls = 0;
        powned got;
        w.client->async_pown(w.tokens, {.journal = [&](const raida::transfer_record<>&) -> std::error_code {
                                 if (++calls == when)
                                     throw std::runtime_error{"disk"};
                                 return {};
                             }},
                             got.handler());
        w.wait(got);
        CHECK(got.error == errc::journal_failed);
        CHECK(got.result.count(transfer_outcome::transferred) == (when == 2 ? 1U : 0U));
        CHECK(w.fleet.counters().requests == (when == 2 ? 25U : 0U));
    }
}

TEST_CASE("where a token has no number nobody is asked about it, and nothing is claimed", "[client][pown]")
{
    world w{raida::testing::make_tokens(1)};
    for (std::size_t server = 0; server < 13; ++server)
        w.tokens[0].numbers[server] = {};
    powned got;
    w.client->async_pown(w.tokens, {.journal = take_record}, got.handler());
    w.wait(got);
    CHECK_FALSE(got.error);
    CHECK(got.result.count(0, holding::not_asked) == 13);
    CHECK(got.result.count(0, holding::new_number) == 12);
    CHECK(got.result.outcome(0) == transfer_outcome::split);
    CHECK(got.result.complete());
    CHECK(got.result.token_now(0).numbers[0].is_zero());
    w.settle();
    CHECK(w.fleet.counters(0).requests == 1); // the last echo
}

TEST_CASE("a number that one token lacks costs the finds of others nothing, and makes no token taken",
          "[client][pown]")
{
    auto settings = patient();
    settings.deadline = 100ms;
    world w{of_one_page(2), settings};
    for (std::size_t server = 0; server < 13; ++server)
        w.tokens[1].numbers[server] = {};
    w.fleet.set_all({.lose_replies = 1});
    std::size_t powns = 0;
    w.fleet.on_request([&](std::size_t, raida::bytes_view bytes) { // both powns happen, no answer is heard
        if (bytes[5] == raida::find_command.code && ++powns == 1)
            w.fleet.set_all({});
    });
    powned got;
    w.client->async_pown(w.tokens, {.journal = take_record, .find_rounds = 1}, got.handler());
    w.wait(got);
    REQUIRE(powns != 0);
    CHECK(got.result.count(0, holding::new_number) == 25);
    CHECK(got.result.count(1, holding::new_number) == 12);
    CHECK(got.result.count(1, holding::not_asked) == 13);
    CHECK(got.result.outcome(1) == transfer_outcome::split);
}

TEST_CASE("a pown that finds no random bytes says so, with what is known", "[client][pown]")
{
    const auto is_dry = std::make_shared<bool>(false);
    world w{raida::testing::make_tokens(2)};
    const auto settings = patient_but(3, 100ms);
    dry_client client{raida::transport::udp{w.io.get_executor(), settings.engine},
                      w.fleet.servers(),
                      settings,
                      {},
                      drying_random{is_dry}};
    powned before, never;
    client.async_pown(w.tokens,
                      {.journal =
                           [&](const raida::transfer_record<>&) {
                               *is_dry = true; // when the new numbers are made
                               return std::error_code{};
                           }},
                      before.handler());
    w.wait(before);
    CHECK(before.error == errc::no_randomness);
    CHECK(before.result.count(transfer_outcome::not_transferred) == 2);
    CHECK(before.result.record().new_numbers.size() == 2);

    client.async_pown(w.tokens, {.journal = take_record}, never.handler());
    w.wait(never);
    CHECK(never.error == errc::no_randomness);
    CHECK(never.result.token_count() == 0);
    CHECK(w.fleet.counters().requests == 0);

    *is_dry = false;
    w.fleet.set(3, {.lose_replies = 1});
    w.fleet.on_request([&](std::size_t, raida::bytes_view) { *is_dry = true; });
    powned midst;
    client.async_pown(w.tokens, {.journal = take_record}, midst.handler());
    w.wait(midst);
    CHECK(midst.error == errc::no_randomness); // nobody can be asked what server 3 has done
    CHECK(midst.result.count(transfer_outcome::transferred) == 2);
    CHECK(midst.result.at(0, 3) == holding::unknown);
}
