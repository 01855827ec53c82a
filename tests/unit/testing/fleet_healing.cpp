// Servers that heal: tickets, fixes, and how they ask each other.
#include "fleet_support.hpp"

#include <raida/testing/detail/server_group.hpp>
#include <raida/testing/manners.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/wire/healing.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/status.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace fleet_support;
using namespace raida::testing;
using namespace std::chrono_literals;
using raida::status;
using raida::ticket;
using raida::testing::detail::server_group;
using raida::testing::detail::ticket_at;
using raida::testing::detail::time_point;

namespace {

constexpr raida::token_id token{{0}, {1}}, second{{-2}, {1'023'999}};
const std::string seed = repeat("5E", 16);

// A plain request to any server.
bytes request_to(std::size_t server, raida::command_code what, raida::bytes_view payload)
{
    bytes data(raida::header_size);
    raida::request_header header{.server = static_cast<std::uint8_t>(server), .what = what};
    header.body_size = static_cast<std::uint16_t>(18 + payload.size());
    header.write(data.data());
    const bytes challenge = tests::bytes(zeros);
    data.insert(data.end(), challenge.begin(), challenge.end());
    data.insert(data.end(), payload.begin(), payload.end());
    data.insert(data.end(), 2, raida::terminator_byte);
    return data;
}

// 25 servers that hold number A for two tokens.
struct stage
{
    server_group<int> servers{25, steady_rules(), {}, 1};
    std::vector<std::optional<bytes>> answers = std::vector<std::optional<bytes>>(25);
    time_point now{1h};

    stage()
    {
        for (std::size_t i = 0; i < 25; ++i)
            for (const auto id : {token, second})
                servers[i].protocol().tokens().set(id, number(number_a));
    }

    auto sender(std::size_t i)
    {
        return [this, i](int, raida::bytes_view data, bool) {
            answers[i] = bytes(data.begin(), data.end());
            return true;
        };
    }
    void start(std::size_t i, raida::command_code what, raida::bytes_view payload)
    {
        answers[i].reset();
        servers[i].receive(request_to(i, what, payload), 1, now, sender(i));
    }
    void wait()
    {
        while (const auto due = servers.due()) {
            now = std::max(now, *due);
            servers.release(now, [this](std::size_t i, int to, raida::bytes_view data, bool foreign) {
                return sender(i)(to, data, foreign);
            });
        }
    }
    status ask(std::size_t i, raida::command_code what, raida::bytes_view payload)
    {
        start(i, what, payload);
        wait();
        return static_cast<status>(answers[i].value().at(2));
    }
    raida::bytes_view body(std::size_t i) const { return raida::response_body(answers[i].value()); }

    // What server i gives for these records, each a token and number A.
    ticket get(std::size_t i, std::string_view tokens_and_numbers)
    {
        const auto result = ask(i, raida::get_ticket_command, tests::bytes(tokens_and_numbers));
        const std::size_t count = tests::bytes(tokens_and_numbers).size() / 21;
        const auto answer = raida::parse_ticket(result, body(i), count);
        return answer ? answer->ticket() : ticket::none;
    }
    raida::tickets<> tickets_from(std::size_t first, std::size_t last)
    {
        raida::tickets<> all{};
        for (std::size_t i = first; i < last; ++i)
            all[i] = get(i, std::string{token_1} + number_a);
        return all;
    }
    static raida::secret_bytes fix_of(const raida::tickets<>& from,
                                      std::vector<raida::token_id> ids = {token})
    {
        return raida::fix_payload(ids, number(seed), from);
    }
    status fix(std::size_t i, const raida::tickets<>& from)
    {
        return ask(i, raida::fix_command, fix_of(from));
    }
    std::string held(std::size_t i, raida::token_id id = token)
    {
        return hex(servers[i].protocol().tokens().find(id)->bytes());
    }
    void break_at(std::size_t i) { servers[i].protocol().tokens().set(token, number(number_b)); }
};

std::string fixed_at(std::size_t i, raida::token_id id = token)
{
    return hex(raida::fixed_number(static_cast<std::uint8_t>(i), id, number(seed)).bytes());
}

} // namespace

