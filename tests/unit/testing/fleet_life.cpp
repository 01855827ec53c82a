// What servers lose: when they are killed, when powns race, and by requests that kill them.
#include "fleet_support.hpp"

#include <raida/testing/detail/ledger.hpp>
#include <raida/testing/detail/mock_server.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/wire/packet.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace fleet_support;
using namespace raida::testing;
using namespace std::chrono_literals;
using raida::testing::detail::ledger;
using raida::testing::detail::mock_server;
using raida::testing::detail::time_point;

namespace {

constexpr raida::token_id first{{0}, {1}}, neighbour{{0}, {1023}}, next_page{{0}, {1024}}, other{{1}, {1}};

std::string held(const ledger& tokens, raida::token_id id)
{
    return hex(tokens.find(id)->bytes());
}

// Server 3 of 25 with four tokens that all have number A.
struct stage
{
    mock_server<int> server;
    std::vector<std::string> network{};
    time_point now{1h};

    explicit stage(server_rules rules = steady_rules()) : server{3, 25, std::move(rules), 1}
    {
        for (const auto id : {first, neighbour, next_page, other})
            tokens().set(id, number(number_a));
    }

    ledger& tokens() { return server.protocol().tokens(); }
    void receive(const bytes& request)
    {
        server.receive(request, 1, now, [this](int, raida::bytes_view data, bool) {
            network.push_back(hex(data));
            return true;
        });
    }
    // The status of its answer, or nothing.
    std::string ask(const bytes& request)
    {
        network.clear();
        receive(request);
        return network.empty() ? "" : network.back().substr(4, 2);
    }
    std::string pown(raida::token_id id, const std::string& from, const std::string& to)
    {
        std::uint8_t record[5] = {static_cast<std::uint8_t>(id.denomination.value)};
        raida::detail::store_big<4>(record + 1, id.serial.value);
        return ask(request("01 14", "BEEF", zeros, hex(record) + from + to));
    }
};

server_rules flushing_every(std::chrono::nanoseconds interval)
{
    server_rules rules = steady_rules();
    rules.flush_interval = interval;
    return rules;
}

// A request of type 1 whose body is noise of so many bytes: what it says is found wrong only after it was
// decrypted.
bytes sealed_noise(std::size_t size)
{
    bytes data(raida::header_size + size + 2, 0x5A);
    raida::request_header header{.server = 3, .what = raida::detect_command};
    header.encryption = raida::encryption_type::token_key;
    header.key_id = {0, 0, 0, 0, 1};
    header.body_size = static_cast<std::uint16_t>(size + 2);
    header.write(data.data());
    std::fill(data.end() - 2, data.end(), raida::terminator_byte);
    return data;
}

} // namespace

TEST_CASE("a killed server forgets what it has changed since it wrote to disk", "[fleet][life]")
{
    stage s{flushing_every(5s)}; // on disk at 1 h, 1 h 5 s, 1 h 10 s
    s.now += 1s;
    CHECK(s.pown(first, number_a, number_b) == "F1");
    s.now += 5s;
    CHECK(s.pown(neighbour, number_a, number_b) == "F1");
    CHECK(held(s.tokens(), neighbour) == number_b); // whoever asks before learns the new number
    s.now += 1s;
    s.server.kill(s.now);
    CHECK(held(s.tokens(), first) == number_b);
    CHECK(held(s.tokens(), neighbour) == number_a);
}

TEST_CASE("a number that changed twice since the flush is as it was before", "[fleet][life]")
{
    stage s{flushing_every(5s)};
    CHECK(s.pown(first, number_a, number_b) == "F1");
    s.now += 6s; // flushed
    CHECK(s.pown(first, number_b, number_c) == "F1");
    CHECK(s.pown(first, number_c, number_a) == "F1");
    s.server.kill(s.now);
    CHECK(held(s.tokens(), first) == number_b);
}

TEST_CASE("time passes while a server is dead, and saves nothing", "[fleet][life]")
{
    stage s{flushing_every(5s)};
    s.now += 1s;
    CHECK(s.pown(first, number_a, number_b) == "F1");
    s.server.kill(s.now);
    s.now += 1h;
    s.server.start();
    CHECK(held(s.tokens(), first) == number_a);
}

TEST_CASE("a server that writes at once forgets nothing", "[fleet][life]")
{
    stage s{flushing_every(0s)};
    s.now += 1ns;
    CHECK(s.pown(first, number_a, number_b) == "F1");
    s.server.kill(s.now);
    CHECK(held(s.tokens(), first) == number_b);
}

