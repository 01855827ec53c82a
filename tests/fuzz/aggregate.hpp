// Any answers and none may make up a fan-out: votes are counted as a naive loop counts them.
#ifndef RAIDA_TESTS_FUZZ_AGGREGATE_HPP
#define RAIDA_TESTS_FUZZ_AGGREGATE_HPP

#include "check.hpp"
#include "datagram.hpp"
#include "input.hpp"

#include <raida/consensus/aggregate.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <system_error>
#include <vector>

namespace fuzz {

// Bit by bit, from the datagram alone.
inline raida::vote naive_vote(const raida::reply& from, std::size_t token, std::size_t count,
                              bool is_msb_first)
{
    using enum raida::vote;
    if (from.error || !from.verified || raida::shape_of(from.datagram) != raida::response_shape::well_formed)
        return none;
    const auto what = raida::response_header::parse(from.datagram)->status;
    if (what == raida::status::all_pass || what == raida::status::all_fail)
        return what == raida::status::all_pass ? pass : fail;
    const auto body = raida::response_body(from.datagram);
    if (what != raida::status::mixed || body.size() != (count + 7) / 8)
        return none;
    const auto bit = [&](std::size_t i) {
        return ((body[i / 8] >> (is_msb_first ? 7 - i % 8 : i % 8)) & 1U) != 0;
    };
    std::size_t passes = 0;
    for (std::size_t i = 0; i < 8 * body.size(); ++i) {
        if (bit(i) && i >= count)
            return none;
        passes += bit(i) ? 1 : 0;
    }
    return passes == 0 || passes == count ? none : bit(token) ? pass : fail;
}

template <std::size_t N>
raida::replies<N> some_replies(input& from, std::size_t tokens)
{
    using raida::errc;
    using raida::status;
    static constexpr errc ends[] = {errc::timed_out, errc::not_awaited, errc::skipped, errc::oversize};
    static constexpr status what[] = {status::all_pass, status::all_pass,   status::all_pass,
                                      status::all_pass, status::all_fail,   status::mixed,
                                      status::mixed,    status::invalid_crc};
    raida::replies<N> got;
    for (std::size_t server = 0; server < N; ++server) {
        const std::size_t kind = from.next(12);
        const bool verified = from.next(8) != 0;
        if (kind < std::size(what)) {
            const bool is_mixed = what[kind] == status::mixed;
            got.answer(server,
                       datagram(what[kind], from.take(is_mixed ? (tokens + 7) / 8 : from.next(16) / 15)),
                       verified);
        } else if (kind == 8) {
            got.answer(server, datagram(static_cast<status>(from.next(256)), from.take(from.next(8))),
                       verified);
        } else if (kind == 9) {
            got.answer(server, from.take(from.next(64)), verified);
        } else if (kind == 10) {
            got.fail(server, ends[from.next(std::size(ends))], {}, static_cast<unsigned>(from.next(2)));
        } // else it is still pending
    }
    return got;
}

template <std::size_t N>
void check_token(const raida::tally<N>& votes, const raida::replies<N>& from, std::size_t token,
                 bool is_msb_first)
{
    std::array<std::size_t, 3> count{};
    for (std::size_t server = 0; server < N; ++server) {
        const auto said = naive_vote(from[server], token, votes.token_count(), is_msb_first);
        check(votes.vote(token, server) == said, "a vote is what the datagram says");
        ++count[static_cast<std::size_t>(said)];
    }
    check(votes.unknowns(token) == count[0] && votes.passes(token) == count[1] &&
              votes.fails(token) == count[2],
          "votes are counted");
    const auto right = count[1] >= votes.votes_needed()   ? raida::verdict::authentic
                       : count[2] >= votes.votes_needed() ? raida::verdict::counterfeit
                                                          : raida::verdict::undecided;
    check(votes.verdict(token) == right, "a verdict takes its votes");
    check(votes.servers_to_heal(token).size() == (right == raida::verdict::authentic ? count[2] : 0),
          "who fails an authentic token is to be healed");
    check(votes.pown_string(token).size() == N, "each server has its letter");
}

/// Token count and rules, then the answers of five servers. True if a token has a verdict.
inline bool aggregate(raida::bytes_view bytes)
{
    constexpr std::size_t n = 5;
    input from{bytes};
    const std::size_t tokens = 8 * from.next(18) + (from.next(2) != 0 ? from.next(8) : 0);
    const bool is_msb_first = from.next(2) != 0;
    raida::consensus_options rules;
    rules.bit_order = is_msb_first ? raida::bit_order::msb_first : raida::bit_order::lsb_first;
    rules.quorum = from.next(8) == 0 ? from.next(8) : 0;
    rules.margin = from.next(8) == 0 ? from.next(4) : 0;
    rules.encrypted = from.next(2) != 0;
    const auto got = some_replies<n>(from, tokens);

    std::error_code error;
    const auto votes = raida::aggregate(got, tokens, rules, error);
    const std::size_t quorum = rules.quorum == 0 ? 3 : rules.quorum;
    check(!error == (tokens != 0 && quorum >= 3 && quorum + rules.margin <= n), "bad rules are refused");
    check(votes.successes + votes.failures + votes.mixed + votes.errors + votes.refused == n,
          "each server is counted once");
    check(votes.token_count() == (error ? 0 : tokens), "every token is there, or none");
    std::array<std::size_t, 3> verdicts{};
    for (std::size_t token = 0; token < votes.token_count(); ++token) {
        check_token(votes, got, token, is_msb_first);
        ++verdicts[static_cast<std::size_t>(votes.verdict(token))];
    }
    for (const auto one : {raida::verdict::undecided, raida::verdict::authentic, raida::verdict::counterfeit})
        check(votes.count(one) == verdicts[static_cast<std::size_t>(one)], "verdicts are counted");
    return verdicts[0] != votes.token_count();
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_AGGREGATE_HPP
