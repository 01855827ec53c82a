// The votes on a batch, and what they say of each token.
#ifndef RAIDA_CONSENSUS_TALLY_HPP
#define RAIDA_CONSENSUS_TALLY_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/base/errc.hpp>
#include <raida/consensus/detail/ballot_box.hpp>
#include <raida/consensus/options.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace raida::inline v1 {

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
                std::error_code& error)
    {
        if (start(token_count, options, error))
            fill(detail::reply_votes<N>{from, detail::mixed_datagram{token_count}, options.encrypted},
                 token_count, options.bit_order);
    }
    /// The same of votes that came by other ways. Errors also: invalid_server, duplicate_server.
    void assign(std::span<const answer> from, std::size_t token_count, const consensus_options& options,
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

    /// As above; throws std::system_error for bad input.
    template <class Source>
    void assign(const Source& from, std::size_t token_count, const consensus_options& options = {})
    {
        detail::or_throw("raida::aggregate",
                         [&](std::error_code& error) { assign(from, token_count, options, error); });
    }

    [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }
    [[nodiscard]] std::size_t token_count() const noexcept { return box_.tokens(); }

    /// Equal votes that make a verdict here: quorum and margin.
    [[nodiscard]] std::size_t votes_needed() const noexcept { return needed_; }

    /// The coarse test for a whole batch: enough servers answered ALL_PASS for a verdict.
    [[nodiscard]] bool consensus() const noexcept { return token_count() != 0 && successes >= needed_; }

    /// Every asked slot was awaited: it has an answer, a network error, or its deadline is over. False when a
    /// slot is pending, errc::not_awaited, operation_aborted or errc::overloaded, so that asking once more
    /// could tell more. Servers that were not asked (errc::skipped, no_endpoint, isolated) do not count
    /// against it.
    [[nodiscard]] bool complete() const noexcept { return !box_.any_open(); }

    /// One server's vote on one token.
    [[nodiscard]] raida::vote vote(std::size_t token, std::size_t server) const
    {
        check(token);
        if (server >= N)
            throw std::out_of_range{"raida::tally: no server of this number"};
        return box_.vote(server, token);
    }

    /// Servers that passed, failed, or did not judge a token; together N.
    [[nodiscard]] std::size_t passes(std::size_t token) const { return count(token, raida::vote::pass); }
    /// Servers that failed a token.
    [[nodiscard]] std::size_t fails(std::size_t token) const { return count(token, raida::vote::fail); }
    /// Servers that did not judge a token.
    [[nodiscard]] std::size_t unknowns(std::size_t token) const { return count(token, raida::vote::none); }

    /// What the servers together say of a token.
    [[nodiscard]] raida::verdict verdict(std::size_t token) const
    {
        check(token);
        return box_.verdict(token);
    }

    /// How many tokens have this verdict.
    [[nodiscard]] std::size_t count(raida::verdict which) const noexcept { return box_.count(which); }

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
                if (box_.vote(server, token) == raida::vote::fail)
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
            return detail::letter_of(box_.cast_by(server));
        return said == raida::vote::pass ? 'p' : 'f';
    }

  private:
    void check(std::size_t token) const
    {
        if (token >= token_count())
            throw std::out_of_range{"raida::tally: no token of this number"};
    }

    [[nodiscard]] std::size_t count(std::size_t token, raida::vote which) const
    {
        check(token);
        std::size_t votes = 0;
        for (std::size_t server = 0; server < N; ++server)
            votes += box_.vote(server, token) == which ? 1U : 0U;
        return votes;
    }

    void clear() noexcept
    {
        box_.clear();
        successes = failures = mixed = refused = 0;
        errors = N;
        needed_ = N / 2 + 1;
    }

    // Empties the tally, and checks what was asked.
    bool start(std::size_t token_count, const consensus_options& options, std::error_code& error) noexcept
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

    template <class Votes>
    void fill(const Votes& from, std::size_t token_count, bit_order order)
    {
        const detail::vote_counts counts = box_.fill(from, token_count, order, needed_);
        successes = counts.of(detail::ballot::all_pass);
        failures = counts.of(detail::ballot::all_fail);
        mixed = counts.of(detail::ballot::mixed);
        refused = counts.of(detail::ballot::refused);
        errors = N - successes - failures - mixed - refused;
    }

    detail::ballot_box<N> box_;
    std::size_t needed_ = N / 2 + 1;
};

/// "2 authentic, 1 counterfeit; servers: 20 all pass, 3 mixed, 2 errors"
template <std::size_t N>
[[nodiscard]] std::string to_string(const tally<N>& of)
{
    std::string servers;
    detail::add_count(servers, of.successes, "all pass");
    detail::add_count(servers, of.failures, "all fail");
    detail::add_count(servers, of.mixed, "mixed");
    detail::add_count(servers, of.refused, "refused");
    detail::add_count(servers, of.errors, of.errors == 1 ? "error" : "errors");
    return detail::list_verdicts(of) + "; servers: " + servers;
}

} // namespace raida::inline v1

#endif // RAIDA_CONSENSUS_TALLY_HPP