TEST_CASE("a ticket is four bytes after the bits, for what passed", "[fleet][healing]")
{
    stage s;
    const std::string right = std::string{token_1} + number_a, wrong = std::string{token_2} + number_b;
    CHECK(s.ask(0, raida::get_ticket_command, tests::bytes(right)) == status::all_pass);
    CHECK(s.body(0).size() == 4);
    CHECK(s.ask(0, raida::get_ticket_command, tests::bytes(right + wrong)) == status::mixed);
    CHECK(s.body(0).size() == 5);
    CHECK(s.body(0)[0] == 0b01);
    CHECK(s.ask(0, raida::get_ticket_command, tests::bytes(wrong)) == status::all_fail);
    CHECK(s.body(0).empty());
}

TEST_CASE("get ticket refuses what real servers refuse", "[fleet][healing]")
{
    stage s;
    const std::string right = std::string{token_1} + number_a;
    const auto ask = [&](const std::string& payload) {
        return s.ask(0, raida::get_ticket_command, tests::bytes(payload));
    };
    CHECK(ask("00 00000001") == status::invalid_packet_length);
    CHECK(ask(right + "00") == status::invalid_token_record_length);
    CHECK(ask(right + "07 00000001" + number_a) == status::invalid_serial_or_denomination); // the whole batch
    CHECK(ask(right + "00 000003E7" + number_a) == status::mixed); // a token that it does not know
}

TEST_CASE("a server gives 512 tickets, all different, until it restarts", "[fleet][healing]")
{
    stage s;
    const auto right = tests::bytes(std::string{token_1} + number_a);
    std::set<std::uint32_t> given;
    for (int i = 0; i < 512; ++i)
        given.insert(static_cast<std::uint32_t>(s.get(0, std::string{token_1} + number_a)));
    CHECK(given.size() == 512);
    CHECK_FALSE(given.contains(0));
    CHECK(s.ask(0, raida::get_ticket_command, right) == status::no_ticket_slot);
    CHECK(s.body(0).empty());
    CHECK(s.ask(1, raida::get_ticket_command, right) == status::all_pass);
    s.servers[0].kill(s.now);
    s.servers[0].start();
    CHECK(s.ask(0, raida::get_ticket_command, right) == status::all_pass);
}

TEST_CASE("13 other servers mend a token, in 7 to 17 ms", "[fleet][healing]")
{
    stage s;
    s.break_at(3);
    const auto from = s.tickets_from(4, 17);
    const auto began = s.now;
    CHECK(s.fix(3, from) == status::all_pass);
    CHECK(s.now - began >= 7ms);
    CHECK(s.now - began <= 17ms);
    CHECK(s.body(3).empty());
    CHECK(s.held(3) == fixed_at(3));
    CHECK(s.held(3, second) == number_a);
}

TEST_CASE("12 are too few, and a server's own ticket is not counted", "[fleet][healing]")
{
    stage s;
    auto from = s.tickets_from(4, 16);
    from[3] = s.get(3, std::string{token_1} + number_a);
    CHECK(s.fix(3, from) == status::all_fail);
    CHECK(s.held(3) == number_a);
}

TEST_CASE("a ticket serves every server once, be the fix a success or not", "[fleet][healing]")
{
    stage s;
    const auto from = s.tickets_from(10, 23);
    s.break_at(3);
    s.break_at(4);
    CHECK(s.fix(3, from) == status::all_pass);
    CHECK(s.fix(4, from) == status::all_pass);
    CHECK(s.held(4) == fixed_at(4));
    s.break_at(3);
    CHECK(s.fix(3, from) == status::all_fail); // again
    CHECK(s.held(3) == number_b);

    raida::tickets<> few = from;
    few[10] = ticket::none;
    CHECK(s.fix(5, few) == status::all_fail);
    CHECK(s.fix(5, from) == status::all_fail); // burnt by the failed one
}

