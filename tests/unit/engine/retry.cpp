#include <raida/engine/retry.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cmath>
#include <limits>

namespace {

using namespace std::chrono_literals;
using raida::retry_policy;
using duration = std::chrono::nanoseconds;

} // namespace

TEST_CASE("each further attempt has half as long again, capped", "[retry]")
{
    const auto retry = retry_policy::up_to(5);
    CHECK(retry.attempts == 5);
    CHECK(retry.next(1s) == 1500ms);
    CHECK(retry.next(3s) == 4500ms);
    CHECK(retry.next(8s) == 10s);
    CHECK(retry.next(30s) == 30s); // longer than the cap already
    CHECK(retry_policy::none().attempts == 1);
}

TEST_CASE("a backoff beyond reason neither shortens deadlines nor overflows", "[retry]")
{
    for (const double backoff : {0.0, -3.0, 0.5, std::nan("")}) {
        retry_policy retry{.attempts = 2, .backoff = backoff};
        CHECK(retry.next(1s) == 1s);
    }
    retry_policy retry{.attempts = 2, .backoff = std::numeric_limits<double>::infinity()};
    CHECK(retry.next(1s) == 10s);
    retry.longest = duration::max();
    retry.backoff = 1e300;
    CHECK(retry.next(1s) == duration::max());
    retry.backoff = 1.5;
    retry.longest = duration::min();
    CHECK(retry.next(1s) == 1s);
}
