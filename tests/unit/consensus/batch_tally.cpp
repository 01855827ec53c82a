#include <raida/consensus/batch_tally.hpp>
#include <raida/consensus/find_tally.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support.hpp"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using raida::errc;
using raida::find_answer;
using raida::status;
using raida::verdict;

constexpr std::size_t N = 5;
using batch = raida::batch_tally<N>;
using found = raida::find_tally<N>;

// Servers 0 to 3 say so, the last one says nothing.
raida::tally<N> votes(std::string_view said)
{
    auto answers = tests::silence<N>();
    for (std::size_t server = 0; server < 4; ++server)
        answers.answer(server, tests::judgement(said));
    return raida::aggregate(answers, said.size());
}

raida::replies<N> says(status what, const tests::bytes_t& body = {}, bool verified = true)
{
    raida::replies<N> answers;
    answers.answer(3, tests::datagram(what, body), verified);
    return answers;
}

} // namespace

TEST_CASE("an empty batch has no token to ask about", "[batch_tally]")
{
    const batch none;
    CHECK(none.token_count() == 0);
    CHECK(none.chunks().empty());
    CHECK(none.count(verdict::undecided) == 0);
    CHECK_THROWS_AS(none.verdict(0), std::out_of_range);
}

TEST_CASE("chunks that come in any order are read in the order of the batch", "[batch_tally]")
{
    batch all;
    all.add(5, votes("fp"));
    all.add(0, votes("pf"));
    all.add(2, votes("ppf"));
    REQUIRE(all.token_count() == 7);
    const std::string expected = "pfppffp";
    for (std::size_t token = 0; token < 7; ++token) {
        CAPTURE(token);
        const bool passes = expected[token] == 'p';
        CHECK(all.verdict(token) == (passes ? verdict::authentic : verdict::counterfeit));
        CHECK(all.vote(token, 0) == (passes ? raida::vote::pass : raida::vote::fail));
        CHECK(all.vote(token, 4) == raida::vote::none);
        CHECK(all.passes(token) == (passes ? 4U : 0U));
        CHECK(all.fails(token) == (passes ? 0U : 4U));
        CHECK(all.unknowns(token) == 1);
        CHECK(all.pown_string(token) == (passes ? "ppppn" : "ffffn"));
        CHECK_FALSE(all.fractured(token));
        CHECK(all.servers_to_heal(token).empty());
    }
    CHECK(all.count(verdict::authentic) == 4);
    CHECK(all.count(verdict::counterfeit) == 3);
    CHECK(all.chunks()[1].first == 2);
    CHECK_THROWS_AS(all.vote(7, 0), std::out_of_range);
}

TEST_CASE("a token of a chunk that is missing is out of range, not another's", "[batch_tally]")
{
    batch gap;
    gap.add(4, votes("pp"));
    CHECK_THROWS_AS(gap.verdict(3), std::out_of_range);
    gap.add(0, votes("ff"));
    CHECK(gap.verdict(1) == verdict::counterfeit);
    CHECK_THROWS_AS(gap.verdict(2), std::out_of_range);
    CHECK_THROWS_AS(gap.pown_string(3), std::out_of_range);
    CHECK(gap.verdict(4) == verdict::authentic);
}

TEST_CASE("a batch is complete when every chunk is", "[batch_tally]")
{
    batch all;
    all.add(0, votes("p"));
    CHECK(all.complete());
    raida::replies<N> pending;
    all.add(1, raida::aggregate(pending, 1));
    CHECK_FALSE(all.complete());
    CHECK(all.verdict(1) == verdict::undecided);
}

TEST_CASE("only a signed find answer of the right length is remembered", "[batch_tally]")
{
    found known{4};
    const auto add = [&](const raida::replies<N>& from, std::size_t count = 2) {
        return known.add(1, count, from[3]);
    };
    CHECK_FALSE(add(tests::silence<N>()));
    CHECK_FALSE(add(raida::replies<N>{}));
    CHECK_FALSE(add(says(status::find_all_authenticity, {}, false)));
    CHECK_FALSE(add(says(status::all_pass)));
    CHECK_FALSE(add(says(status::invalid_serial_or_denomination)));
    CHECK_FALSE(add(says(status::find_mixed)));
    CHECK_FALSE(add(says(status::find_mixed, {1})));
    CHECK_FALSE(add(says(status::find_mixed, {1, 2, 0})));
    CHECK_FALSE(add(says(status::find_mixed, {1, 3})));
    CHECK_FALSE(add(says(status::find_mixed, {1, 2}), 3));
    for (std::size_t token = 0; token < 4; ++token)
        CHECK_FALSE(known.answer(token, 3)); // unknown is never "neither"
    CHECK(known.count(1, find_answer::neither) == 0);

    CHECK(add(says(status::find_mixed, {0, 2})));
    CHECK_FALSE(known.answer(0, 3));
    CHECK(known.answer(1, 3) == find_answer::neither);
    CHECK(known.answer(2, 3) == find_answer::new_authenticity);
    CHECK_FALSE(known.answer(3, 3));
    CHECK_FALSE(known.answer(1, 2));
    CHECK(known.count(1, find_answer::neither) == 1);
    CHECK(add(says(status::find_all_authenticity))); // asked again: the later answer counts
    CHECK(known.answer(1, 3) == find_answer::authenticity);
    CHECK(known.count(1, find_answer::neither) == 0);
}

TEST_CASE("find answers out of range are refused", "[batch_tally]")
{
    found known{2};
    CHECK(known.token_count() == 2);
    CHECK(found{}.token_count() == 0);
    CHECK_THROWS_AS(known.answer(2, 0), std::out_of_range);
    CHECK_THROWS_AS(known.answer(0, N), std::out_of_range);
    CHECK_THROWS_AS(known.count(2, find_answer::neither), std::out_of_range);
    CHECK_THROWS_AS(known.add(1, 2, says(status::find_neither)[3]), std::out_of_range);
}
