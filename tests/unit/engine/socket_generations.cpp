#include <raida/engine/detail/socket_generations.hpp>

#include <catch2/catch_test_macros.hpp>

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
