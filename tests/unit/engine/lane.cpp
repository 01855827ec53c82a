#include <raida/engine/detail/lane.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace {

using raida::detail::no_round;
using raida::detail::slot_state;

// A lane with `count` rounds, none of which is in it yet.
struct fixture
{
    explicit fixture(std::size_t count = 0)
    {
        for (std::size_t i = 0; i < count; ++i)
            static_cast<void>(pool.take());
    }

    void add(std::uint32_t index, std::uint16_t echo)
    {
        in.at(index).echo = echo;
        in.make_room();
        in.insert(index);
        in.enqueue(index);
    }
    void send(std::uint32_t index)
    {
        in.dequeue(index);
        ++in.at(index).attempts;
        in.take_place(index);
    }
    void remove(std::uint32_t index)
    {
        auto& one = in.at(index);
        if (one.state == slot_state::queued)
            in.dequeue(index);
        else
            in.leave_place(index);
        in.erase(index);
        one = raida::detail::slot{};
    }
    std::vector<std::uint32_t> with_echo(std::uint16_t echo)
    {
        std::vector<std::uint32_t> found;
        in.with_echo(echo, [&](std::uint32_t index, const auto&) { found.push_back(index); });
        std::sort(found.begin(), found.end());
        return found;
    }
    std::vector<std::uint32_t> waiting()
    {
        std::vector<std::uint32_t> all;
        for (auto index = in.first_waiting(); index != no_round; index = in.at(index).next)
            all.push_back(index);
        return all;
    }

    raida::detail::round_pool<3> pool;
    raida::detail::lane<3> in{pool, 1};
};

} // namespace

TEST_CASE("a slot takes 24 bytes", "[lane]")
{
    CHECK(sizeof(raida::detail::slot) == 24);
}

TEST_CASE("requests wait in order, wherever one leaves", "[lane]")
{
    fixture on{5};
    CHECK(!on.in.has_waiting());
    for (std::uint32_t i = 0; i < 5; ++i)
        on.add(i, 7);
    CHECK(on.waiting() == std::vector<std::uint32_t>{0, 1, 2, 3, 4});
    on.remove(2);
    CHECK(on.waiting() == std::vector<std::uint32_t>{0, 1, 3, 4});
    on.remove(0);
    on.remove(4);
    CHECK(on.waiting() == std::vector<std::uint32_t>{1, 3});
    on.add(4, 7);
    CHECK(on.waiting() == std::vector<std::uint32_t>{1, 3, 4});
    for (const auto left : {1U, 3U, 4U})
        on.remove(left);
    CHECK(!on.in.has_waiting());
    on.add(0, 1);
    CHECK(on.waiting() == std::vector<std::uint32_t>{0});
}

TEST_CASE("requests that left together know each other until one is settled", "[lane]")
{
    fixture on{4};
    for (std::uint32_t i = 0; i < 4; ++i) {
        on.add(i, 7);
        on.send(i);
        CHECK(on.in.companion_of(i) == no_round);
    }
    on.in.join(0, 1);
    on.in.join(1, 2);
    CHECK(on.in.companion_of(0) == 1);
    CHECK(on.in.companion_of(2) == 1);
    on.remove(1); // the others still do
    CHECK(on.in.companion_of(0) == 2);
    CHECK(on.in.companion_of(2) == 0);
    on.remove(0);
    CHECK(on.in.companion_of(2) == no_round);
    CHECK(on.in.companion_of(3) == no_round);
}

TEST_CASE("requests are found by their echo, among any others", "[lane]")
{
    fixture on{4};
    on.add(0, 5);
    on.add(1, 5 + 64); // the same bucket
    on.add(2, 5);
    on.add(3, 6);
    CHECK(on.with_echo(5) == std::vector<std::uint32_t>{0, 2});
    CHECK(on.with_echo(69) == std::vector<std::uint32_t>{1});
    CHECK(on.with_echo(133).empty());
    on.remove(0);
    CHECK(on.with_echo(5) == std::vector<std::uint32_t>{2});
}

TEST_CASE("while an echo's requests are visited, the visited one may leave", "[lane]")
{
    fixture on{6};
    for (std::uint32_t i = 0; i < 6; ++i)
        on.add(i, 5);
    std::size_t visited = 0;
    on.in.with_echo(5, [&](std::uint32_t index, const auto&) {
        ++visited;
        on.remove(index);
    });
    CHECK(visited == 6);
    CHECK(on.with_echo(5).empty());
}

TEST_CASE("the table grows with its requests and loses none", "[lane]")
{
    constexpr std::uint32_t count = 3'000;
    fixture on{count};
    std::mt19937 random{9};
    std::vector<std::uint16_t> echoes(count);
    for (std::uint32_t i = 0; i < count; ++i)
        on.add(i, echoes[i] = static_cast<std::uint16_t>(random()));
    std::vector<std::uint32_t> order(count);
    for (std::uint32_t i = 0; i < count; ++i)
        order[i] = i;
    for (std::uint32_t i = count; i > 1; --i)
        std::swap(order[i - 1], order[random() % i]);
    for (const auto index : order) {
        const auto found = on.with_echo(echoes[index]);
        REQUIRE(std::find(found.begin(), found.end(), index) != found.end());
        on.remove(index);
        const auto after = on.with_echo(echoes[index]);
        REQUIRE(std::find(after.begin(), after.end(), index) == after.end());
    }
    CHECK(!on.in.has_waiting());
}

TEST_CASE("places are counted, in all and by socket", "[lane]")
{
    fixture on{3};
    for (std::uint32_t i = 0; i < 3; ++i)
        on.add(i, static_cast<std::uint16_t>(i));
    const auto first = on.in.sockets.current();
    on.send(0);
    CHECK(!on.in.sockets.renew());
    on.send(1);
    CHECK(on.in.in_flight() == 2);
    CHECK(on.in.at(0).generation == first);
    CHECK(on.in.at(1).generation == on.in.sockets.current());
    CHECK(!on.in.sockets.take_closable());
    on.remove(0);
    CHECK(on.in.sockets.take_closable() == first);
    on.remove(1);
    CHECK(on.in.in_flight() == 0);
    CHECK(on.waiting() == std::vector<std::uint32_t>{2});
}

TEST_CASE("the only request in flight is known as long as it is the only one", "[lane]")
{
    fixture on{3};
    const auto now = on.in.sockets.current();
    CHECK(on.in.sole_in_flight(now) == no_round);
    on.add(0, 10);
    on.add(1, 11);
    on.add(2, 12);
    CHECK(on.in.sole_in_flight(now) == no_round); // none was sent
    on.send(1);
    CHECK(on.in.sole_in_flight(now) == 1); // those that wait do not count
    CHECK(on.in.sole_in_flight(static_cast<std::uint8_t>(now + 1)) == no_round);
    on.send(0);
    CHECK(on.in.sole_in_flight(now) == no_round);
    on.remove(1);
    CHECK(on.in.sole_in_flight(now) == 0);
}

TEST_CASE("a retry that waits may still be answered, so nobody else is the only one", "[lane]")
{
    fixture on{2};
    on.add(0, 10);
    on.add(1, 11);
    on.send(0);
    on.in.leave_place(0);
    on.in.enqueue(0); // to be asked again
    on.send(1);
    CHECK(on.in.in_flight() == 1);
    CHECK(on.in.sole_in_flight(on.in.sockets.current()) == no_round);
    on.remove(0);
    CHECK(on.in.sole_in_flight(on.in.sockets.current()) == 1);
}
