#include <raida/consensus/detail/early_verdict.hpp>

#include <catch2/catch_test_macros.hpp>

#include <raida/consensus/aggregate.hpp>
#include <raida/consensus/completion.hpp>

#include "support.hpp"

#include <bitset>
#include <cstddef>
#include <string>
#include <vector>

namespace {

using raida::errc;
using raida::status;
using raida::verdict;
using raida::detail::all_tokens_decided;
using raida::detail::quorum_agrees;

// Every way in which the pending servers could still answer, on one token: the others are judged alike.
template <std::size_t N>
bool some_answer_matters(const tests::expected<N>& votes, std::size_t pending, std::size_t tokens,
                         std::size_t needed)
{
    for (std::size_t token = 0; token < tokens; ++token) {
        const std::size_t passes = votes.count(token, raida::vote::pass);
        const std::size_t fails = votes.count(token, raida::vote::fail);
        const auto judged = [needed](std::size_t pass, std::size_t fail) {
            if (pass >= needed)
                return verdict::authentic;
            return fail >= needed ? verdict::counterfeit : verdict::undecided;
        };
        for (std::size_t more_passes = 0; more_passes <= pending; ++more_passes)
            for (std::size_t more_fails = 0; more_passes + more_fails <= pending; ++more_fails)
                if (judged(passes + more_passes, fails + more_fails) != judged(passes, fails))
                    return true;
    }
    return false;
}

template <std::size_t N>
void compare_with_all_completions(std::uint64_t seed, std::size_t rounds)
{
    tests::dice dice{seed};
    std::size_t seen[2]{};
    for (std::size_t round = 0; round < rounds; ++round) {
        const auto order = dice.below(2) == 0 ? raida::bit_order::lsb_first : raida::bit_order::msb_first;
        const std::size_t tokens = 1 + dice.below(dice.below(2) == 0 ? 5 : 140);
        const std::size_t needed = N / 2 + 1 + dice.below(N - N / 2);
        const std::size_t agreement = dice.below(4) == 0 ? dice.below(101) : dice.below(2) * 100;
        raida::replies<N> so_far;
        tests::expected<N> votes;
        std::size_t pending = 0, voters = 0;
        for (std::size_t server = 0; server < N; ++server) {
            const std::size_t fate = dice.below(8);
            const std::string said = dice.votes(tokens, dice.below(6) == 0 ? 50 : agreement);
            if (fate < 5) {
                so_far.answer(server, tests::judgement(said, order));
                votes.votes[server] = said;
                ++voters;
            } else if (fate == 5) {
                so_far.fail(server, errc::timed_out);
            } else {
                ++pending;
            }
        }
        const bool expected =
            voters + pending < needed ? pending == 0 : !some_answer_matters(votes, pending, tokens, needed);
        CAPTURE(N, round, tokens, needed, voters, pending);
        REQUIRE(all_tokens_decided(so_far, tokens, {.bit_order = order, .quorum = needed}) == expected);
        ++seen[expected ? 1 : 0];
    }
    CHECK(seen[0] > rounds / 20);
    CHECK(seen[1] > rounds / 20);
}

raida::replies<> answered(std::size_t passes, std::size_t fails)
{
    raida::replies<> so_far;
    for (std::size_t server = 0; server < passes + fails; ++server)
        so_far.answer(server, tests::datagram(server < passes ? status::all_pass : status::all_fail));
    return so_far;
}

} // namespace

TEST_CASE("all tokens are decided exactly when no completion can change a verdict", "[consensus]")
{
    compare_with_all_completions<1>(1, 300);
    compare_with_all_completions<3>(2, 1000);
    compare_with_all_completions<5>(3, 2000);
    compare_with_all_completions<8>(4, 2000);
    compare_with_all_completions<25>(5, 2000);
}

TEST_CASE("thirteen passes decide, twelve do not", "[consensus]")
{
    CHECK(all_tokens_decided(answered(13, 0), 4, {}));
    CHECK(all_tokens_decided(answered(0, 13), 4, {}));
    CHECK_FALSE(all_tokens_decided(answered(12, 0), 4, {}));
    CHECK_FALSE(all_tokens_decided(answered(12, 11), 4, {}));
    CHECK_FALSE(all_tokens_decided(answered(13, 0), 4, {.margin = 1}));
    CHECK_FALSE(all_tokens_decided(answered(0, 0), 4, {}));
}

