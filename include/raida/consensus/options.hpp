// What an answer, a vote and a verdict are, and how many votes a verdict takes.
#ifndef RAIDA_CONSENSUS_OPTIONS_HPP
#define RAIDA_CONSENSUS_OPTIONS_HPP

#include <raida/base/bytes.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/printing.hpp>
#include <raida/wire/bitfield.hpp>
#include <raida/wire/status.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace raida::inline v1 {

/// One server's answer without a datagram, for votes that came by other ways than this library's engine.
struct answer
{
    std::size_t server = 0; ///< its id
    raida::status status{}; ///< what it says
    bytes_view body{};      ///< without terminator; only looked at when the status is MIXED
    bool verified = true;   ///< its signature was checked; a vote that is not verified does not count
};

/// What one server says of one token. No answer is never a fail.
enum class vote : std::uint8_t
{
    none,
    pass,
    fail
};

/// What all servers together say of one token.
enum class verdict : std::uint8_t
{
    undecided,   ///< too few votes for either
    authentic,   ///< enough passes
    counterfeit, ///< enough fails
};

/// "pass", "authentic", ...
[[nodiscard]] constexpr std::string_view to_string(vote said) noexcept
{
    return said == vote::pass ? "pass" : said == vote::fail ? "fail" : "none";
}
/// "authentic", ...
[[nodiscard]] constexpr std::string_view to_string(verdict of) noexcept
{
    return of == verdict::authentic ? "authentic" : of == verdict::counterfeit ? "counterfeit" : "undecided";
}

/// How answers are read and how many make a verdict.
struct consensus_options
{
    /// How MIXED bodies are read. Real servers: lsb_first (measured).
    raida::bit_order bit_order = raida::bit_order::lsb_first;

    /// Equal votes that make a verdict; 0 means N/2+1 (13 of 25). More than N/2 and at most N.
    std::size_t quorum = 0;

    /// Votes wanted above the quorum. Quorum and margin together at most N.
    std::size_t margin = 0;

    /// The requests were encrypted: an answer 37 (CRC) then means that the key was not accepted, `b` in the
    /// pown string.
    bool encrypted = false;
};

namespace detail {

/// Equal votes that make a verdict. The options have been checked.
template <std::size_t N>
constexpr std::size_t votes_needed(const consensus_options& options) noexcept
{
    return (options.quorum == 0 ? N / 2 + 1 : options.quorum) + options.margin;
}

/// Why these numbers must be refused, or empty.
template <std::size_t N>
std::error_code check_quorum(std::size_t quorum, std::size_t margin) noexcept
{
    static_assert(N > 0, "a consensus takes at least one server");
    if (quorum == 0)
        quorum = N / 2 + 1;
    if (quorum <= N / 2 || quorum > N || margin > N - quorum)
        return errc::invalid_quorum;
    return {};
}

/// "2 authentic, 1 undecided"
template <class Tally>
std::string list_verdicts(const Tally& of)
{
    std::string list;
    for (const verdict one : {verdict::authentic, verdict::counterfeit, verdict::undecided})
        add_count(list, of.count(one), to_string(one));
    return list.empty() ? "no tokens" : list;
}

} // namespace detail
} // namespace raida::inline v1

#endif // RAIDA_CONSENSUS_OPTIONS_HPP
