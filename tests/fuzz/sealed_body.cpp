// Replays the harness of sealed bodies.
#include "sealed_body.hpp"
#include "replay.hpp"

#include <catch2/catch_test_macros.hpp>

TEST_CASE("sealed bodies of any content are read as they were written, or not at all", "[fuzz]")
{
    fuzz::replay({15, fuzz::programs(15, 60)}, fuzz::sealed_body);
}
