// What the decisions of a pown and of a heal are told once, and what they want done.
#ifndef RAIDA_CLIENT_DETAIL_ACTIONS_HPP
#define RAIDA_CLIENT_DETAIL_ACTIONS_HPP

#include <raida/client/detail/pown_server.hpp>
#include <raida/wire/bitfield.hpp>
#include <raida/wire/healing.hpp>
#include <raida/wire/packet.hpp>

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <variant>
#include <vector>

namespace raida::inline v1::detail {

using pown_time = std::chrono::steady_clock::time_point;
using pown_ask_id = std::uint32_t;

struct pown_rules
{
    pown_patience patience{};
    std::size_t quorum = 0; ///< servers that must hold the new number, margin included
    raida::bit_order bit_order = raida::bit_order::lsb_first;
    pown_time until = (pown_time::max)();
    bool tells_progress = false;
    bool tells_all_decided = false;
    friend bool operator==(const pown_rules&, const pown_rules&) = default;
};

/// Give the journal what is known now; journal_taken() is awaited.
struct write_record
{
    bool last = false;
    friend bool operator==(const write_record&, const write_record&) = default;
};

/// Ask these servers about these tokens (indices of the batch). answered() is awaited once per server, then
/// finished().
template <std::size_t N>
struct ask_servers
{
    pown_ask_id id = 0;
    command_code what{};
    std::vector<std::uint32_t> tokens{};
    std::bitset<N> servers{};
    friend bool operator==(const ask_servers&, const ask_servers&) = default;
};

/// Nothing is in flight: call passed() at this time, if nothing else has happened.
struct wait_until
{
    pown_time when{};
    friend bool operator==(const wait_until&, const wait_until&) = default;
};

/// Something was settled.
struct tell_progress
{
    friend bool operator==(const tell_progress&, const tell_progress&) = default;
};

/// A quorum holds this token's new number, proved.
struct decided
{
    std::uint32_t token = 0;
    friend bool operator==(const decided&, const decided&) = default;
};

/// So it is of every token.
struct all_decided
{
    friend bool operator==(const all_decided&, const all_decided&) = default;
};

/// Nothing more will come.
struct done
{
    std::error_code error{};
    friend bool operator==(const done&, const done&) = default;
};

template <std::size_t N>
using pown_action =
    std::variant<write_record, ask_servers<N>, wait_until, tell_progress, decided, all_decided, done>;

using heal_time = std::chrono::steady_clock::time_point;

struct heal_rules
{
    std::size_t quorum = 0; ///< servers that must pass a token; so many others must vouch for it
    unsigned rounds = 2;    ///< of tickets and fixes for the same tokens
    heal_time until = (heal_time::max)();
    bool tells_progress = false;
    friend bool operator==(const heal_rules&, const heal_rules&) = default;
};

/// Tokens are indices of the batch.
using token_list = std::vector<std::uint32_t>;

/// Detect all tokens everywhere; voted() is awaited.
struct ask_votes
{
    friend bool operator==(const ask_votes&, const ask_votes&) = default;
};

/// Find out, of each of these tokens at these servers, whether the number given or the fixed one is held;
/// found() is awaited.
template <std::size_t N>
struct ask_holdings
{
    token_list tokens{};
    std::vector<std::bitset<N>> servers{}; ///< per token
    friend bool operator==(const ask_holdings&, const ask_holdings&) = default;
};

/// Ask each server for one ticket for these tokens; vouched() is awaited once for each server that is asked,
/// then tickets_over().
template <std::size_t N>
struct ask_tickets
{
    std::array<token_list, N> tokens{}; ///< per server; none: it is not asked
    friend bool operator==(const ask_tickets&, const ask_tickets&) = default;
};

/// Have one server fix these tokens; fixed() is awaited.
template <std::size_t N>
struct ask_fix
{
    std::size_t server = 0;
    token_list tokens{};
    std::array<ticket, N> from{};
    friend bool operator==(const ask_fix&, const ask_fix&) = default;
};

/// The others are those of a pown.
template <std::size_t N>
using heal_action = std::variant<write_record, ask_votes, ask_holdings<N>, ask_tickets<N>, ask_fix<N>,
                                 wait_until, tell_progress, done>;

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_ACTIONS_HPP
