#include <raida/client/detail/page_locks.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

namespace {

using raida::detail::chunks_by_page;
using raida::detail::page;
using raida::detail::page_locks;
using raida::detail::page_of;
using token = raida::basic_token<2>;
using indices = std::vector<std::size_t>;

token make(std::int8_t denomination, std::uint32_t serial)
{
    token one;
    one.denomination.value = denomination;
    one.serial.value = serial;
    return one;
}

} // namespace

TEST_CASE("a page is 1,024 serial numbers of one denomination", "[page_order]")
{
    CHECK(page_of({{0}, {0}}) == page_of({{0}, {1023}}));
    CHECK(page_of({{0}, {1023}}) != page_of({{0}, {1024}}));
    CHECK(page_of({{0}, {5}}) != page_of({{1}, {5}}));
    CHECK(page_of({{-8}, {5}}) != page_of({{6}, {5}}));
    CHECK(page_of({{6}, {1'023'999}}) == page{6, 999});
}

TEST_CASE("chunks hold every index once, by page, none more than allowed", "[page_order]")
{
    const std::vector<token> tokens{make(1, 2000), make(0, 5), make(1, 3),    make(0, 9'000),
                                    make(0, 4),    make(1, 4), make(0, 1023), make(-1, 7)};
    const std::span<const token> all{tokens};
    CHECK(chunks_by_page<2>(all, {0, 1, 2, 3, 4, 5, 6, 7}, 3) ==
          std::vector<indices>{{7, 4, 1}, {6, 3, 2}, {5, 0}});
    CHECK(chunks_by_page<2>(all, {0, 3, 1}, 1) == std::vector<indices>{{1}, {3}, {0}});
    CHECK(chunks_by_page<2>(all, {6, 2}, 100) == std::vector<indices>{{6, 2}});
    CHECK(chunks_by_page<2>(all, {}, 3).empty());
}

TEST_CASE("pages are taken all or none", "[page_order]")
{
    page_locks pages;
    const page a{0, 1}, b{0, 2}, c{1, 1};
    CHECK(pages.take({a, b}));
    CHECK_FALSE(pages.take({b, c}));
    CHECK(pages.take({c})); // the refusal took nothing
    pages.give_back({b});
    CHECK_FALSE(pages.take({a, b}));
    CHECK(pages.take({b}));
    CHECK(pages.take({}));
}

TEST_CASE("whoever waits is called once when pages are given back", "[page_order]")
{
    page_locks pages;
    const page a{0, 1};
    REQUIRE(pages.take({a}));
    int first = 0, second = 0;
    pages.wait([&] { ++first; });
    pages.wait([&] { second += pages.take({a}) ? 1 : 0; });
    CHECK(first + second == 0);
    pages.give_back({a});
    CHECK(first == 1);
    CHECK(second == 1); // the pages are free by then
    pages.give_back({a});
    CHECK(first == 1);
    CHECK(second == 1);
}

TEST_CASE("whoever is called may wait again, for the next time", "[page_order]")
{
    page_locks pages;
    int calls = 0;
    pages.wait([&] {
        ++calls;
        pages.wait([&] { calls += 10; });
    });
    pages.give_back({});
    CHECK(calls == 1);
    pages.give_back({});
    CHECK(calls == 11);
}
