// From the servers' answers to one result per token.
#ifndef RAIDA_CONSENSUS_AGGREGATE_HPP
#define RAIDA_CONSENSUS_AGGREGATE_HPP

#include <raida/consensus/options.hpp>
#include <raida/consensus/tally.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>

#include <cstddef>
#include <span>
#include <system_error>

namespace raida::inline v1 {

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

#endif // RAIDA_CONSENSUS_AGGREGATE_HPP
