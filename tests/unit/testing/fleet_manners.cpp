// Every kind of misbehaviour, on handed-in time and without sockets.
#include "fleet_support.hpp"

#include <raida/testing/detail/mock_server.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace fleet_support;
using namespace raida::testing;
using namespace std::chrono_literals;
using raida::testing::detail::mock_server;
using raida::testing::detail::time_point;

namespace {

struct sent
{
    int to;
    std::string bytes;
    bool foreign;

    friend bool operator==(const sent&, const sent&) = default;
};

// Server 3 of 25, its clients numbers, its clock moved by hand.
struct stage
{
    mock_server<int> server;
    std::vector<sent> network{};
    time_point now{};

    explicit stage(raida::testing::manners how = {}, std::uint64_t seed = 1)
        : server{3, 25, steady_rules(), seed}
    {
        server.protocol().tokens().set({{0}, {1}}, number(number_a));
        server.manners(std::move(how));
    }

    auto send()
    {
        return [this](int to, raida::bytes_view data, bool foreign) {
            network.push_back({to, hex(data), foreign});
            return true;
        };
    }
    void receive(const bytes& request, int from = 1) { server.receive(request, from, now, send()); }
    void advance(std::chrono::nanoseconds time)
    {
        now += time;
        server.release(now, send());
    }
    std::string held() { return hex(server.protocol().tokens().find({{0}, {1}})->bytes()); }
    std::vector<int> receivers() const
    {
        std::vector<int> all;
        for (const sent& one : network)
            all.push_back(one.to);
        return all;
    }
};

const bytes echo = request("00 00", "BEEF");
const bytes detect = request("01 0A", "BEEF", zeros, std::string{token_1} + number_a);
const bytes pown = request("01 14", "BEEF", zeros, std::string{token_1} + number_a + number_c);
const std::string passed = hex("03 00 F1 01 0001 BEEF 00 000000 0000000F 000000000000000000000000 7BD5C66F");

} // namespace

TEST_CASE("a well-behaved server answers the asker at once", "[fleet][manners]")
{
    stage it;
    it.receive(detect, 42);
    CHECK(it.network == std::vector<sent>{{42, passed, false}});
    CHECK_FALSE(it.server.due());
    CHECK(it.server.counters().requests == 1);
    CHECK(it.server.counters().answered == 1);
    CHECK(it.server.counters().last_request_size == detect.size());
}

TEST_CASE("a fixed latency delays every answer by as much", "[fleet][manners]")
{
    stage it{{.delay = 20ms}};
    it.receive(detect, 1);
    it.advance(5ms);
    it.receive(detect, 2);
    CHECK(it.network.empty());
    CHECK(it.server.due() == time_point{20ms});
    it.advance(15ms - 1ns);
    CHECK(it.network.empty());
    it.advance(1ns);
    CHECK(it.receivers() == std::vector{1});
    CHECK(it.server.due() == time_point{25ms});
    it.advance(1h);
    CHECK(it.receivers() == std::vector{1, 2});
    CHECK(it.network[0].bytes == passed);
    CHECK_FALSE(it.server.due());
}

