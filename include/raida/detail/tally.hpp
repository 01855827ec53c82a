// How a tally is filled. Included by consensus.hpp, which declares it.
#ifndef RAIDA_DETAIL_TALLY_HPP
#define RAIDA_DETAIL_TALLY_HPP

#include <raida/consensus.hpp>

namespace raida::inline v1 {
namespace detail {

/// Where votes come from: the slots of a fan-out.
template <std::size_t N>
struct reply_votes
{
    const replies<N>& from;
    mixed_datagram usual;
    bool encrypted;

    [[nodiscard]] server_vote vote(std::size_t server) const noexcept
    {
        return judge_reply(from[server], encrypted);
    }
    [[nodiscard]] const std::uint8_t* usual_body(std::size_t server) const noexcept
    {
        return usual.body_of(from[server]);
    }
    [[nodiscard]] bytes_view body(std::size_t server) const noexcept { return body_of_judged(from[server]); }
};

/// Where votes come from: plain answers, each at its server's place.
template <std::size_t N>
struct answer_votes
{
    std::array<const answer*, N> from{};
    bool encrypted;

    [[nodiscard]] server_vote vote(std::size_t server) const noexcept
    {
        const answer* one = from[server];
        return one == nullptr ? server_vote::untried : judge_status(one->status, one->verified, encrypted);
    }
    [[nodiscard]] const std::uint8_t* usual_body(std::size_t) const noexcept { return nullptr; }
    [[nodiscard]] bytes_view body(std::size_t server) const noexcept { return from[server]->body; }
};

} // namespace detail

template <std::size_t N>
void tally<N>::assign(const replies<N>& from, std::size_t token_count, const consensus_options& options,
                      std::error_code& error)
{
    if (start(token_count, options, error))
        fill(detail::reply_votes<N>{from, detail::mixed_datagram{token_count}, options.encrypted},
             token_count, options.bit_order);
}

template <std::size_t N>
void tally<N>::assign(std::span<const answer> from, std::size_t token_count, const consensus_options& options,
                      std::error_code& error)
{
    detail::answer_votes<N> votes{.encrypted = options.encrypted};
    std::error_code unclear;
    for (const answer& one : from) {
        if (one.server >= N)
            unclear = errc::invalid_server;
        else if (votes.from[one.server] != nullptr)
            unclear = errc::duplicate_server;
        else
            votes.from[one.server] = &one;
    }
    if (!start(token_count, options, error))
        return;
    if (unclear) {
        clear();
        error = unclear;
        return;
    }
    fill(votes, token_count, options.bit_order);
}

template <std::size_t N>
void tally<N>::clear() noexcept
{
    planes_.start(0);
    votes_.fill(detail::server_vote::untried);
    successes = failures = mixed = refused = 0;
    errors = N;
    needed_ = N / 2 + 1;
}

// Empties the tally, and checks what was asked.
template <std::size_t N>
bool tally<N>::start(std::size_t token_count, const consensus_options& options,
                     std::error_code& error) noexcept
{
    clear();
    error = detail::check_quorum<N>(options.quorum, options.margin);
    if (token_count == 0)
        error = errc::no_tokens;
    if (error)
        return false;
    needed_ = detail::votes_needed<N>(options);
    return true;
}

// Until the last line the tally has no tokens, so that it is sound if there is no memory.
template <std::size_t N>
template <class Votes>
void tally<N>::fill(const Votes& from, std::size_t token_count, bit_order order)
{
    planes_.start(token_count);
    planes_.reserve(first_server_row);
    if (order == bit_order::lsb_first)
        count(from, detail::mixed_reader<bit_order::lsb_first>{token_count});
    else
        count(from, detail::mixed_reader<bit_order::msb_first>{token_count});
    judge(token_count);
    planes_.commit(token_count);
}

// Counts the answers. As soon as one is mixed there is a row for each server; the others' are zero.
template <std::size_t N>
template <class Votes, class Reader>
void tally<N>::count(const Votes& from, const Reader& reader)
{
    detail::vote_counts counts;
    bool rows = from.usual_body(0) != nullptr;
    if (rows)
        planes_.reserve(first_server_row + N);
    for (std::size_t server = 0;; ++server) {
        if (rows) {
            const std::size_t next = take_usual(from, reader, server);
            counts.add(detail::server_vote::mixed, next - server);
            server = next;
        }
        if (server == N)
            break;
        rows = take(from, reader, server, rows);
        counts.add(votes_[server]);
    }
    successes = counts.of(detail::server_vote::all_pass);
    failures = counts.of(detail::server_vote::all_fail);
    mixed = counts.of(detail::server_vote::mixed);
    refused = counts.of(detail::server_vote::refused);
    errors = N - successes - failures - mixed - refused;
}

// Takes any one answer, and returns whether there are rows now.
template <std::size_t N>
template <class Votes, class Reader>
bool tally<N>::take(const Votes& from, const Reader& reader, std::size_t server, bool rows)
{
    detail::server_vote what = from.vote(server);
    if (what == detail::server_vote::mixed && !rows) {
        planes_.reserve(first_server_row + N);
        planes_.zero(first_server_row, server);
        rows = true;
    }
    if (what == detail::server_vote::mixed &&
        !reader.read(from.body(server), planes_.row(first_server_row + server)))
        what = detail::server_vote::unusable;
    if (what != detail::server_vote::mixed && rows)
        planes_.zero(first_server_row + server, 1);
    votes_[server] = what;
    return rows;
}

// Takes answers from `server` on, as long as they are what a large batch usually gets, and returns the first
// that was not. Nearly all of a small batch's time is spent here.
template <std::size_t N>
template <class Votes, class Reader>
std::size_t tally<N>::take_usual(Votes from, Reader reader, std::size_t server) noexcept
{
    const std::size_t stride = planes_.stride();
    detail::plane_word* row = planes_.row(first_server_row + server);
    for (; server < N; ++server, row += stride) {
        const std::uint8_t* body = from.usual_body(server);
        if (body == nullptr || !reader.read_sized(body, row))
            break;
        votes_[server] = detail::server_vote::mixed;
    }
    return server;
}

// Makes verdicts of the counts and the planes.
template <std::size_t N>
void tally<N>::judge(std::size_t token_count) noexcept
{
    const auto wanted = detail::vote_thresholds::of(needed_, successes, failures, mixed);
    detail::plane_word* authentic = planes_.row(authentic_row);
    detail::plane_word* counterfeit = planes_.row(counterfeit_row);
    const std::size_t words = detail::words_for(token_count), stride = planes_.stride();
    if (mixed == 0) {
        std::fill_n(authentic, words, wanted.pass == 0 ? ~detail::plane_word{0} : 0);
        std::fill_n(counterfeit, words, wanted.not_fail != 0 ? ~detail::plane_word{0} : 0);
    } else {
        const detail::plane_word* rows = planes_.row(first_server_row);
        const std::size_t done = detail::judge_blocks<N, detail::plane_pair>(rows, stride, 0, words, wanted,
                                                                             authentic, counterfeit);
        detail::judge_blocks<N, detail::plane_word>(rows, stride, done, words, wanted, authentic,
                                                    counterfeit);
    }
    authentic[words - 1] &= detail::last_word_mask(token_count);
    counterfeit[words - 1] &= detail::last_word_mask(token_count);
}

} // namespace raida::inline v1

#endif // RAIDA_DETAIL_TALLY_HPP
