// How a pown is done: new numbers, the journal, how long to go on asking.
#ifndef RAIDA_CLIENT_POWN_OPTIONS_HPP
#define RAIDA_CLIENT_POWN_OPTIONS_HPP

#include <raida/client/transfer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <system_error>
#include <vector>

namespace raida::inline v1 {

/// For client::async_pown() and client::async_recover().
template <std::size_t N = server_count>
struct pown_options
{
    /// One set per token; empty: fresh random numbers for every token and server. Refused with
    /// errc::invalid_authenticity: a wrong number of sets, a number that is zero, given twice, or among the
    /// old ones, whichever server's and token's.
    std::vector<authenticity_numbers<N>> new_numbers{};

    /// Takes a record before the first datagram leaves, and another when all is over. An error returned the
    /// first time ends the call with errc::journal_failed, and nothing was sent; so does an empty function.
    std::function<std::error_code(const transfer_record<N>&)> journal{};

    /// Rounds of find for what is unknown.
    unsigned find_rounds = 4;

    /// How often a server that still has the old number is asked afresh to take the same new one. 0: never.
    unsigned pown_again = 2;

    /// How long servers may take to write to disk (5 to 300 s are configured).
    std::chrono::seconds flush_interval{300};
};

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_POWN_OPTIONS_HPP
