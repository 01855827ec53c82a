// What a pown's decisions are told once, and what they want done.
#ifndef RAIDA_CLIENT_DETAIL_POWN_ACTIONS_HPP
#define RAIDA_CLIENT_DETAIL_POWN_ACTIONS_HPP

#include <raida/client/detail/pown_server.hpp>
#include <raida/wire/bitfield.hpp>
#include <raida/wire/packet.hpp>

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

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_POWN_ACTIONS_HPP
