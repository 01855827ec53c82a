// How a pown is done: new numbers, the journal, how long to go on asking, who is told.
#ifndef RAIDA_CLIENT_POWN_OPTIONS_HPP
#define RAIDA_CLIENT_POWN_OPTIONS_HPP

#include <raida/client/call_options.hpp>
#include <raida/client/journal_sink.hpp>
#include <raida/client/transfer_record.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace raida::inline v1 {

/// How far a pown is.
template <std::size_t N = server_count>
struct pown_progress
{
    /// One server's part.
    struct at_server
    {
        std::size_t changed = 0;   ///< tokens whose new number it holds, proved
        std::size_t unknown = 0;   ///< tokens of which it may hold either number
        std::size_t in_flight = 0; ///< datagrams that are awaited
        bool over = false;         ///< it is not asked any more
    };

    std::size_t tokens = 0;             ///< of the call
    std::size_t decided = 0;            ///< tokens whose new number a quorum holds
    std::array<at_server, N> servers{}; ///< by id
};

/// For client::async_pown() and client::async_recover().
///
/// The callables run on the client's executor, never inside the initiating call but for the journal. They
/// may cancel the call and destroy the client. What `on_decided` and `on_progress` throw comes out of the
/// context's run(); the pown goes on.
///
/// A call may take longer than client_settings::budget: a pown that has left is awaited for its deadline,
/// since another one on its page could be lost meanwhile. So the most is the budget and one deadline.
template <std::size_t N = server_count>
struct pown_options
{
    /// One set per token; empty: fresh random numbers for every token and server. Refused with
    /// errc::invalid_authenticity: a wrong number of sets, a number that is zero, given twice, or among the
    /// old ones, whichever server's and token's.
    std::vector<authenticity_numbers<N>> new_numbers{};

    /// Takes a record before the first datagram leaves, and another when all is over. An error the first time
    /// ends the call with errc::journal_failed, and nothing was sent; so does an empty one.
    journal_sink<N> journal{};

    /// Rounds of find for what is unknown, since the last pown. A server that answers nothing twice in a row,
    /// pown or find, is not asked again.
    unsigned find_rounds = 4;

    /// How often a server that still has a token's old number is asked afresh to take the same new one. 0:
    /// never; 100 at most. In a recovery every pown is one afresh.
    unsigned pown_again = 2;

    /// How long servers may take to write to disk (5 to 300 s are configured).
    std::chrono::seconds flush_interval{300};

    /// `all`: the handler is called when nothing more can be found out, and the journal has the last record.
    /// `decided`: already when a quorum holds every token's new number, proved; the rest goes on by itself.
    /// The result is what is known then: more may be open than in the end, which the journal's last record
    /// has. Cancelling does nothing any more after the handler was called.
    wait_for wait = wait_for::all;

    /// A quorum (settings' quorum and margin) holds the new number of the token with this index, proved. Once
    /// for each such token.
    std::function<void(std::size_t token)> on_decided{};

    /// Something was settled.
    std::function<void(const pown_progress<N>&)> on_progress{};

    /// A recovery may ask other servers than those that the journal knows: they have moved. Without it
    /// errc::other_servers, if more of them have another address than have the same.
    bool other_servers = false;
};

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_POWN_OPTIONS_HPP