TEST_CASE("what stands in a slot that is not settled yet decides nothing", "[consensus]")
{
    raida::replies<> so_far;
    for (std::size_t server = 0; server < 13; ++server)
        so_far.answer(server, tests::datagram(status::all_pass));
    CHECK(all_tokens_decided(so_far, 1, {}));
    CHECK_FALSE(all_tokens_decided(so_far, 1, {}, std::bitset<25>{}.set(12)));
    CHECK(all_tokens_decided(so_far, 1, {}, std::bitset<25>{}.set(13))); // has said nothing in any case
}

TEST_CASE("one token that is still open keeps all waiting", "[consensus]")
{
    auto so_far = answered(12, 0);
    std::string votes(100, 'p');
    votes[77] = 'f';
    so_far.answer(12, tests::judgement(votes));
    CHECK_FALSE(all_tokens_decided(so_far, 100, {}));
    so_far.answer(13, tests::judgement(std::string(100, 'p')));
    CHECK(all_tokens_decided(so_far, 100, {}));
}

TEST_CASE("a token that no answer can decide any more keeps nobody waiting", "[consensus]")
{
    auto so_far = answered(12, 11);
    so_far.fail(23, errc::timed_out);
    CHECK_FALSE(all_tokens_decided(so_far, 1, {}));
    CHECK(all_tokens_decided(so_far, 1, {.quorum = 20}));
}

TEST_CASE("answers that are no votes decide nothing", "[consensus]")
{
    auto so_far = answered(12, 0);
    so_far.answer(12, tests::datagram(status::all_pass), false);
    so_far.answer(13, tests::datagram(status::invalid_crc));
    so_far.answer(14, tests::datagram(status::mixed, {0xFF, 0xFF}));
    so_far.answer(15, tests::datagram(status::success));
    so_far.fail(16, errc::timed_out);
    CHECK_FALSE(all_tokens_decided(so_far, 4, {}));
    so_far.answer(17, tests::datagram(status::all_pass));
    CHECK(all_tokens_decided(so_far, 4, {}));
}

TEST_CASE("when too few can vote for any verdict, all are awaited", "[consensus]")
{
    auto so_far = answered(5, 0);
    for (std::size_t server = 5; server < 20; ++server)
        so_far.fail(server, errc::skipped);
    CHECK_FALSE(all_tokens_decided(so_far, 4, {}));
    for (std::size_t server = 20; server < 25; ++server)
        so_far.answer(server, tests::datagram(status::all_pass));
    CHECK(all_tokens_decided(so_far, 4, {}));
}

TEST_CASE("what aggregate refuses is never decided early", "[consensus]")
{
    CHECK_FALSE(all_tokens_decided(answered(24, 0), 0, {}));
    CHECK_FALSE(all_tokens_decided(answered(24, 0), 1, {.quorum = 12}));
    CHECK(all_tokens_decided(answered(25, 0), 1, {.quorum = 12}));
}

TEST_CASE("a quorum agrees on all pass or on all fail, never on both together", "[consensus]")
{
    CHECK(quorum_agrees(answered(13, 0), 13));
    CHECK(quorum_agrees(answered(3, 13), 13));
    CHECK_FALSE(quorum_agrees(answered(12, 12), 13));
    auto so_far = answered(12, 0);
    so_far.answer(12, tests::datagram(status::all_pass), false);
    so_far.answer(13, tests::datagram(status::mixed, tests::body("pf")));
    CHECK_FALSE(quorum_agrees(so_far, 13));
    so_far.answer(14, tests::datagram(status::all_pass));
    CHECK(quorum_agrees(so_far, 13));
}

TEST_CASE("when_decided without tokens reads no body, whatever claims to be mixed, and waits for all",
          "[early_verdict]")
{
    raida::replies<3> so_far;
    const auto bare = tests::datagram(status::mixed),
               full = tests::judgement("pf", raida::bit_order::lsb_first);
    so_far.answer(0, bare);
    so_far.answer(1, full);
    CHECK_FALSE(all_tokens_decided(so_far, 0, {}));
    CHECK_FALSE(raida::when_decided{0}(so_far));
    so_far.answer(2, bare);
    CHECK(all_tokens_decided(so_far, 0, {}));
    CHECK(raida::when_decided{0, {.bit_order = raida::bit_order::msb_first}}(so_far));
}

TEST_CASE("a mixed answer without a body, or with one of another size, is no vote", "[early_verdict]")
{
    for (const std::size_t tokens : {1U, 9U, 64U, 65U, 4'096U}) {
        raida::replies<3> so_far;
        so_far.answer(0, tests::datagram(status::mixed));
        so_far.answer(1, tests::judgement("pf", raida::bit_order::lsb_first));
        CHECK_FALSE(all_tokens_decided(so_far, tokens, {.quorum = 2}));
        CHECK(raida::aggregate(so_far, tokens).mixed == 0);
    }
}
