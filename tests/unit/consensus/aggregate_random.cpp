// The consensus against one that looks at every bit by itself.
#include <raida/consensus/aggregate.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support.hpp"

#include <cstddef>
#include <string>
#include <system_error>

namespace {

using raida::errc;
using raida::status;
using raida::verdict;
using raida::vote;

constexpr std::size_t token_counts[]{1, 7, 8, 9, 55, 57, 63, 64, 65, 127, 128, 129, 191, 1000};

template <std::size_t N>
struct scene
{
    raida::replies<N> replies;
    tests::expected<N> expected;
};

// Some servers judge, some judge all tokens alike, some are silent, unverified, refuse, or talk nonsense.
template <std::size_t N>
scene<N> make_scene(tests::dice& dice, std::size_t tokens, raida::bit_order order, std::size_t sound_percent)
{
    scene<N> made;
    const std::size_t leaning = dice.below(101);
    for (std::size_t server = 0; server < N; ++server) {
        const std::string votes = dice.votes(tokens, dice.below(3) == 0 ? dice.below(2) * 100 : leaning);
        const auto bytes = tests::judgement(votes, order);
        if (dice.below(100) < sound_percent) {
            made.replies.answer(server, bytes);
            made.expected.votes[server] = votes;
        } else if (const std::size_t fault = dice.below(4); fault == 0) {
            made.replies.answer(server, bytes, false);
        } else if (fault == 1) {
            made.replies.answer(server, tests::datagram(status::invalid_crc));
        } else if (fault == 2) {
            made.replies.answer(server, tests::datagram(status::mixed, tests::bytes_t(tokens / 8 + 2, 0x5A)));
        } else {
            made.replies.fail(server, errc::timed_out);
        }
    }
    return made;
}

// One comparison per scene: counting assertions takes longer than the work.
template <std::size_t N>
bool same(const raida::tally<N>& result, const tests::expected<N>& expected, std::size_t tokens,
          std::size_t needed)
{
    bool equal = result.token_count() == tokens &&
                 result.successes + result.failures + result.mixed + result.errors + result.refused == N;
    std::size_t verdicts[3]{};
    for (std::size_t token = 0; token < tokens; ++token) {
        ++verdicts[static_cast<std::size_t>(expected.verdict(token, needed))];
        const bool authentic = expected.verdict(token, needed) == verdict::authentic;
        equal = equal && result.verdict(token) == expected.verdict(token, needed) &&
                result.passes(token) == expected.count(token, vote::pass) &&
                result.fails(token) == expected.count(token, vote::fail) &&
                result.unknowns(token) == expected.count(token, vote::none) &&
                result.fractured(token) == (authentic && expected.count(token, vote::fail) > 0) &&
                result.servers_to_heal(token).size() == (authentic ? expected.count(token, vote::fail) : 0);
        for (std::size_t server = 0; server < N; ++server)
            equal = equal && result.vote(token, server) == expected.vote(token, server);
    }
    for (const auto which : {verdict::undecided, verdict::authentic, verdict::counterfeit})
        equal = equal && result.count(which) == verdicts[static_cast<std::size_t>(which)];
    return equal;
}

template <std::size_t N>
void compare_all_quorums(std::uint64_t seed, std::size_t rounds)
{
    tests::dice dice{seed};
    raida::tally<N> result; // used again for every scene, so that leftovers would show
    for (std::size_t round = 0; round < rounds; ++round)
        for (const std::size_t tokens : token_counts)
            for (const auto order : {raida::bit_order::lsb_first, raida::bit_order::msb_first}) {
                const auto made = make_scene<N>(dice, tokens, order, round == 0 ? 100 : dice.below(101));
                for (std::size_t quorum = N / 2 + 1; quorum <= N; ++quorum) {
                    CAPTURE(N, round, tokens, quorum, order == raida::bit_order::lsb_first);
                    result.assign(made.replies, tokens, {.bit_order = order, .quorum = quorum});
                    REQUIRE(same(result, made.expected, tokens, quorum));
                }
            }
}

} // namespace

TEST_CASE("every vote and verdict of 25 servers is as if counted bit by bit", "[consensus]")
{
    compare_all_quorums<25>(1, 3);
}

TEST_CASE("every vote and verdict is right for other numbers of servers", "[consensus]")
{
    compare_all_quorums<1>(2, 4);
    compare_all_quorums<2>(3, 4);
    compare_all_quorums<3>(4, 4);
    compare_all_quorums<7>(5, 4);
    compare_all_quorums<8>(6, 4);
    compare_all_quorums<31>(7, 2);
}

TEST_CASE("a hundred servers are counted right", "[consensus]")
{
    tests::dice dice{8};
    const auto made = make_scene<100>(dice, 200, raida::bit_order::lsb_first, 95);
    for (const std::size_t quorum : {51U, 64U, 99U, 100U})
        CHECK(same(raida::aggregate(made.replies, 200, {.quorum = quorum}), made.expected, 200, quorum));
}

TEST_CASE("rows that lie apart for the sake of the cache are counted right", "[consensus]")
{
    tests::dice dice{9};
    for (const std::size_t tokens : {4096U, 4159U, 32'768U}) {
        const auto made = make_scene<5>(dice, tokens, raida::bit_order::lsb_first, 100);
        CHECK(same(raida::aggregate(made.replies, tokens), made.expected, tokens, 3));
    }
}

TEST_CASE("plain triples and replies give the same tally", "[consensus]")
{
    tests::dice dice{10};
    for (std::size_t round = 0; round < 50; ++round) {
        const std::size_t tokens = 1 + dice.below(130);
        const auto made = make_scene<25>(dice, tokens, raida::bit_order::lsb_first, 80);
        std::vector<raida::answer> answers;
        for (const raida::reply& one : made.replies)
            if (one)
                answers.push_back({one.server, one.status(), one.body(), one.verified});
        const auto result = raida::aggregate(answers, tokens);
        REQUIRE(same(result, made.expected, tokens, 13));
        const auto direct = raida::aggregate(made.replies, tokens);
        CHECK(result.refused == direct.refused);
        CHECK(result.errors == direct.errors);
        CHECK(result.mixed == direct.mixed);
    }
}
