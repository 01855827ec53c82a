// Replays the harnesses of the client's decisions: every input is a program.
#include "replay.hpp"

#include "batch_machine.hpp"
#include "exchange_machine.hpp"
#include "heal_machine.hpp"
#include "pown_machine.hpp"

#include <catch2/catch_test_macros.hpp>

TEST_CASE("whatever happens in whatever order, no pown leaves twice and each ends", "[fuzz]")
{
    fuzz::replay({11, fuzz::programs(11, 400)}, fuzz::pown_machine);
}

TEST_CASE("whatever happens in whatever order, no fix harms a token and each heal ends", "[fuzz]")
{
    fuzz::replay({12, fuzz::programs(12, 400)}, fuzz::heal_machine);
}

TEST_CASE("whatever happens in whatever order, a batch has no vote that was not given and ends", "[fuzz]")
{
    fuzz::replay({13, fuzz::programs(13, 400)}, fuzz::batch_machine);
}

TEST_CASE("whatever happens in whatever order, no slot of a question is lost", "[fuzz]")
{
    fuzz::replay({14, fuzz::programs(14, 60)}, fuzz::exchange_machine);
}
