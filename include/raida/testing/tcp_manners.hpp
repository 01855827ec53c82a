// How one embedded server behaves towards TCP clients.
#ifndef RAIDA_TESTING_TCP_MANNERS_HPP
#define RAIDA_TESTING_TCP_MANNERS_HPP

#include <raida/testing/latency.hpp>
#include <raida/wire/status.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace raida::inline v1::testing {

/// One server's manners towards connections; `manners` is about datagrams. The default is what real servers
/// were seen to do: they answer, close, and are one connection behind for good once two clients connect at
/// the same moment.
struct tcp_manners
{
    latency delay{}; ///< of each answer, drawn for each one

    bool closed = false; ///< nobody listens: connections are refused
    bool silent = false; ///< requests are read and thrown away, connections stay open
    bool wedges = true;  ///< false: any number of clients may connect at the same moment

    std::optional<raida::status> refuse{}; ///< answer every header with this error, zeros, and a reset
    bool resets = false;                   ///< act on the request, then reset the connection unanswered
    std::optional<std::size_t> cut{};      ///< close after so many bytes of the answer
    std::size_t piece = 0;                 ///< send answers in pieces of so many bytes; 0: whole
};

/// What one server has seen of TCP clients. No secrets.
struct tcp_counters
{
    std::uint64_t connections = 0;     ///< accepted
    std::uint64_t requests = 0;        ///< read whole
    std::uint64_t answered = 0;        ///< answers sent whole
    std::uint64_t refused = 0;         ///< header errors
    std::uint64_t abandoned = 0;       ///< connections that ended before their request was whole
    std::size_t last_request_size = 0; ///< bytes
};

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_TCP_MANNERS_HPP
