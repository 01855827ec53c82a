#include <raida/base/inline_function.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

using raida::inline_function;

namespace {

// Counts its copies that are alive.
struct counted
{
    int* alive;
    std::array<char, 8> more{};

    explicit counted(int& count) : alive{&count} { ++*alive; }
    counted(const counted& other) : alive{other.alive} { ++*alive; }
    counted(counted&& other) noexcept : alive{other.alive} { ++*alive; }
    counted& operator=(const counted&) = delete;
    ~counted() { --*alive; }
    int operator()(int x) const { return x + 1; }
};

struct large : counted
{
    using counted::counted;
    std::array<char, 100> padding{};
};

struct throwing_move : counted
{
    using counted::counted;
    throwing_move(const throwing_move&) = default;
    throwing_move(throwing_move&& other) noexcept(false) : counted{other} {}
};

struct alignas(64) wide : counted
{
    using counted::counted;
};

int twice(int x)
{
    return 2 * x;
}

template <class Stored>
void check_life()
{
    int alive = 0;
    {
        inline_function<int(int)> first{Stored{alive}};
        CHECK(alive == 1);
        CHECK(first(1) == 2);
        inline_function<int(int)> copy{first};
        CHECK(alive == 2);
        inline_function<int(int)> moved{std::move(first)};
        CHECK(alive == 2);
        CHECK(!first);
        CHECK(moved(5) == 6);
        copy = moved; // over another one
        CHECK(alive == 2);
        copy = std::move(moved);
        CHECK(alive == 1);
        CHECK(copy(7) == 8);
        auto& same = copy;
        copy = same;
        CHECK(alive == 1);
        CHECK(copy(7) == 8);
        copy = {};
        CHECK(alive == 0);
        CHECK(!copy);
        copy = Stored{alive};
        CHECK(alive == 1);
        copy.reset();
        copy.reset();
        CHECK(alive == 0);
    }
    CHECK(alive == 0);
}

static_assert(std::is_nothrow_move_constructible_v<inline_function<void()>>);
static_assert(!std::is_constructible_v<inline_function<int(int)>, int>);
static_assert(!std::is_constructible_v<inline_function<int(int)>, void (*)(std::string)>);
static_assert(sizeof(inline_function<void()>) <= 64 + 2 * sizeof(void*));

} // namespace

TEST_CASE("callables live and die with their function, small or large", "[inline_function]")
{
    check_life<counted>();
    check_life<large>();
    check_life<throwing_move>();
    check_life<wide>();
}

TEST_CASE("an empty function says so", "[inline_function]")
{
    CHECK(!inline_function<void()>{});
    CHECK(!inline_function<void()>{nullptr});
    inline_function<void()> none;
    const inline_function<void()> copy{none};
    CHECK(!copy);
}

TEST_CASE("what is an empty callable makes an empty function", "[inline_function]")
{
    CHECK(!inline_function<int(int)>{std::function<int(int)>{}});
    CHECK(!inline_function<int(int)>{static_cast<int (*)(int)>(nullptr)});
    CHECK(inline_function<int(int)>{std::function<int(int)>{twice}}(4) == 8);
    CHECK(inline_function<int(int)>{[](int x) { return x; }});
}

TEST_CASE("functions, pointers to them and to members are callables", "[inline_function]")
{
    CHECK(inline_function<int(int)>{twice}(4) == 8);
    CHECK(inline_function<int(int)>{&twice}(4) == 8);
    const std::string text = "four";
    CHECK(inline_function<std::size_t(const std::string&)>{&std::string::size}(text) == 4);
}

TEST_CASE("a result that nobody wants is dropped, and one that fits is converted", "[inline_function]")
{
    int calls = 0;
    inline_function<void(int)> dropped{[&](int x) { return calls += x; }};
    dropped(3);
    CHECK(calls == 3);
    CHECK(inline_function<bool(int)>{twice}(1));
    CHECK(!inline_function<bool(int)>{twice}(0));
}

TEST_CASE("state is kept from call to call, and copies have their own", "[inline_function]")
{
    inline_function<int()> next{[n = 0]() mutable { return ++n; }};
    next();
    auto copy = next;
    CHECK(next() == 2);
    CHECK(next() == 3);
    CHECK(copy() == 2);
}

TEST_CASE("arguments are passed on as they are", "[inline_function]")
{
    inline_function<int(std::unique_ptr<int>)> take{[](std::unique_ptr<int> p) { return *p; }};
    CHECK(take(std::make_unique<int>(4)) == 4);
    inline_function<void(int&)> change{[](int& x) { x = 9; }};
    int value = 0;
    change(value);
    CHECK(value == 9);
}

TEST_CASE("exceptions pass through", "[inline_function]")
{
    inline_function<void()> bad{[] { throw 5; }};
    CHECK_THROWS_AS(bad(), int);
    CHECK(bad);
}
