// The small parts of the embedded servers: random numbers, latencies, the queue of delayed datagrams, tokens.
#include "fleet_support.hpp"

#include <raida/testing/detail/delay_queue.hpp>
#include <raida/testing/detail/ledger.hpp>
#include <raida/testing/latency.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/tokens.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

using namespace fleet_support;
using namespace raida::testing;
using namespace std::chrono_literals;
using raida::testing::detail::delay_queue;
using raida::testing::detail::ledger;
using raida::testing::detail::time_point;

TEST_CASE("the random numbers are SplitMix64's", "[fleet][random]")
{
    seeded_random random{1234567}; // the published test vector
    CHECK(random() == 6457827717110365317U);
    CHECK(random() == 3203168211198807973U);
    CHECK(random() == 9817491932198370423U);
}

TEST_CASE("what is certain takes no number from the sequence", "[fleet][random]")
{
    seeded_random random{1}, untouched{1};
    CHECK_FALSE(random.chance(0));
    CHECK_FALSE(random.chance(-1));
    CHECK_FALSE(random.chance(std::numeric_limits<double>::quiet_NaN()));
    CHECK(random.chance(1));
    CHECK(random.chance(7));
    CHECK(random() == untouched());
    CHECK(random.below(0) == 0);
}

TEST_CASE("uniform latencies fill their range and do not leave it", "[fleet][latency]")
{
    seeded_random random{1};
    const latency spread = latency::uniform(10ns, 13ns);
    std::set<std::chrono::nanoseconds> seen;
    for (int i = 0; i < 1'000; ++i)
        seen.insert(spread.draw(random));
    CHECK(seen == std::set<std::chrono::nanoseconds>{10ns, 11ns, 12ns, 13ns});
}

TEST_CASE("half of the log-normal latencies are under the median", "[fleet][latency]")
{
    seeded_random random{1};
    const latency far = latency::log_normal(100ms, 0.5, 20ms);
    int below = 0;
    double logarithms = 0, squares = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto drawn = far.draw(random);
        REQUIRE(drawn >= 20ms);
        const double relative = std::log(static_cast<double>((drawn - 20ms).count()) / 100e6);
        logarithms += relative;
        squares += relative * relative;
        below += drawn < 120ms;
    }
    CHECK(std::abs(below - 10'000) < 300); // the seed is fixed
    CHECK(std::abs(logarithms / 20'000) < 0.01);
    CHECK(std::abs(std::sqrt(squares / 20'000) - 0.5) < 0.01);
}

TEST_CASE("no parameter makes a latency negative or endless", "[fleet][latency]")
{
    seeded_random random{1};
    CHECK(latency{}.draw(random) == 0ns);
    CHECK(latency{-5ms}.draw(random) == 0ns);
    CHECK(latency::uniform(7ms, 3ms).draw(random) == 7ms);
    CHECK(latency::log_normal(1ms, std::numeric_limits<double>::quiet_NaN()).draw(random) == 0ns);
    for (int i = 0; i < 100; ++i) {
        const auto drawn = latency::log_normal(1h, 1'000).draw(random);
        REQUIRE(drawn >= 0ns);
        REQUIRE(drawn <= 1h);
    }
    CHECK(random() != seeded_random{1}());
    seeded_random fresh{1};
    (void)latency{5ms}.draw(fresh);
    CHECK(fresh() == seeded_random{1}()); // a fixed latency draws nothing
}

TEST_CASE("delayed datagrams leave by time, then in the order they came", "[fleet][queue]")
{
    delay_queue<int> queue;
    const std::uint8_t byte[] = {1};
    for (const int delay : {5, 3, 5, 1, 3, 5})
        queue.push(time_point{std::chrono::milliseconds{delay}}, static_cast<int>(queue.size()), byte, false);
    std::vector<int> order;
    CHECK_FALSE(queue.pop(time_point{1ms - 1ns}));
    while (queue.due()) {
        auto next = queue.pop(*queue.due());
        order.push_back(next->to);
        queue.recycle(std::move(*next));
    }
    CHECK(order == std::vector{3, 1, 4, 0, 2, 5});
    CHECK(queue.empty());
}

TEST_CASE("the memory of delayed datagrams is used again", "[fleet][queue]")
{
    delay_queue<int> queue;
    const bytes datagram(100, 7);
    queue.push({}, 1, datagram, false);
    auto first = queue.pop({});
    const std::uint8_t* memory = first->bytes.data();
    queue.recycle(std::move(*first));
    queue.push({}, 2, bytes(50, 9), true);
    const auto second = queue.pop({});
    CHECK(second->bytes.data() == memory);
    CHECK(second->bytes == bytes(50, 9));
    CHECK(second->foreign);
}

TEST_CASE("a ledger finds a token under its aliases only if it is told to", "[fleet][ledger]")
{
    for (const bool alias : {true, false}) {
        ledger tokens{alias};
        tokens.set({{0}, {5}}, number(number_a));
        CHECK(tokens.find({{0}, {5}}) != nullptr);
        CHECK((tokens.find({{0}, {5 + (1U << 26)}}) != nullptr) == alias);
        CHECK(tokens.find({{1}, {5}}) == nullptr);
        CHECK(tokens.find({{7}, {5}}) == nullptr);
        tokens.distrust(std::vector<raida::token_id>{{{0}, {5 + (1U << 26)}}});
        CHECK(tokens.is_distrusted({{0}, {5}}) == alias);
        CHECK(tokens.erase({{0}, {5}}));
        CHECK_FALSE(tokens.erase({{0}, {5}}));
        CHECK(tokens.size() == 0);
    }
}

TEST_CASE("made tokens are valid, different from each other and the same for a seed", "[fleet][tokens]")
{
    const auto tokens = make_tokens(2'000, 3), again = make_tokens(2'000, 3);
    std::set<raida::token_id> ids;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        REQUIRE(tokens[i].denomination.is_valid());
        REQUIRE(tokens[i].serial.is_valid());
        REQUIRE(tokens[i].id() == again[i].id());
        REQUIRE(tokens[i].numbers == again[i].numbers);
        REQUIRE(tokens[i].numbers[0] != tokens[i].numbers[1]);
        ids.insert(tokens[i].id());
    }
    CHECK(ids.size() == 2'000);
    CHECK(make_tokens(1, 4)[0].numbers != tokens[0].numbers);
}
