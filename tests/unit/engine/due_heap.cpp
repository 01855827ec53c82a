#include <raida/engine/detail/due_heap.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace {

using time_point = std::chrono::steady_clock::time_point;

struct node
{
    time_point due{};
    std::uint32_t heap_position = raida::detail::due_heap<node>::absent;
};

using heap = raida::detail::due_heap<node>;

time_point at(std::int64_t tick)
{
    return time_point{std::chrono::nanoseconds{tick}};
}

} // namespace

TEST_CASE("an empty heap has nothing", "[due_heap]")
{
    heap all;
    CHECK(all.empty());
    node one;
    all.erase(one); // not in it
    all.for_each_due(at(1000), [](const node&) { FAIL("nothing is due"); });
}

TEST_CASE("the earliest is on top", "[due_heap]")
{
    heap all;
    node a{at(3)}, b{at(1)}, c{at(2)};
    all.insert(a);
    CHECK(&all.top() == &a);
    all.insert(b);
    all.insert(c);
    CHECK(&all.top() == &b);
    CHECK(all.next_due() == at(1));
    all.erase(b);
    CHECK(b.heap_position == heap::absent);
    CHECK(&all.top() == &c);
    c.due = at(9);
    all.update(c);
    CHECK(&all.top() == &a);
    a.due = time_point::max();
    all.update(a);
    CHECK(&all.top() == &c);
    all.erase(a);
    all.erase(a); // once is enough
    all.erase(c);
    CHECK(all.empty());
}

TEST_CASE("nodes may be put in again", "[due_heap]")
{
    heap all;
    node a{at(3)};
    for (int i = 0; i < 3; ++i) {
        all.insert(a);
        all.erase(a);
    }
    CHECK(all.empty());
}

TEST_CASE("after any changes the heap knows the earliest and all that is due", "[due_heap]")
{
    std::mt19937 random{7};
    heap all;
    std::vector<std::unique_ptr<node>> in, out;
    for (int i = 0; i < 200; ++i)
        out.push_back(std::make_unique<node>());
    for (int step = 0; step < 20'000; ++step) {
        const auto when = at(random() % 500);
        if (const auto what = random() % 3; what == 0 && !out.empty()) {
            std::swap(out[random() % out.size()], out.back());
            out.back()->due = when;
            all.insert(*out.back());
            in.push_back(std::move(out.back()));
            out.pop_back();
        } else if (what == 1 && !in.empty()) {
            std::swap(in[random() % in.size()], in.back());
            all.erase(*in.back());
            out.push_back(std::move(in.back()));
            in.pop_back();
        } else if (!in.empty()) {
            node& one = *in[random() % in.size()];
            one.due = when;
            all.update(one);
        }
        REQUIRE(all.empty() == in.empty());
        if (in.empty())
            continue;
        const auto earliest = std::min_element(in.begin(), in.end(),
                                               [](const auto& a, const auto& b) { return a->due < b->due; });
        REQUIRE(all.next_due() == (*earliest)->due);
        REQUIRE(all.top().due == (*earliest)->due);
        if (step % 50 != 0)
            continue;
        std::size_t due = 0;
        all.for_each_due(when, [&](const node& one) {
            REQUIRE(one.due <= when);
            ++due;
        });
        REQUIRE(due == static_cast<std::size_t>(std::count_if(
                           in.begin(), in.end(), [&](const auto& one) { return one->due <= when; })));
    }
}
