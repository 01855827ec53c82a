// How one embedded server behaves: what it delays, loses, spoils and refuses.
#ifndef RAIDA_TESTING_MANNERS_HPP
#define RAIDA_TESTING_MANNERS_HPP

#include <raida/testing/latency.hpp>
#include <raida/wire/status.hpp>
#include <raida/wire/token.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace raida::inline v1::testing {

/// Where the echo or the signature of an error answer comes from.
enum class provenance : std::uint8_t
{
    right, ///< this request
    stale, ///< whatever request the server handled before, maybe another client's; zeros if there was none
    zero,  ///< all zeros
    wrong, ///< this request's with every bit inverted
};

/// An error answer on demand.
struct forced_answer
{
    raida::status status = raida::status::internal; ///< what is answered
    provenance echo = provenance::right;            ///< whose echo
    provenance signature = provenance::right;       ///< whose signature
    bool wide = false; ///< with a 48-byte header, as to what servers take for a newer request

    /// With the echo and signature that real servers put into an answer with this status.
    [[nodiscard]] static constexpr forced_answer as_measured(raida::status status) noexcept
    {
        using enum provenance;
        if (is_header_error(status))
            return {status, stale, stale, false};
        if (status == status::invalid_encryption_code)
            return {status, stale, stale, true};
        if (status == status::invalid_packet_length || status == status::invalid_terminator ||
            status == status::invalid_encryption || status == status::empty_request)
            return {status, right, stale, false};
        return {status, right, right, false};
    }
};

/// One server's manners. The default is a well-behaved server that answers at once. All `double`s are
/// probabilities per request or per reply, drawn from the server's own seeded sequence: 0 never, 1 always.
/// A reply is spoiled in at most one way; where several are drawn, the first in this order counts.
struct manners
{
    latency delay{}; ///< of each reply, drawn for each one

    bool silent = false; ///< requests are received and thrown away
    bool closed = false; ///< nobody listens: the kernel answers with ICMP "port unreachable"

    double lose_requests = 0; ///< thrown away before the server has acted on them
    double lose_replies = 0;  ///< thrown away after the server has acted on the request: a pown has happened
    double repeat_requests = 0; ///< the network delivers a request twice: both are acted on and answered

    std::vector<token_id> wrong_tokens{};  ///< the server holds another number than the one given to it
    std::optional<forced_answer> answer{}; ///< answer every request so, without acting on it
    double answer_rate = 1;                ///< how often `answer` is used, where it is set

    double forged = 0; ///< right echo, wrong signature, and the opposite verdict
    double stale = 0;  ///< the server's previous reply again, whoever it was for; nothing if there was none
    double wrong_echo = 0;             ///< the echo with its highest bit inverted
    double wrong_server = 0;           ///< in the name of the next server
    double truncated = 0;              ///< cut off at a random place, one byte at least
    double garbage = 0;                ///< 1 to 128 random bytes
    double oversize = 0;               ///< right but for a body of zeros that makes it `oversize_bytes` long
    double foreign = 0;                ///< the right bytes from another port
    bool then_right = false;           ///< every spoiled reply is followed by the right one
    std::size_t oversize_bytes = 8192; ///< of the whole datagram

    double duplicated = 0;     ///< the reply is sent more than once, each with a delay of its own
    unsigned extra_copies = 1; ///< how many more, where `duplicated` is drawn

    unsigned hold_back = 0; ///< a reply waits until so many later ones have left; then the next one does
    std::chrono::nanoseconds hold_limit = std::chrono::milliseconds{20}; ///< it waits no longer than this
};

/// What the network and the rules of one server have done so far. No secrets.
struct server_counters
{
    std::uint64_t requests = 0;        ///< datagrams received
    std::uint64_t answered = 0;        ///< datagrams sent: right ones, spoiled ones and copies
    std::uint64_t spoiled = 0;         ///< of those, how many were not the right answer
    std::uint64_t dropped = 0;         ///< requests and replies lost on purpose
    std::uint64_t ignored = 0;         ///< requests that no server answers: under 32 bytes
    std::uint64_t unsent = 0;          ///< replies that the kernel did not take
    std::uint64_t overflowed = 0;      ///< requests without room in a simulated receive buffer
    std::size_t last_request_size = 0; ///< bytes

    constexpr server_counters& operator+=(const server_counters& other) noexcept
    {
        requests += other.requests;
        answered += other.answered;
        spoiled += other.spoiled;
        dropped += other.dropped;
        ignored += other.ignored;
        unsent += other.unsent;
        overflowed += other.overflowed;
        return *this;
    }
};

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_MANNERS_HPP
