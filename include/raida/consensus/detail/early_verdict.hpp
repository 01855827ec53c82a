// Is it worth waiting for more answers? Asked after every answer, so it works from the bodies as they came.
#ifndef RAIDA_CONSENSUS_DETAIL_EARLY_VERDICT_HPP
#define RAIDA_CONSENSUS_DETAIL_EARLY_VERDICT_HPP

#include <raida/base/errc.hpp>
#include <raida/consensus/detail/ballot.hpp>
#include <raida/consensus/detail/bit_planes.hpp>
#include <raida/consensus/detail/vote_counter.hpp>
#include <raida/consensus/options.hpp>
#include <raida/wire/reply.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>

namespace raida::inline v1::detail {

/// The votes of a fan-out that may still be running.
template <std::size_t N>
struct votes_so_far
{
    std::size_t passes = 0, fails = 0; // servers that judged all tokens alike
    std::size_t mixed = 0, pending = 0;
    std::array<bytes_view, N> bodies; // the first `mixed` are in use

    template <bit_order Order>
    static votes_so_far of(const replies<N>& so_far, const std::bitset<N>& open,
                           const mixed_reader<Order>& reader) noexcept
    {
        votes_so_far votes;
        for (const reply& one : so_far) {
            if (one.error == errc::pending || open[one.server]) {
                ++votes.pending;
                continue;
            }
            const ballot what = judge_reply(one, false);
            if (what == ballot::all_pass)
                ++votes.passes;
            else if (what == ballot::all_fail)
                ++votes.fails;
            else if (what == ballot::mixed && reader.accepts(body_of_judged(one)))
                votes.bodies[votes.mixed++] = body_of_judged(one);
        }
        return votes;
    }

    [[nodiscard]] std::size_t voters() const noexcept { return passes + fails + mixed; }
};

/// The tokens of one word whose verdict could still become another one.
template <std::size_t N, bit_order Order>
plane_word open_tokens(const votes_so_far<N>& votes, const mixed_reader<Order>& reader, std::size_t word,
                       std::size_t needed) noexcept
{
    using counter = vote_counter<N, plane_word>;
    // Counted with the pending answers as votes, too: on the side of the passes, then on that of the fails.
    const auto now = vote_thresholds::of(needed, votes.passes, votes.fails, votes.mixed);
    const auto most =
        vote_thresholds::of(needed, votes.passes + votes.pending, votes.fails + votes.pending, votes.mixed);
    std::array<plane_word, N> words{};
    for (std::size_t i = 0; i < votes.mixed; ++i)
        words[i] = reader.word(votes.bodies[i], word);
    const counter count{[next = words.data()]() mutable { return *next++; }};
    const plane_word settled = count.at_least(now.pass) | ~count.at_least(now.not_fail);
    const plane_word reachable = count.at_least(most.pass) | ~count.at_least(most.not_fail);
    return ~settled & reachable;
}

template <std::size_t N, bit_order Order>
bool all_tokens_decided(const replies<N>& so_far, const std::bitset<N>& open, std::size_t token_count,
                        std::size_t needed) noexcept
{
    const mixed_reader<Order> reader{token_count};
    const auto votes = votes_so_far<N>::of(so_far, open, reader);
    if (votes.pending == 0)
        return true;
    if (votes.voters() + votes.pending < needed)
        return false; // no verdict at all any more: whatever comes is worth having
    if (votes.voters() < needed && votes.pending >= needed)
        return false; // those still out could decide anything
    const std::size_t last = words_for(token_count) - 1;
    for (std::size_t word = 0; word < last; ++word)
        if (open_tokens(votes, reader, word, needed) != 0)
            return false;
    return (open_tokens(votes, reader, last, needed) & last_word_mask(token_count)) == 0;
}

/// True when no slot that is still errc::pending, or `open`, can change any token's verdict; when too few
/// servers are left for any verdict, true only when none is pending. Never allocates. With options or a token
/// count that aggregate() refuses it waits for all.
template <std::size_t N>
[[nodiscard]] bool all_tokens_decided(const replies<N>& so_far, std::size_t token_count,
                                      const consensus_options& options,
                                      const std::bitset<N>& open = {}) noexcept
{
    if (token_count == 0) // no body has the form that no tokens would take: there is nothing to read
        return std::none_of(so_far.begin(), so_far.end(),
                            [](const reply& one) { return one.error == errc::pending; });
    const bool usable = !check_quorum<N>(options.quorum, options.margin);
    const std::size_t needed = usable ? votes_needed<N>(options) : 2 * N + 1;
    return options.bit_order == bit_order::lsb_first
               ? all_tokens_decided<N, bit_order::lsb_first>(so_far, open, token_count, needed)
               : all_tokens_decided<N, bit_order::msb_first>(so_far, open, token_count, needed);
}

/// True when `quorum` verified answers are ALL_PASS, or as many are ALL_FAIL.
template <std::size_t N>
[[nodiscard]] bool quorum_agrees(const replies<N>& so_far, std::size_t quorum) noexcept
{
    std::size_t passes = 0, fails = 0;
    for (const reply& one : so_far) {
        const ballot what = judge_reply(one, false);
        passes += what == ballot::all_pass ? 1U : 0U;
        fails += what == ballot::all_fail ? 1U : 0U;
    }
    return passes >= quorum || fails >= quorum;
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CONSENSUS_DETAIL_EARLY_VERDICT_HPP
