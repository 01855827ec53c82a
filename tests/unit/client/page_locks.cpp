#include <raida/client/detail/page_locks.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <vector>

namespace {

using raida::detail::page;
using raida::detail::page_locks;
using raida::detail::page_of;
using pages = std::vector<page>;
using waiters = std::vector<page_locks::waiter>;

constexpr page a{0, 1}, b{0, 2}, c{1, 1};

// All of them if they are free.
bool take(page_locks& locks, std::size_t server, page_locks::owner who, const pages& wanted)
{
    for (const page& one : wanted)
        if (!locks.is_free(server, who, one))
            return false;
    locks.take(server, who, wanted);
    return true;
}

} // namespace

TEST_CASE("a page is 1,024 serial numbers of one denomination", "[page_locks]")
{
    CHECK(page_of({{0}, {0}}) == page_of({{0}, {1023}}));
    CHECK(page_of({{0}, {1023}}) != page_of({{0}, {1024}}));
    CHECK(page_of({{0}, {5}}) != page_of({{1}, {5}}));
    CHECK(page_of({{-8}, {5}}) != page_of({{6}, {5}}));
    CHECK(page_of({{6}, {1'023'999}}) == page{6, 999});
}

TEST_CASE("a page is taken by one call at a time, at each server for itself", "[page_locks]")
{
    page_locks locks;
    CHECK(take(locks, 3, 1, pages{a, b}));
    CHECK_FALSE(take(locks, 3, 2, pages{b}));
    CHECK_FALSE(take(locks, 3, 1, pages{a})); // nor twice by the same call
    CHECK(take(locks, 3, 2, pages{c}));
    CHECK(take(locks, 4, 2, pages{a, b}));
    locks.give_back(3, pages{b});
    CHECK_FALSE(take(locks, 3, 2, pages{a, b}));
    CHECK(take(locks, 3, 2, pages{b}));
    CHECK(take(locks, 3, 2, pages{}));
}

TEST_CASE("whoever waits is woken when something changes at that server, and only then", "[page_locks]")
{
    page_locks locks;
    REQUIRE(take(locks, 0, 1, pages{a}));
    locks.wait(0, 2, pages{a});
    locks.wait(1, 3, pages{b});
    CHECK(locks.take_woken().empty());
    locks.give_back(0, pages{a});
    CHECK(locks.take_woken() == waiters{{2, 0}});
    CHECK(locks.take_woken().empty());
    locks.give_back(0, pages{a}); // it was free
    CHECK(locks.take_woken().empty());
}

TEST_CASE("who came first is served first", "[page_locks]")
{
    page_locks locks;
    REQUIRE(take(locks, 0, 1, pages{a}));
    locks.wait(0, 2, pages{a});
    locks.wait(0, 3, pages{a, b});
    CHECK_FALSE(take(locks, 0, 4, pages{b})); // 3 waits for it
    CHECK(take(locks, 0, 2, pages{b}));       // 2 stands before 3
    locks.wait(0, 2, pages{a});               // and now behind it
    locks.give_back(0, pages{a, b});
    CHECK_FALSE(take(locks, 0, 1, pages{a}));
    CHECK_FALSE(take(locks, 0, 2, pages{a}));
    CHECK(take(locks, 0, 3, pages{a, b}));
    locks.give_back(0, pages{a, b});
    CHECK(take(locks, 0, 2, pages{a}));
}

TEST_CASE("whoever does not wait any more is in nobody's way", "[page_locks]")
{
    page_locks locks;
    REQUIRE(take(locks, 0, 1, pages{a}));
    locks.wait(0, 2, pages{a, b});
    locks.wait(0, 3, pages{b});
    CHECK_FALSE(take(locks, 0, 3, pages{b}));
    locks.wait(0, 2, pages{a}); // b no longer
    CHECK(locks.take_woken().size() == 2);
    CHECK(take(locks, 0, 3, pages{b}));
    static_cast<void>(locks.take_woken());
    locks.wait(0, 2, pages{a});
    CHECK(locks.take_woken().empty()); // nothing new
    locks.wait(0, 2, pages{});
    locks.wait(0, 2, pages{});
    locks.give_back(0, pages{a});
    CHECK(take(locks, 0, 4, pages{a}));
}
