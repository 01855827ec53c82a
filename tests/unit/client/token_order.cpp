#include <raida/client/detail/token_order.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using raida::detail::page;
using raida::detail::stretch;
using raida::detail::token_order;

const std::vector<raida::token_id> tokens{{{1}, {2000}}, {{0}, {5}}, {{1}, {3}},    {{0}, {9000}},
                                          {{0}, {4}},    {{1}, {4}}, {{0}, {1023}}, {{-1}, {7}}};

} // namespace

TEST_CASE("tokens stand in the order of their names, so that pages are side by side", "[token_order]")
{
    const token_order order{tokens};
    REQUIRE(order.size() == 8);
    std::vector<std::uint32_t> indices;
    for (std::uint32_t at = 0; at < 8; ++at) {
        indices.push_back(order.index(at));
        CHECK(order.position(order.index(at)) == at);
    }
    CHECK(indices == std::vector<std::uint32_t>{7, 4, 1, 6, 3, 2, 5, 0});
    CHECK(order.page_at(0) == page{-1, 0});
    CHECK(order.page_at(7) == page{1, 1});
    CHECK(order.pages_of(std::vector<std::uint32_t>{1, 2, 4, 5, 6}) ==
          std::vector<page>{{0, 0}, {0, 8}, {1, 0}});
    CHECK(token_order{}.size() == 0);
}

TEST_CASE("stretches hold every wanted token once, none more than allowed", "[token_order]")
{
    const token_order order{tokens};
    const auto all = [](std::uint32_t) { return true; };
    CHECK(order.cut(3, all) == std::vector<stretch>{{0, 3}, {3, 6}, {6, 8}});
    CHECK(order.cut(100, all) == std::vector<stretch>{{0, 8}});
    CHECK(order.cut(2, [](std::uint32_t at) { return at % 2 != 0; }) == std::vector<stretch>{{1, 4}, {5, 8}});
    CHECK(order.cut(2, [](std::uint32_t) { return false; }).empty());
    CHECK(token_order{}.cut(2, all).empty());
}
