// Commands that the library has no words for: payloads, sealing, and answers told apart by the caller.
#include "simulation/client_world.hpp"

#include <raida/client/crypto.hpp>
#include <raida/testing/encryption.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using raida::errc;
using raida::status;
using tests::called;
using tests::client_world;
using namespace std::chrono_literals;

using payloads = std::array<raida::secret_bytes, 25>;

payloads ticket_payloads(const std::vector<raida::token>& tokens)
{
    payloads all;
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = raida::ticket_payload(tokens, i);
    return all;
}

raida::answer_reader reads_tickets(std::size_t tokens)
{
    return [tokens](status what, raida::bytes_view body) {
        return raida::parse_ticket(what, body, tokens).has_value();
    };
}

} // namespace

TEST_CASE("each server is told its own, and an empty payload leaves its server out", "[client][custom]")
{
    client_world w{3};
    w.fleet.forget(4, w.tokens[1].id());
    auto each = ticket_payloads(w.tokens);
    each[7] = {};
    called<raida::replies<>> got;
    w.client->async_custom(raida::get_ticket_command, each, {.reads = reads_tickets(3)}, w.note(got));
    w.world.run();
    REQUIRE(got.calls == 1);
    CHECK_FALSE(got.error);
    CHECK(got.took == 20ms);
    for (std::size_t i = 0; i < 25; ++i) {
        CAPTURE(i);
        const raida::reply& one = got.result[i];
        if (i == 7) {
            CHECK(one.error == errc::skipped);
            CHECK(w.fleet.counters(7).requests == 0);
            continue;
        }
        const auto answer = raida::parse_ticket(one.status(), one.body(), 3);
        REQUIRE(answer);
        CHECK((*answer)[1] == (i != 4));
        CHECK(answer->ticket() != raida::ticket::none);
    }
}

TEST_CASE("the same payload goes to all, and may be nothing", "[client][custom]")
{
    client_world w{1};
    called<raida::replies<>> echo, odd;
    w.client->async_custom(raida::echo_command, {}, {}, w.note(echo));
    w.client->async_custom(raida::echo_command, std::vector<std::uint8_t>(100), {}, w.note(odd));
    w.world.run();
    CHECK(echo.result.answered() == 25);
    CHECK(odd.result.answered() == 25);
    CHECK(odd.result[24].status() == status::success);
    CHECK(w.fleet.counters(3).last_request_size == 150);
}

TEST_CASE("an answer that its reader does not take is none, an error status is told as it came",
          "[client][custom]")
{
    client_world w{2};
    w.fleet.set(3, {.answer = raida::testing::forced_answer{status::no_ticket_slot}});
    called<raida::replies<>> got;
    w.client->async_custom(raida::get_ticket_command, ticket_payloads(w.tokens), {.reads = reads_tickets(9)},
                           w.note(got)); // of 2 tokens, all pass: a ticket for 9 reads alike
    w.world.run();
    CHECK(got.result.answered() == 25);
    CHECK(got.result[3].status() == status::no_ticket_slot);

    called<raida::replies<>> refused;
    w.client->async_custom(raida::detect_command, ticket_payloads(w.tokens), {.reads = reads_tickets(2)},
                           w.note(refused)); // 241 without a ticket
    w.world.run();
    CHECK(refused.result[3].status() == status::no_ticket_slot);
    CHECK(refused.result[4].error == errc::malformed_response);
    CHECK(refused.result.answered() == 1);
}

TEST_CASE("a custom command is sent once, to nobody's mirror, within the budget, until it is cancelled",
          "[client][custom]")
{
    client_world w{1, {.deadline = 3s, .retry = raida::retry_policy::up_to(5)}};
    raida::testing::simulated_fleet mirrors{w.world, {.port_base = 19'000}};
    auto servers = w.fleet.servers();
    for (std::size_t i = 0; i < 25; ++i)
        servers.set_mirror(i, mirrors.endpoint(i));
    w.client->set_servers(servers);
    w.fleet.set(7, {.silent = true});
    const auto ask = [&](raida::call_options<> how, called<raida::replies<>>& got, auto... slot) {
        w.client->async_custom(raida::get_ticket_command, ticket_payloads(w.tokens), std::move(how),
                               asio::bind_cancellation_slot(slot..., w.note(got)));
    };
    asio::cancellation_signal never, signal;
    called<raida::replies<>> patient, hasty, cancelled;
    ask({.retry = raida::retry_policy::up_to(5)}, patient, never.slot());
    w.world.run();
    CHECK(patient.took == 3s);
    CHECK(patient.result[7].error == errc::timed_out);
    CHECK(patient.result[7].attempts == 1);
    CHECK(mirrors.counters().requests == 0);
    ask({.budget = 1s}, hasty, never.slot());
    w.world.run();
    CHECK(hasty.took == 1s);
    ask({}, cancelled, signal.slot());
    w.world.after(500ms, [&] { signal.emit(asio::cancellation_type::terminal); });
    w.world.run();
    CHECK(cancelled.took == 500ms);
    CHECK(cancelled.result.answered() == 24);
}

TEST_CASE("a payload that is too long for a datagram is refused, and nothing is sent", "[client][custom]")
{
    client_world w{1};
    called<raida::replies<>> got;
    w.client->async_custom({3, 9}, std::vector<std::uint8_t>(1351), {}, w.note(got));
    w.world.run();
    CHECK(got.error == errc::packet_too_large);
    CHECK(w.fleet.counters().requests == 0);
}

TEST_CASE("a sealed answer that only its reader can tell from a wrong reading is opened", "[client][custom]")
{
    client_world w{3};
    raida::testing::enable_encryption(w.fleet);
    for (std::size_t i = 0; i < 25; ++i)
        w.fleet.set_rules(i, {.counter_goes_on = i % 2 != 0});
    const auto key = raida::testing::make_tokens(1, 77)[0];
    w.fleet.add(key);
    w.fleet.remove(w.tokens[2].id()); // so that an answer has bits
    using codec = raida::basic_sealed<25, raida::testing::seeded_random>;
    raida::basic_client<25, raida::testing::simulated_transport, codec> client{
        raida::testing::simulated_transport{w.world},
        w.fleet.servers(),
        {},
        codec{key, raida::serial_limit, raida::testing::seeded_random{5}}};
    const auto knows = [](status what, raida::bytes_view body) {
        const auto answer = raida::parse_ticket(what, body, 3);
        return answer && what == status::mixed && (*answer)[0] && (*answer)[1];
    };
    called<raida::replies<>> got;
    client.async_custom(raida::get_ticket_command, ticket_payloads(w.tokens), {.reads = knows}, w.note(got));
    w.world.run();
    std::size_t tickets = 0;
    for (const raida::reply& one : got.result) // where a wrong reading made sense, too, it is not guessed
        tickets += one.verified && knows(one.status(), one.body()) ? 1 : 0;
    CHECK(tickets >= 23);
    CHECK(w.fleet.counters().requests == 25);
}
