#include <raida/engine/detail/echo_history.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <random>

namespace {

using namespace std::chrono_literals;
using raida::detail::echo_history;

constexpr echo_history::time_point start{1h};

} // namespace

TEST_CASE("no echo was used at first", "[echo_history]")
{
    echo_history history;
    history.advance(start, 3s);
    for (std::uint32_t echo = 0; echo <= 0xFFFF; ++echo)
        REQUIRE(!history.recent(static_cast<std::uint16_t>(echo)));
}

TEST_CASE("marking an echo marks no other", "[echo_history]")
{
    for (const auto echo : {0, 1, 63, 64, 65, 0x7FFF, 0xFFFE, 0xFFFF}) {
        echo_history history;
        history.advance(start, 3s);
        history.mark(static_cast<std::uint16_t>(echo));
        std::uint32_t marked = 0;
        for (std::uint32_t other = 0; other <= 0xFFFF; ++other)
            marked += history.recent(static_cast<std::uint16_t>(other)) ? 1 : 0;
        CHECK(marked == 1);
        CHECK(history.recent(static_cast<std::uint16_t>(echo)));
    }
}

TEST_CASE("an echo is remembered for one period at least and two at most", "[echo_history]")
{
    std::mt19937 random{3};
    echo_history history;
    std::map<std::uint16_t, echo_history::time_point> used;
    auto now = start;
    for (int step = 0; step < 20'000; ++step) {
        now += std::chrono::milliseconds{random() % 7 == 0 ? random() % 5000 : random() % 20};
        history.advance(now, 1s);
        const auto echo = static_cast<std::uint16_t>(random() % 100);
        if (const auto found = used.find(echo); found != used.end()) {
            if (now - found->second < 1s)
                REQUIRE(history.recent(echo));
            if (now - found->second >= 2s)
                REQUIRE(!history.recent(echo));
        } else {
            REQUIRE(!history.recent(echo));
        }
        if (random() % 3 == 0) {
            history.mark(echo);
            used[echo] = now;
        }
    }
}

TEST_CASE("a longer period keeps what is still there", "[echo_history]")
{
    echo_history history;
    history.advance(start, 1s);
    history.mark(5);
    history.advance(start + 900ms, 10s);
    CHECK(history.recent(5));
    history.advance(start + 9s, 10s);
    CHECK(history.recent(5));
}

TEST_CASE("a clock that stands still or a period of zero harms nothing", "[echo_history]")
{
    echo_history history;
    history.advance({}, 3s);
    history.mark(1);
    history.advance({}, 3s);
    CHECK(history.recent(1));
    history.advance(start, 0s);
    history.advance(start, 0s);
    CHECK(!history.recent(1));
}