TEST_CASE("a random latency lets answers overtake each other", "[fleet][manners]")
{
    stage it{{.delay = latency::uniform(1ms, 100ms)}};
    for (int client = 0; client < 50; ++client)
        it.receive(detect, client);
    for (int i = 0; i < 100; ++i)
        it.advance(1ms + 1ns);
    const std::vector<int> order = it.receivers();
    CHECK(order.size() == 50);
    CHECK_FALSE(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a silent server takes requests and does nothing", "[fleet][manners]")
{
    stage it{{.silent = true}};
    it.receive(pown);
    it.advance(1h);
    CHECK(it.network.empty());
    CHECK(it.held() == number_a);
    CHECK(it.server.counters().dropped == 1);
    it.server.manners({});
    it.receive(detect);
    CHECK(it.network.size() == 1);
}

TEST_CASE("a closed server does nothing either", "[fleet][manners]")
{
    stage it{{.closed = true}};
    it.receive(pown);
    CHECK(it.network.empty());
    CHECK(it.held() == number_a);
}

TEST_CASE("a lost request was not acted on, a lost reply was", "[fleet][manners]")
{
    stage before{{.lose_requests = 1}};
    before.receive(pown);
    CHECK(before.network.empty());
    CHECK(before.held() == number_a);
    stage after{{.lose_replies = 1}};
    after.receive(pown);
    CHECK(after.network.empty());
    CHECK(after.held() == number_c);
    CHECK(after.server.counters().dropped == 1);
}

TEST_CASE("losses are as frequent as asked for", "[fleet][manners]")
{
    stage it{{.lose_requests = 0.1, .lose_replies = 0.1}};
    for (int i = 0; i < 10'000; ++i)
        it.receive(echo);
    CHECK(it.network.size() > 7'900); // 0.9 * 0.9 of them: 8,100; the seed is fixed
    CHECK(it.network.size() < 8'300);
    CHECK(it.server.counters().dropped + it.server.counters().answered == 10'000);
}

TEST_CASE("a request that arrives twice is acted on twice", "[fleet][manners]")
{
    stage it{{.repeat_requests = 1}};
    it.receive(pown);
    REQUIRE(it.network.size() == 2);
    CHECK(it.network[0].bytes == passed);
    CHECK(it.network[1].bytes.substr(4, 2) == "F2"); // the number has changed
    CHECK(it.held() == number_c);
}

TEST_CASE("chosen tokens have another number on this server", "[fleet][manners]")
{
    stage it{{.wrong_tokens = {{{0}, {1}}}}};
    it.server.protocol().tokens().set({{0}, {2}}, number(number_a));
    it.receive(request("01 0A", "BEEF", zeros, "00 00000001" + number_a + "00 00000002" + number_a));
    CHECK(it.network[0].bytes.substr(64) == hex("02 3E3E"));
    it.receive(pown);
    CHECK(it.network[1].bytes.substr(4, 2) == "F2");
    CHECK(it.held() == number_a);
    it.receive(request("02 3C", "BEEF", zeros, "00 00000001" + number_a + number_c));
    CHECK(it.network[2].bytes.substr(4, 2) == "D0");
    it.server.manners({});
    it.receive(detect);
    CHECK(it.network[3].bytes == passed);
}

TEST_CASE("an error answer on demand replaces the command", "[fleet][manners]")
{
    stage it{{.answer = forced_answer{raida::status::request_rate}}};
    it.receive(pown);
    CHECK(it.network[0].bytes ==
          hex("03 00 A0 01 0001 BEEF 00 000000 0000000F 000000000000000000000000 7BD5C66F"));
    CHECK(it.held() == number_a);
    it.server.manners({.answer = forced_answer{raida::status::invalid_encryption_code, {}, {}, true}});
    it.receive(echo);
    CHECK(it.network[1].bytes.size() == 96); // a 48-byte header
    it.server.manners({.answer = forced_answer{}, .answer_rate = 0});
    it.receive(detect);
    CHECK(it.network[2].bytes == passed);
}

TEST_CASE("a forged answer has the right echo, a wrong signature and the opposite verdict",
          "[fleet][manners]")
{
    stage it{{.forged = 1}};
    it.receive(detect);
    const std::string forged = it.network.at(0).bytes;
    CHECK(forged.size() == 64);
    CHECK(forged.substr(0, 32) == hex("03 00 F2 01 0001 BEEF 00 000000 0000000F"));
    CHECK(forged.substr(32) != hex(zeros));
    it.receive(request("01 0A", "BEEF", zeros, std::string{token_1} + number_b));
    CHECK(it.network.at(1).bytes.substr(4, 2) == "F1");
    CHECK(it.server.counters().spoiled == 2);
}

TEST_CASE("a stale answer is the previous one again, before or instead of the right one", "[fleet][manners]")
{
    stage it{{.stale = 1}};
    it.receive(detect, 1);
    CHECK(it.network.empty()); // there was none before
    it.receive(request("00 00", "0001", ones), 2);
    CHECK(it.network == std::vector<sent>{{2, passed, false}});
    it.server.manners({.stale = 1, .then_right = true});
    it.receive(detect, 3);
    REQUIRE(it.network.size() == 3);
    CHECK(it.network[1].bytes.substr(0, 16) == hex("03 00 FA 00 0001 0001"));
    CHECK(it.network[2] == sent{3, passed, false});
}

TEST_CASE("wrong echoes and wrong server ids leave the rest right", "[fleet][manners]")
{
    stage it{{.wrong_echo = 1}};
    it.receive(detect);
    CHECK(it.network[0].bytes ==
          hex("03 00 F1 01 0001 3EEF 00 000000 0000000F 000000000000000000000000 7BD5C66F"));
    it.server.manners({.wrong_server = 1});
    it.receive(detect);
    CHECK(it.network[1].bytes ==
          hex("04 00 F1 01 0001 BEEF 00 000000 0000000F 000000000000000000000000 7BD5C66F"));
}

TEST_CASE("a truncated answer is a true beginning of the right one", "[fleet][manners]")
{
    stage it{{.truncated = 1}};
    std::size_t shortest = passed.size(), longest = 0;
    for (int i = 0; i < 1'000; ++i) {
        it.receive(detect);
        const std::string& cut = it.network.back().bytes;
        REQUIRE(passed.starts_with(cut));
        shortest = std::min(shortest, cut.size() / 2);
        longest = std::max(longest, cut.size() / 2);
    }
    CHECK(shortest == 1);
    CHECK(longest == 31);
}

TEST_CASE("garbage is random bytes of random length", "[fleet][manners]")
{
    stage it{{.garbage = 1}};
    for (int i = 0; i < 100; ++i) {
        it.receive(detect);
        const std::size_t size = it.network.back().bytes.size() / 2;
        REQUIRE(size >= 1);
        REQUIRE(size <= 128);
    }
    CHECK(it.network[0].bytes != it.network[1].bytes);
}

TEST_CASE("an oversize answer is well-formed and too long", "[fleet][manners]")
{
    stage it{{.oversize = 1, .oversize_bytes = 5'000}};
    it.receive(request("00 01", "BEEF"));
    const bytes big = tests::bytes(it.network[0].bytes);
    CHECK(big.size() == 5'000);
    CHECK(raida::shape_of(big) == raida::response_shape::well_formed);
    CHECK(hex(raida::bytes_view{big}.subspan(32, 9)) == hex("3230323530333233 00"));
    CHECK(it.network[0].bytes.substr(32, 32) == hex(zeros));
    it.server.manners({.oversize = 1, .oversize_bytes = 1'000'000});
    it.receive(detect);
    CHECK(it.network[1].bytes.size() / 2 == raida::max_datagram); // what UDP can carry
    it.server.manners({.oversize = 1, .oversize_bytes = 0});
    it.receive(detect);
    CHECK(it.network[2].bytes.size() / 2 == 34);
}

TEST_CASE("a foreign answer is right but comes from elsewhere", "[fleet][manners]")
{
    stage it{{.foreign = 1, .then_right = true}};
    it.receive(detect, 9);
    CHECK(it.network == std::vector<sent>{{9, passed, true}, {9, passed, false}});
}

TEST_CASE("a duplicated answer comes as often as asked for, each copy with its own delay", "[fleet][manners]")
{
    stage it{{.delay = latency::uniform(0ms, 100ms), .duplicated = 1, .extra_copies = 3}};
    it.receive(detect, 9);
    std::vector<time_point> arrivals;
    while (it.server.due()) {
        arrivals.push_back(*it.server.due());
        it.advance(*it.server.due() - it.now);
    }
    CHECK(it.network == std::vector<sent>(4, {9, passed, false}));
    CHECK(std::adjacent_find(arrivals.begin(), arrivals.end()) == arrivals.end());
}

TEST_CASE("a reply that is held back leaves after the next ones", "[fleet][manners]")
{
    stage it{{.hold_back = 2}};
    for (int client = 1; client <= 7; ++client)
        it.receive(detect, client);
    CHECK(it.receivers() == std::vector{2, 3, 1, 5, 6, 4}); // and the seventh waits
    CHECK(it.server.due() == time_point{20ms});
    it.advance(20ms);
    CHECK(it.receivers() == std::vector{2, 3, 1, 5, 6, 4, 7});
    CHECK_FALSE(it.server.due());
}

TEST_CASE("a held back reply is let go by delayed ones as well", "[fleet][manners]")
{
    stage it{{.delay = 10ms, .hold_back = 1, .hold_limit = 1s}};
    it.receive(detect, 1);
    it.receive(detect, 2);
    CHECK(it.server.due() == time_point{10ms});
    it.advance(10ms);
    CHECK(it.receivers() == std::vector{2, 1});
}

TEST_CASE("forgetting what waits sends nothing any more", "[fleet][manners]")
{
    stage it{{.delay = 10ms}};
    it.receive(detect);
    it.server.manners({.hold_back = 1});
    it.receive(detect);
    it.server.clear();
    CHECK_FALSE(it.server.due());
    it.advance(1h);
    CHECK(it.network.empty());
}

TEST_CASE("the same seed repeats every fault, another seed does not", "[fleet][manners]")
{
    const manners wild{.delay = latency::log_normal(5ms, 0.7),
                       .lose_requests = 0.1,
                       .lose_replies = 0.1,
                       .repeat_requests = 0.1,
                       .forged = 0.1,
                       .stale = 0.1,
                       .wrong_echo = 0.1,
                       .wrong_server = 0.1,
                       .truncated = 0.1,
                       .garbage = 0.1,
                       .foreign = 0.1,
                       .then_right = true,
                       .duplicated = 0.2};
    const auto run = [&](std::uint64_t seed) {
        stage it{wild, seed};
        for (int client = 0; client < 500; ++client) {
            it.receive(detect, client);
            it.advance(100us);
        }
        it.advance(1h);
        return it.network;
    };
    const auto first = run(1);
    CHECK(first == run(1));
    CHECK(first != run(2));
}

TEST_CASE("switching one fault on leaves the draws of the others as they were", "[fleet][manners]")
{
    const auto lost = [](const manners& how) {
        stage it{how};
        std::vector<std::size_t> sizes;
        for (int client = 0; client < 100; ++client) {
            it.receive(echo, client);
            sizes.push_back(it.network.size());
        }
        return sizes;
    };
    CHECK(lost({.lose_requests = 0.5}) == lost({.delay = 0ms, .lose_requests = 0.5, .wrong_echo = 1}));
}

TEST_CASE("requests that nobody answers are counted", "[fleet][manners]")
{
    stage it;
    it.receive(bytes(31));
    it.receive({});
    CHECK(it.network.empty());
    CHECK(it.server.counters().requests == 2);
    CHECK(it.server.counters().ignored == 2);
}

TEST_CASE("what the network does not take is counted", "[fleet][manners]")
{
    stage it;
    it.server.receive(detect, 1, it.now, [](int, raida::bytes_view, bool) { return false; });
    CHECK(it.server.counters().answered == 0);
    CHECK(it.server.counters().unsent == 1);
}
