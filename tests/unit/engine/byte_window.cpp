#include <raida/engine/detail/byte_window.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

using namespace std::chrono_literals;
using raida::detail::byte_window;

namespace {

constexpr std::size_t full = 1'394;   // bytes
constexpr std::size_t small_one = 55; // an echo

struct fixture
{
    byte_window window{};
    byte_window::time_point now{1h};

    // As much as may leave without a pause; returns how many.
    std::size_t send(std::size_t size = full)
    {
        std::size_t sent = 0;
        for (window.refill(now); window.has_room() && window.has_credit(); ++sent)
            window.on_sent(size);
        return sent;
    }
    // As much as has room, however long that takes.
    std::size_t fill(std::size_t size = full)
    {
        std::size_t sent = 0;
        for (; window.has_room(); now = std::max(now, window.next_credit()))
            sent += send(size);
        return sent;
    }
    void answer(std::size_t count, std::size_t size = full)
    {
        for (; count != 0; --count) {
            window.on_answer(size, now);
            window.on_over(size);
        }
    }
    void lose(byte_window::time_point sent)
    {
        window.on_loss(sent);
        window.on_over(full);
    }
};

} // namespace

TEST_CASE("what a datagram takes of a receive buffer", "[byte_window]")
{
    CHECK(byte_window::cost(50) == 768);
    CHECK(byte_window::cost(100) == 768);
    CHECK(byte_window::cost(1'394) == 2'304);
    CHECK(byte_window::cost(1'400) == byte_window::full_size);
    for (std::size_t size = 0; size < 65'536; ++size)
        REQUIRE(byte_window::cost(size) > size);
}

TEST_CASE("at first there may be what fits a default receive buffer", "[byte_window]")
{
    CHECK(fixture{}.fill() == 70); // 92 fit
    CHECK(fixture{}.fill(small_one) == 208);
}

TEST_CASE("no burst is longer than ten datagrams of full size or so, and the next one comes after a pause",
          "[byte_window]")
{
    CHECK(fixture{}.send(small_one) == 208); // all that has room
    fixture on;
    CHECK(on.send() == 11); // the last one over the edge
    CHECK(on.send() == 0);
    on.now += byte_window::pause - 1ns;
    CHECK(on.send() == 0);
    on.now += 1ns;
    CHECK(on.window.next_credit() == on.now);
    CHECK(on.send() == 11);
    on.now += 1h; // credit is not saved up
    CHECK(on.send() == 11);
}

TEST_CASE("what is answered may be followed at once", "[byte_window]")
{
    fixture on;
    on.fill();
    CHECK(on.send() == 0);
    on.answer(40);
    CHECK(on.send() == 40);
}

TEST_CASE("places that become free are worth what they were, and no more", "[byte_window]")
{
    fixture on;
    on.send();
    on.answer(3);
    CHECK(on.send() == 3);
    CHECK(on.send() == 0);
}

TEST_CASE("after a pause with nothing in flight there is one burst, however much was answered before",
          "[byte_window]")
{
    fixture on;
    on.answer(on.fill());
    CHECK(on.window.in_flight() == 0);
    on.now += 1s;
    CHECK(on.send() == 11);
}

TEST_CASE("one datagram may always leave, whatever its size", "[byte_window]")
{
    fixture on;
    CHECK(on.send(65'507) == 1);
    on.window.on_over(65'507);
    on.now += 1s;
    CHECK(on.send(10 * byte_window::initial) == 1);
    CHECK(!on.window.has_room());
}

TEST_CASE("while all is answered the window grows by one datagram per window", "[byte_window]")
{
    fixture on;
    on.fill();
    const auto before = on.window.size();
    for (int trip = 1; trip <= 10; ++trip) {
        for (auto left = on.window.size() / byte_window::full_size + 1; left != 0; --left) {
            on.answer(1);
            on.fill();
        }
        CHECK(on.window.size() == before + static_cast<std::size_t>(trip) * byte_window::full_size);
    }
}

TEST_CASE("a window that is not used does not grow", "[byte_window]")
{
    fixture on;
    for (int i = 0; i < 10'000; ++i) {
        on.window.on_sent(full);
        on.answer(1);
    }
    CHECK(on.window.size() == byte_window::initial);
}

TEST_CASE("a loss halves the window, once per round trip", "[byte_window]")
{
    fixture on;
    const auto sent = on.now;
    on.fill();
    on.now += 1s;
    for (int i = 0; i < 5; ++i)
        on.lose(sent);
    CHECK(on.window.size() == byte_window::initial); // it may have died
    on.answer(1);
    CHECK(on.window.size() == byte_window::initial / 2);
    on.lose(sent); // of the same flight
    on.answer(1);
    CHECK(on.window.size() == byte_window::initial / 2);
    on.now += 1s;
    on.lose(on.now - 1ms); // sent since
    on.answer(1);
    CHECK(on.window.size() == byte_window::initial / 4);
}

TEST_CASE("silence alone shrinks nothing, and no loss shrinks it under ten datagrams", "[byte_window]")
{
    fixture on;
    for (int i = 0; i < 100; ++i) {
        on.window.on_sent(full);
        on.now += 3s;
        on.lose(on.now - 3s);
    }
    CHECK(on.window.size() == byte_window::initial);
    for (int i = 0; i < 100; ++i) {
        on.window.on_sent(full);
        on.window.on_sent(full);
        on.now += 3s;
        on.lose(on.now - 3s);
        on.answer(1);
    }
    CHECK(on.window.size() == byte_window::smallest);
    CHECK(on.window.in_flight() == 0);
}
