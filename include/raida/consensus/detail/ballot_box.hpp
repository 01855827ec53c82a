// The votes as they came, and the verdicts that were made of them.
#ifndef RAIDA_CONSENSUS_DETAIL_BALLOT_BOX_HPP
#define RAIDA_CONSENSUS_DETAIL_BALLOT_BOX_HPP

#include <raida/consensus/detail/ballot.hpp>
#include <raida/consensus/detail/bit_planes.hpp>
#include <raida/consensus/detail/vote_counter.hpp>
#include <raida/consensus/options.hpp>
#include <raida/wire/reply.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace raida::inline v1::detail {

/// Where votes come from: the slots of a fan-out.
template <std::size_t N>
struct reply_votes
{
    const replies<N>& from;
    mixed_datagram usual;
    bool encrypted;

    [[nodiscard]] ballot vote(std::size_t server) const noexcept
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

    [[nodiscard]] ballot vote(std::size_t server) const noexcept
    {
        const answer* one = from[server];
        return one == nullptr ? ballot::untried : judge_status(one->status, one->verified, encrypted);
    }
    [[nodiscard]] const std::uint8_t* usual_body(std::size_t) const noexcept { return nullptr; }
    [[nodiscard]] bytes_view body(std::size_t server) const noexcept { return from[server]->body; }
};

/// One ballot per server, and where they differ from token to token a row of bits for each, as servers send
/// them. Two rows more have the verdicts. `Votes` is where ballots come from: `vote(server)`, `body(server)`
/// and `usual_body(server)`.
template <std::size_t N>
class ballot_box
{
  public:
    /// Counts the ballots of `from`; `needed` equal votes make a verdict. Until the last line there are no
    /// tokens, so that the box is sound if there is no memory.
    template <class Votes>
    vote_counts fill(const Votes& from, std::size_t token_count, bit_order order, std::size_t needed)
    {
        planes_.start(token_count);
        planes_.reserve(first_server_row);
        const auto counts = order == bit_order::lsb_first
                                ? count(from, mixed_reader<bit_order::lsb_first>{token_count})
                                : count(from, mixed_reader<bit_order::msb_first>{token_count});
        judge(token_count, counts, needed);
        planes_.commit(token_count);
        return counts;
    }

    /// No tokens and no votes; the memory stays.
    void clear() noexcept
    {
        planes_.start(0);
        ballots_.fill(ballot::untried);
    }

    [[nodiscard]] std::size_t tokens() const noexcept { return planes_.tokens(); }
    [[nodiscard]] ballot cast_by(std::size_t server) const noexcept { return ballots_[server]; }
    [[nodiscard]] bool any_open() const noexcept
    {
        return std::any_of(ballots_.begin(), ballots_.end(), is_open);
    }

    /// Both within bounds.
    [[nodiscard]] raida::vote vote(std::size_t server, std::size_t token) const noexcept
    {
        switch (ballots_[server]) {
        case ballot::mixed:
            return planes_.test(first_server_row + server, token) ? raida::vote::pass : raida::vote::fail;
        case ballot::all_pass:
            return raida::vote::pass;
        case ballot::all_fail:
            return raida::vote::fail;
        default:
            return raida::vote::none;
        }
    }
    [[nodiscard]] raida::verdict verdict(std::size_t token) const noexcept
    {
        if (planes_.test(authentic_row, token))
            return raida::verdict::authentic;
        return planes_.test(counterfeit_row, token) ? raida::verdict::counterfeit : raida::verdict::undecided;
    }

    /// How many tokens have this verdict.
    [[nodiscard]] std::size_t count(raida::verdict which) const noexcept
    {
        const std::size_t authentic = count_row(authentic_row), counterfeit = count_row(counterfeit_row);
        if (which == raida::verdict::authentic)
            return authentic;
        return which == raida::verdict::counterfeit ? counterfeit : tokens() - authentic - counterfeit;
    }