TEST_CASE("a dead server answers nothing, what waited is gone, and a new one knows no earlier request",
          "[fleet][life]")
{
    stage s;
    s.server.manners({.delay = 10ms});
    s.receive(request("00 00", "BEEF"));
    CHECK(s.server.due());
    s.server.kill(s.now);
    CHECK_FALSE(s.server.due());
    CHECK_FALSE(s.server.listens());
    s.server.manners({});
    CHECK_FALSE(s.server.is_alive()); // manners bring nobody back to life
    CHECK(s.ask(request("00 00", "BEEF")) == "");
    s.server.start();
    CHECK(s.ask(with(request("00 00", "BEEF"), 6, 9)) == "07");
    CHECK(s.network.back().substr(12, 4) == "0000"); // not the echo of one before
    CHECK(s.ask(request("00 00", "BEEF")) == "FA");
}

TEST_CASE("lockers do not survive their server", "[fleet][life]")
{
    stage s;
    s.tokens().set_locker({1, 2, 3, 4, 5}, number(number_c));
    s.server.kill(s.now);
    s.server.start();
    CHECK(s.tokens().find_locker({1, 2, 3, 4, 5}) == nullptr);
}

TEST_CASE("of two powns that race on one page the first is lost, though it was answered 241", "[fleet][life]")
{
    auto rules = steady_rules();
    rules.page_race = 10ms;
    stage s{rules};
    CHECK(s.pown(first, number_a, number_b) == "F1");
    CHECK(s.pown(next_page, number_a, number_b) == "F1");
    CHECK(s.pown(other, number_a, number_b) == "F1"); // of another denomination: another page
    s.now += 9ms;
    CHECK(s.pown(neighbour, number_a, number_b) == "F1");
    CHECK(held(s.tokens(), first) == number_a);
    CHECK(held(s.tokens(), neighbour) == number_b);
    CHECK(held(s.tokens(), next_page) == number_b);
    CHECK(held(s.tokens(), other) == number_b);
    s.now += 10ms;
    CHECK(s.pown(first, number_a, number_b) == "F1");
    CHECK(held(s.tokens(), neighbour) == number_b); // done in time
}

TEST_CASE("a token that is powned twice at the same moment passes twice, and the last one stays",
          "[fleet][life]")
{
    auto rules = steady_rules();
    rules.page_race = 10ms;
    stage s{rules};
    CHECK(s.pown(first, number_a, number_b) == "F1");
    CHECK(s.pown(first, number_a, number_c) == "F1");
    CHECK(held(s.tokens(), first) == number_c);
    stage calm;
    CHECK(calm.pown(first, number_a, number_b) == "F1");
    CHECK(calm.pown(first, number_a, number_c) == "F2");
}

TEST_CASE("sealed bodies whose last block has 1 to 6 bytes kill a server that decrypts whole blocks",
          "[fleet][life][crypto]")
{
    const auto survives = [](std::size_t size) {
        auto rules = steady_rules();
        rules.overrun_kills = 1;
        rules.datagram_limit = 4096;
        stage s{rules};
        s.server.protocol().cipher(make_body_cipher());
        const bool answered = s.ask(sealed_noise(size)) == "25";
        CHECK(s.server.is_alive() == answered);
        return answered;
    };
    for (std::size_t size = 16; size <= 64; ++size) {
        INFO(size);
        CHECK(survives(size) == (size % 16 == 0 || size % 16 > 6));
    }
    const std::vector<std::size_t> deadly{1, 4, 7, 10, 13, 14};
    for (std::size_t tokens = 1; tokens <= 48; ++tokens) {
        const bool kills = std::find(deadly.begin(), deadly.end(), tokens % 16) != deadly.end();
        INFO(tokens << " tokens");
        CHECK(survives(16 + 21 * tokens) != kills);
        CHECK(survives(16 + 37 * tokens) != kills);
    }
}

TEST_CASE("it dies within some such requests, not by plain ones, and it can be restarted",
          "[fleet][life][crypto]")
{
    auto rules = steady_rules();
    rules.overrun_kills = 0.25;
    stage s{rules};
    s.server.protocol().cipher(make_body_cipher());
    for (int i = 0; i < 200; ++i)
        CHECK(s.ask(request("01 0A", "BEEF", zeros, std::string{token_1} + number_a)) == "F1");
    int survived = 0;
    while (s.ask(sealed_noise(17)) != "" && survived < 100)
        ++survived;
    CHECK(survived < 100);
    CHECK_FALSE(s.server.listens());
    s.server.start();
    CHECK(s.ask(sealed_noise(16)) == "25");
}

TEST_CASE("a server may answer 40 to everything, and then is as good as any", "[fleet][life]")
{
    stage s;
    s.server.manners({.answer = forced_answer::as_measured(raida::status::invalid_serial_or_denomination)});
    CHECK(s.pown(first, number_a, number_b) == "28");
    CHECK(held(s.tokens(), first) == number_a);
    s.server.manners({});
    CHECK(s.pown(first, number_a, number_b) == "F1");
}
