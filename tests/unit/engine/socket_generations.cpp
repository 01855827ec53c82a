#include <raida/engine/detail/socket_generations.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

using raida::detail::socket_generations;

TEST_CASE("a socket is worn after its share of requests, and each renewal counts afresh",
          "[socket_generations]")
{
    socket_generations on;
    CHECK(!on.is_worn(1));
    on.give_back(on.take());
    CHECK(on.is_worn(1));
    CHECK(!on.is_worn(2));
    on.renew();
    CHECK(on.take_closable());
    CHECK(!on.is_worn(1));
}

TEST_CASE("an earlier socket stays until its last request is over", "[socket_generations]")
{
    socket_generations on;
    CHECK(!on.take_closable());
    const auto first = on.take();
    CHECK(on.take() == first);
    CHECK(!on.renew());
    CHECK(on.current() != first);
    const auto second = on.take();
    CHECK(second == on.current());
    on.give_back(first);
    CHECK(!on.take_closable());
    on.give_back(first);
    CHECK(on.take_closable() == first);
    CHECK(!on.take_closable()); // closed once
}

TEST_CASE("while an earlier socket is open no other is worn, and a renewal closes it", "[socket_generations]")
{
    socket_generations on;
    const auto first = on.take();
    on.renew();
    (void)on.take();
    CHECK(!on.is_worn(1));
    const auto second = on.current();
    CHECK(on.renew() == first); // two are open at most
    on.give_back(first);        // its request ends by its deadline
    CHECK(!on.take_closable());
    on.give_back(second);
    CHECK(on.take_closable() == second);
}

TEST_CASE("generations go round", "[socket_generations]")
{
    socket_generations on;
    for (std::size_t i = 1; i <= 2 * socket_generations::count; ++i) {
        const auto before = on.current();
        CHECK(!on.renew());
        CHECK(on.current() == i % socket_generations::count);
        CHECK(on.take_closable() == before);
    }
}

namespace {

using namespace std::chrono_literals;
using time_point = socket_generations::time_point;

// Requests one after another, each of which leaves when the one before has had its time.
void be_silent(socket_generations& on, time_point& now, int times)
{
    for (int i = 0; i < times; ++i) {
        const auto sent = now;
        now += 1s;
        on.on_silence(on.current(), sent, 1s, now);
    }
}

} // namespace

TEST_CASE("a socket that hears nothing time and again is worn", "[socket_generations]")
{
    socket_generations on;
    time_point now{1h};
    be_silent(on, now, 2);
    CHECK(!on.is_worn(100));
    be_silent(on, now, 1);
    CHECK(on.is_worn(100));
    on.renew();
    CHECK(!on.is_worn(100));
}

TEST_CASE(
    "after silence the earlier socket stays for late answers until the fresh one is heard, or has no more",
    "[socket_generations]")
{
    socket_generations on;
    time_point now{1h};
    const auto first = on.current();
    be_silent(on, now, 3);
    CHECK(!on.renew());
    CHECK(!on.take_closable());
    const auto second = on.current();
    be_silent(on, now, 6);
    CHECK(on.is_worn(100));
    CHECK(on.renew() == first);
    CHECK(!on.take_closable());
    on.heard(on.current());
    CHECK(on.take_closable() == second);
}

TEST_CASE("what was sent at one moment is one silence", "[socket_generations]")
{
    socket_generations on;
    for (int i = 0; i < 100; ++i)
        on.on_silence(on.current(), time_point{1h}, 1s, time_point{1h + 1s});
    CHECK(!on.is_worn(100));
}

TEST_CASE("requests that are given up early are silent when one of them would have been",
          "[socket_generations]")
{
    socket_generations on;
    time_point now{1h};
    const auto give_up_for = [&](std::chrono::milliseconds time) {
        for (const auto end = now + time; now < end; now += 10ms)
            on.on_silence(on.current(), now - 1ms, 1s, now);
    };
    give_up_for(3s);
    CHECK(!on.is_worn(100)); // the third has not had its time yet
    give_up_for(100ms);
    CHECK(on.is_worn(100));
    on.renew();
    give_up_for(5s);
    on.heard(on.current());
    give_up_for(2900ms);
    CHECK(!on.is_worn(100));
}

TEST_CASE("whoever is heard has a path", "[socket_generations]")
{
    socket_generations on;
    time_point now{1h};
    for (int i = 0; i < 10; ++i) {
        be_silent(on, now, 2);
        on.heard(on.current());
    }
    CHECK(!on.is_worn(100));
}

TEST_CASE("an earlier socket's silence and answers say nothing of the current one", "[socket_generations]")
{
    socket_generations on;
    time_point now{1h};
    const auto first = on.current();
    be_silent(on, now, 3);
    on.renew();
    for (int i = 0; i < 10; ++i)
        on.on_silence(first, now, 0s, now);
    CHECK(!on.is_worn(100));
    be_silent(on, now, 6);
    on.heard(first);
    CHECK(on.is_worn(100));
}

TEST_CASE("a dead server has ever fewer fresh sockets, one that was heard has them soon again",
          "[socket_generations]")
{
    socket_generations on;
    time_point now{1h};
    const auto silences_until_worn = [&] {
        int count = 0;
        for (; count < 1000 && !on.is_worn(1'000'000); ++count)
            be_silent(on, now, 1);
        on.renew();
        return count;
    };
    for (const int expected : {3, 6, 12, 24, 48, 96, 96})
        CHECK(silences_until_worn() == expected);
    on.heard(on.current());
    CHECK(on.take_closable());
    CHECK(silences_until_worn() == 3);
}

TEST_CASE("a socket that cannot send is given up where there is a place for the next", "[socket_generations]")
{
    socket_generations on;
    const auto first = on.take();
    CHECK(on.give_up());
    CHECK(on.is_worn(100));
    CHECK(!on.renew());
    CHECK(!on.is_worn(100));
    CHECK(!on.give_up()); // the first one's place belongs to those that wait there
    CHECK(!on.is_worn(100));
    on.give_back(first);
    CHECK(on.take_closable() == first);
    CHECK(on.give_up());
}
