#include <raida/engine/statistics.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

// All members are counts of the same type, so that one that a sum forgets shows.
constexpr std::size_t members = sizeof(raida::lane_statistics) / sizeof(std::uint64_t);
using as_array = std::array<std::uint64_t, members>;
static_assert(sizeof(as_array) == sizeof(raida::lane_statistics));

as_array values(const raida::lane_statistics& from)
{
    as_array to{};
    std::memcpy(to.data(), &from, sizeof from);
    return to;
}

raida::lane_statistics counts_from(std::uint64_t first)
{
    as_array numbers{};
    for (auto& one : numbers)
        one = first++;
    raida::lane_statistics to;
    std::memcpy(static_cast<void*>(&to), numbers.data(), sizeof to);
    return to;
}

} // namespace

TEST_CASE("counts start at zero", "[statistics]")
{
    CHECK(values(raida::lane_statistics{}) == as_array{});
    CHECK(values(raida::fanout_statistics<>{}.total()) == as_array{});
}

TEST_CASE("a sum forgets no count", "[statistics]")
{
    auto sum = counts_from(1);
    sum += counts_from(100);
    for (std::size_t i = 0; i < members; ++i)
        CHECK(values(sum)[i] == 101 + 2 * i);
}

TEST_CASE("the total is the sum of all lanes", "[statistics]")
{
    raida::fanout_statistics<4> all;
    for (std::size_t server = 0; server < 4; ++server)
        all.servers[server] = counts_from(1000 * server);
    for (std::size_t i = 0; i < members; ++i)
        CHECK(values(all.total())[i] == 6000 + 4 * i);
}
