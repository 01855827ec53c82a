// From the servers' answers to one result per token.
#ifndef RAIDA_CONSENSUS_HPP
#define RAIDA_CONSENSUS_HPP

#include <raida/bitfield.hpp>
#include <raida/consensus_options.hpp>
#include <raida/detail/bit_planes.hpp>
#include <raida/detail/early_verdict.hpp>
#include <raida/detail/server_vote.hpp>
#include <raida/detail/vote_counter.hpp>
#include <raida/errc.hpp>
#include <raida/packet.hpp>
#include <raida/reply.hpp>
#include <raida/status.hpp>
#include <raida/version.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace raida::inline v1 {

/// One server's answer without a datagram, for votes that came by other ways than this library's engine.
struct answer
{
    std::size_t server = 0;
    raida::status status{};
    bytes_view body{};    ///< without terminator; only looked at when the status is MIXED
    bool verified = true; ///< its signature was checked; a vote that is not verified does not count
};

/// The votes of N servers on `token_count()` tokens. Owns all it needs: the replies may be gone.
///
/// Of the N servers each is in exactly one of `successes`, `failures`, `mixed`, `errors` and `refused`:
/// - a verified ALL_PASS, ALL_FAIL or MIXED is a vote on every token. A MIXED body must have exactly
///   ceil(token_count / 8) bytes, no padding bit set, and at least one pass and one fail;
/// - refused: a well-formed answer that is no verdict: an error status, verified or not, a verified 250 or
/// find
///   result, 0, an unknown number;
/// - errors: no usable answer. None came, it is malformed, or it claims to be a verdict, 250 or find result
///   and is unverified, or it is MIXED with a body that is none.
///
/// Indices out of range throw std::out_of_range. Thread safety: distinct objects safe; const use of a shared
/// one safe.
template <std::size_t N = server_count>
class tally
{
  public:
    std::size_t successes = 0; ///< servers that answered ALL_PASS
    std::size_t failures = 0;  ///< servers that answered ALL_FAIL
    std::size_t mixed = 0;     ///< servers that answered MIXED
    std::size_t errors = N;    ///< servers without a usable answer
    std::size_t refused = 0;   ///< servers whose answer is no verdict

    /// No tokens, and no answer from anyone.
    tally() = default;

    /// As aggregate(), into this object: what it held is gone, and its memory is used again, so that nothing
    /// is allocated once the largest batch has been seen. After an error it is as if newly made.
    void assign(const replies<N>& from, std::size_t token_count, const consensus_options& options,
                std::error_code& error);
    void assign(std::span<const answer> from, std::size_t token_count, const consensus_options& options,
                std::error_code& error);

    /// As above; throws std::system_error for bad input.
    template <class Source>
    void assign(const Source& from, std::size_t token_count, const consensus_options& options = {})
    {
        std::error_code error;
        assign(from, token_count, options, error);
        if (error)
            throw std::system_error{error, "raida::aggregate"};
    }

    [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }
    [[nodiscard]] std::size_t token_count() const noexcept { return planes_.tokens(); }

    /// Equal votes that make a verdict here: quorum and margin.
    [[nodiscard]] std::size_t votes_needed() const noexcept { return needed_; }

    /// The coarse test for a whole batch: enough servers answered ALL_PASS for a verdict.
    [[nodiscard]] bool consensus() const noexcept { return token_count() != 0 && successes >= needed_; }

    /// Every asked slot was awaited: it has an answer, a network error, or its deadline is over. False when a
    /// slot is pending, errc::not_awaited, operation_aborted or errc::overloaded, so that asking once more
    /// could tell more. Servers that were not asked (errc::skipped, no_endpoint, isolated) do not count
    /// against it.
    [[nodiscard]] bool complete() const noexcept
    {
        return std::none_of(votes_.begin(), votes_.end(), detail::is_open);
    }

    /// One server's vote on one token.
    [[nodiscard]] raida::vote vote(std::size_t token, std::size_t server) const
    {
        check(token);
        if (server >= N)
            throw std::out_of_range{"raida::tally: no server of this number"};
        return vote_of(server, token);
    }

    /// Servers that passed, failed, or did not judge a token; together N.
    [[nodiscard]] std::size_t passes(std::size_t token) const { return count(token, raida::vote::pass); }
    [[nodiscard]] std::size_t fails(std::size_t token) const { return count(token, raida::vote::fail); }
    [[nodiscard]] std::size_t unknowns(std::size_t token) const { return count(token, raida::vote::none); }

    /// What the servers together say of a token.
    [[nodiscard]] raida::verdict verdict(std::size_t token) const
    {
        check(token);
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
        return which == raida::verdict::counterfeit ? counterfeit : token_count() - authentic - counterfeit;
    }

    /// Authentic, though at least one server failed it.
    [[nodiscard]] bool fractured(std::size_t token) const
    {
        return verdict(token) == raida::verdict::authentic && fails(token) != 0;
    }