TEST_CASE("the number that is held is not checked: a fix changes a healthy one", "[fleet][healing]")
{
    stage s;
    CHECK(s.fix(3, s.tickets_from(4, 17)) == status::all_pass);
    CHECK(s.held(3) == fixed_at(3));
}

TEST_CASE("each token of a batch needs its own 13", "[fleet][healing]")
{
    stage s;
    const std::string both = std::string{token_1} + number_a + std::string{token_2} + number_a;
    raida::tickets<> from{};
    for (std::size_t i = 4; i < 17; ++i)
        from[i] = s.get(i, i == 4 ? std::string{token_1} + number_a : both);
    CHECK(s.ask(3, raida::fix_command, stage::fix_of(from, {token, second})) == status::mixed);
    REQUIRE(s.body(3).size() == 1);
    CHECK(s.body(3)[0] == 0b01);
    CHECK(s.held(3) == fixed_at(3));
    CHECK(s.held(3, second) == number_a);
}

TEST_CASE("a token listed twice in a ticket counts twice", "[fleet][healing]")
{
    stage s;
    const std::string twice = repeat(std::string{token_1} + number_a, 2);
    raida::tickets<> from{};
    for (std::size_t i = 4; i < 11; ++i)
        from[i] = s.get(i, twice);
    CHECK(s.fix(3, from) == status::all_pass); // by 7 servers
}

TEST_CASE("fix refuses what real servers refuse", "[fleet][healing]")
{
    stage s;
    const std::string tail = seed + repeat("00", 100);
    const auto ask = [&](const std::string& payload) {
        return s.ask(3, raida::fix_command, tests::bytes(payload));
    };
    CHECK(ask(tail) == status::invalid_packet_length);
    CHECK(ask("00 000000" + tail) == status::invalid_packet_length);
    CHECK(ask("00 00000001 00" + tail) == status::invalid_token_record_length);
    CHECK(ask("07 00000001" + tail) == status::invalid_serial_or_denomination);
    CHECK(ask("00 00000001" + tail) == status::all_fail);
}