  private:
    static constexpr std::size_t authentic_row = 0, counterfeit_row = 1, first_server_row = 2;

    static constexpr std::array<ballot, N> all_untried() noexcept
    {
        std::array<ballot, N> ballots{};
        ballots.fill(ballot::untried);
        return ballots;
    }

    [[nodiscard]] std::size_t count_row(std::size_t row) const noexcept
    {
        std::size_t tokens = 0;
        for (std::size_t word = 0; word < planes_.words(); ++word)
            tokens += static_cast<std::size_t>(std::popcount(planes_.row(row)[word]));
        return tokens;
    }

    // Counts the answers. As soon as one is mixed there is a row for each server; the others' are zero.
    template <class Votes, class Reader>
    vote_counts count(const Votes& from, const Reader& reader)
    {
        vote_counts counts;
        bool rows = from.usual_body(0) != nullptr;
        if (rows)
            planes_.reserve(first_server_row + N);
        for (std::size_t server = 0;; ++server) {
            if (rows) {
                const std::size_t next = take_usual(from, reader, server);
                counts.add(ballot::mixed, next - server);
                server = next;
            }
            if (server == N)
                break;
            rows = take(from, reader, server, rows);
            counts.add(ballots_[server]);
        }
        return counts;
    }

    // Takes any one answer, and returns whether there are rows now.
    template <class Votes, class Reader>
    bool take(const Votes& from, const Reader& reader, std::size_t server, bool rows)
    {
        ballot what = from.vote(server);
        if (what == ballot::mixed && !rows) {
            planes_.reserve(first_server_row + N);
            planes_.zero(first_server_row, server);
            rows = true;
        }
        if (what == ballot::mixed && !reader.read(from.body(server), planes_.row(first_server_row + server)))
            what = ballot::unusable;
        if (what != ballot::mixed && rows)
            planes_.zero(first_server_row + server, 1);
        ballots_[server] = what;
        return rows;
    }

    // Takes answers from `server` on, as long as they are what a large batch usually gets, and returns the
    // first that was not. Nearly all of a small batch's time is spent here.
    template <class Votes, class Reader>
    std::size_t take_usual(Votes from, Reader reader, std::size_t server) noexcept
    {
        const std::size_t stride = planes_.stride();
        plane_word* row = planes_.row(first_server_row + server);
        for (; server < N; ++server, row += stride) {
            const std::uint8_t* body = from.usual_body(server);
            if (body == nullptr || !reader.read_sized(body, row))
                break;
            ballots_[server] = ballot::mixed;
        }
        return server;
    }

    // Makes verdicts of the counts and the planes.
    void judge(std::size_t token_count, const vote_counts& counts, std::size_t needed) noexcept
    {
        const std::size_t mixed = counts.of(ballot::mixed);
        const auto wanted =
            vote_thresholds::of(needed, counts.of(ballot::all_pass), counts.of(ballot::all_fail), mixed);
        plane_word* authentic = planes_.row(authentic_row);
        plane_word* counterfeit = planes_.row(counterfeit_row);
        const std::size_t words = words_for(token_count), stride = planes_.stride();
        if (mixed == 0) {
            std::fill_n(authentic, words, wanted.pass == 0 ? ~plane_word{0} : 0);
            std::fill_n(counterfeit, words, wanted.not_fail != 0 ? ~plane_word{0} : 0);
        } else {
            const plane_word* rows = planes_.row(first_server_row);
            const std::size_t done =
                judge_blocks<N, plane_pair>(rows, stride, 0, words, wanted, authentic, counterfeit);
            judge_blocks<N, plane_word>(rows, stride, done, words, wanted, authentic, counterfeit);
        }
        authentic[words - 1] &= last_word_mask(token_count);
        counterfeit[words - 1] &= last_word_mask(token_count);
    }

    bit_planes planes_;
    std::array<ballot, N> ballots_ = all_untried();
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CONSENSUS_DETAIL_BALLOT_BOX_HPP