    /// The servers that failed an authentic token, in ascending order; empty for any other token. Servers
    /// that gave no vote are not among them.
    [[nodiscard]] std::vector<std::size_t> servers_to_heal(std::size_t token) const
    {
        std::vector<std::size_t> servers;
        if (verdict(token) == raida::verdict::authentic)
            for (std::size_t server = 0; server < N; ++server)
                if (vote_of(server, token) == raida::vote::fail)
                    servers.push_back(server);
        return servers;
    }

    /// One letter per server: p pass, f fail, n no reply in time (or no longer awaited after it was sent),
    /// d dropped by a network error, e an answer that is an error or unusable, b the encryption key was not
    /// accepted, u untried.
    [[nodiscard]] std::string pown_string(std::size_t token) const
    {
        std::string letters(N, 'u');
        for (std::size_t server = 0; server < N; ++server)
            letters[server] = pown_letter(token, server);
        return letters;
    }

    /// One letter of the pown string.
    [[nodiscard]] char pown_letter(std::size_t token, std::size_t server) const
    {
        const raida::vote said = vote(token, server);
        if (said == raida::vote::none)
            return detail::letter_of(votes_[server]);
        return said == raida::vote::pass ? 'p' : 'f';
    }

  private:
    static constexpr std::size_t authentic_row = 0, counterfeit_row = 1, first_server_row = 2;

    void check(std::size_t token) const
    {
        if (token >= token_count())
            throw std::out_of_range{"raida::tally: no token of this number"};
    }

    [[nodiscard]] raida::vote vote_of(std::size_t server, std::size_t token) const noexcept
    {
        switch (votes_[server]) {
        case detail::server_vote::mixed:
            return planes_.test(first_server_row + server, token) ? raida::vote::pass : raida::vote::fail;
        case detail::server_vote::all_pass:
            return raida::vote::pass;
        case detail::server_vote::all_fail:
            return raida::vote::fail;
        default:
            return raida::vote::none;
        }
    }

    [[nodiscard]] std::size_t count(std::size_t token, raida::vote which) const
    {
        check(token);
        std::size_t votes = 0;
        for (std::size_t server = 0; server < N; ++server)
            votes += vote_of(server, token) == which ? 1 : 0;
        return votes;
    }

    static constexpr std::array<detail::server_vote, N> all_untried() noexcept
    {
        std::array<detail::server_vote, N> votes{};
        votes.fill(detail::server_vote::untried);
        return votes;
    }

    [[nodiscard]] std::size_t count_row(std::size_t row) const noexcept
    {
        std::size_t tokens = 0;
        for (std::size_t word = 0; word < planes_.words(); ++word)
            tokens += static_cast<std::size_t>(std::popcount(planes_.row(row)[word]));
        return tokens;
    }

    void clear() noexcept;
    bool start(std::size_t token_count, const consensus_options& options, std::error_code& error) noexcept;
    template <class Votes>
    void fill(const Votes& from, std::size_t token_count, bit_order order);
    template <class Votes, class Reader>
    void count(const Votes& from, const Reader& reader);
    template <class Votes, class Reader>
    bool take(const Votes& from, const Reader& reader, std::size_t server, bool rows);
    template <class Votes, class Reader>
    std::size_t take_usual(Votes from, Reader reader, std::size_t server) noexcept;
    void judge(std::size_t token_count) noexcept;

    detail::bit_planes planes_;
    std::size_t needed_ = N / 2 + 1;
    std::array<detail::server_vote, N> votes_ = all_untried();
};

/// One result per token from a fan-out's replies.
///
/// `token_count` is the number of tokens in the batch, which the replies themselves do not tell.
/// Errors: errc::no_tokens for a token count of 0, errc::invalid_quorum for a quorum at or under N/2 or, with
/// its margin, above N. Whatever the servers sent is a result, never an error.
template <std::size_t N>
[[nodiscard]] tally<N> aggregate(const replies<N>& from, std::size_t token_count,
                                 const consensus_options& options, std::error_code& error)
{
    tally<N> result;
    result.assign(from, token_count, options, error);
    return result;
}

/// As above; throws std::system_error for bad input.
template <std::size_t N>
[[nodiscard]] tally<N> aggregate(const replies<N>& from, std::size_t token_count,
                                 const consensus_options& options = {})
{
    tally<N> result;
    result.assign(from, token_count, options);
    return result;
}

/// One result per token from plain (server, status, body) triples, in any order. A server that is not named
/// was not asked and counts in `errors`. Errors, besides those above: errc::invalid_server for a server that
/// is not below N, errc::duplicate_server for one that is named twice.
template <std::size_t N = server_count>
[[nodiscard]] tally<N> aggregate(std::span<const answer> from, std::size_t token_count,
                                 const consensus_options& options, std::error_code& error)
{
    tally<N> result;
    result.assign(from, token_count, options, error);
    return result;
}

/// As above; throws std::system_error for bad input.
template <std::size_t N = server_count>
[[nodiscard]] tally<N> aggregate(std::span<const answer> from, std::size_t token_count,
                                 const consensus_options& options = {})
{
    tally<N> result;
    result.assign(from, token_count, options);
    return result;
}

} // namespace raida::inline v1

#include <raida/detail/tally.hpp>

#endif // RAIDA_CONSENSUS_HPP