TEST_CASE("a peer that hangs makes a fix last 32.5 s, and changes nothing before", "[fleet][healing]")
{
    stage s;
    const auto from = s.tickets_from(4, 18);
    s.servers[4].manners({.silent = true});
    const auto began = s.now;
    s.start(3, raida::fix_command, stage::fix_of(from));
    CHECK_FALSE(s.answers[3]);
    CHECK(s.held(3) == number_a);
    s.wait();
    CHECK(s.now - began == 32'500ms);
    CHECK(raida::longest_fix > 32'500ms);
    CHECK(s.answers[3].value()[2] == 241); // by the 13 others
    CHECK(s.held(3) == fixed_at(3));
}

TEST_CASE("a peer that is dead confirms nothing and costs no time; a restarted one knows no ticket",
          "[fleet][healing]")
{
    stage s;
    const auto from = s.tickets_from(4, 17);
    const auto began = s.now;
    s.servers[4].kill(s.now);
    CHECK(s.fix(3, from) == status::all_fail);
    CHECK(s.now - began < 20ms);
    s.servers[4].start();
    CHECK(s.fix(5, from) == status::all_fail);
}

TEST_CASE("a server killed while it fixes has fixed nothing", "[fleet][healing]")
{
    stage s;
    s.break_at(3);
    s.start(3, raida::fix_command, stage::fix_of(s.tickets_from(4, 17)));
    s.servers[3].kill(s.now);
    s.wait();
    CHECK_FALSE(s.answers[3]);
    CHECK(s.held(3) == number_b);
}

TEST_CASE("three fixes at the same moment leave 15 servers deaf until they restart", "[fleet][healing]")
{
    stage s;
    const auto from = s.tickets_from(5, 25);
    const auto deaf = [&] {
        std::size_t count = 0;
        for (std::size_t i = 0; i < 25; ++i)
            count += s.servers[i].is_deaf() ? 1 : 0;
        return count;
    };
    s.start(0, raida::fix_command, stage::fix_of(from));
    s.start(1, raida::fix_command, stage::fix_of(from));
    CHECK(deaf() == 0);
    s.wait();
    CHECK(s.held(1) == fixed_at(1)); // two are not too many
    const auto fresh = s.tickets_from(5, 25);
    for (std::size_t i = 0; i < 3; ++i)
        s.start(i, raida::fix_command, stage::fix_of(fresh));
    CHECK(deaf() == 15);
    s.wait();
    CHECK(s.fix(3, s.tickets_from(5, 25)) == status::all_fail); // still
    for (std::size_t i = 0; i < 25; ++i) {
        s.servers[i].kill(s.now);
        s.servers[i].start();
    }
    CHECK(deaf() == 0);
    CHECK(s.fix(3, s.tickets_from(5, 25)) == status::all_pass);
}

TEST_CASE("fixes one after the other, however many, leave nobody deaf", "[fleet][healing]")
{
    stage s;
    const auto from = s.tickets_from(0, 25);
    for (std::size_t i = 0; i < 25; ++i) {
        s.break_at(i);
        CHECK(s.fix(i, from) == status::all_pass);
        CHECK(s.held(i) == fixed_at(i));
    }
    for (std::size_t i = 0; i < 25; ++i)
        CHECK_FALSE(s.servers[i].is_deaf());
}

TEST_CASE("tokens broken on 0 to 13 servers: all that are broken on 12 or fewer pass everywhere after it",
          "[fleet][healing]")
{
    stage s;
    std::vector<raida::token_id> ids;
    for (std::uint32_t broken = 0; broken <= 13; ++broken) {
        const raida::token_id id{{1}, {broken}};
        ids.push_back(id);
        for (std::size_t i = 0; i < 25; ++i)
            s.servers[i].protocol().tokens().set(id, number(i < broken ? number_b : number_a));
    }
    std::string payload;
    for (const auto id : ids)
        payload += hex(bytes{1, 0, 0, 0, static_cast<std::uint8_t>(id.serial.value)}) + number_a;
    raida::tickets<> from{};
    for (std::size_t i = 0; i < 25; ++i)
        from[i] = s.get(i, payload);
    for (std::size_t i = 0; i < 13; ++i) {
        std::vector<raida::token_id> at; // never one that is healthy
        for (std::uint32_t broken = 0; broken <= 13; ++broken)
            if (i < broken)
                at.push_back(ids[broken]);
        s.ask(i, raida::fix_command, stage::fix_of(from, at));
        for (std::uint32_t broken = 0; broken <= 13; ++broken)
            CHECK(s.held(i, ids[broken]) == (broken == 13 ? number_b
                                             : i < broken ? fixed_at(i, ids[broken])
                                                          : number_a));
    }
}

TEST_CASE("any bytes at all in a fix or a ticket request are answered or ignored", "[fleet][healing]")
{
    stage s;
    seeded_random random{7};
    const auto fix = request_to(3, raida::fix_command, stage::fix_of(s.tickets_from(4, 17), {token, second}));
    const auto get = request_to(3, raida::get_ticket_command, tests::bytes(std::string{token_1} + number_a));
    for (int round = 0; round < 20'000; ++round) {
        bytes request = round % 2 == 0 ? fix : get;
        request.resize(static_cast<std::size_t>(random.below(request.size() + 1)));
        for (std::uint64_t change = random.below(4); change > 0 && !request.empty(); --change)
            request[static_cast<std::size_t>(random.below(request.size()))] =
                static_cast<std::uint8_t>(random());
        const auto exact =
            std::make_unique<std::uint8_t[]>(request.size()); // so that a sanitizer sees its end
        std::copy(request.begin(), request.end(), exact.get());
        s.answers[3].reset();
        s.servers[3].receive({exact.get(), request.size()}, 1, s.now, s.sender(3));
        s.wait();
        const bool fits = s.answers[3] ? raida::shape_of(*s.answers[3]) != raida::response_shape::malformed
                                       : request.size() < 32;
        REQUIRE(fits);
    }
}
