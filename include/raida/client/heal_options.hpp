// How a heal is done: what is known already, the journal, how long it may take, who is told.
#ifndef RAIDA_CLIENT_HEAL_OPTIONS_HPP
#define RAIDA_CLIENT_HEAL_OPTIONS_HPP

#include <raida/client/journal_sink.hpp>
#include <raida/consensus/batch_tally.hpp>
#include <raida/wire/healing.hpp>
#include <raida/wire/packet.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>

namespace raida::inline v1 {

/// How far a heal is, in slots: one for each token and server.
struct heal_progress
{
    command_code what{};         ///< what is being asked at the moment
    std::size_t server = 0;      ///< who is being fixed, where that is a fix
    std::size_t broken = 0;      ///< that failed, and are not healed, or not yet
    std::size_t unconfirmed = 0; ///< whose fix has left
    std::size_t healed = 0;      ///< proved
};

/// For client::async_heal() and client::async_recover_heal(). The callables run on the client's executor,
/// never inside the initiating call but for the journal; they may cancel the call and destroy the client.
/// What `on_progress` throws comes out of the context's run(); the heal goes on.
template <std::size_t N = server_count>
struct heal_options
{
    /// What a detect has just found of these very tokens, in their order; one that waited for all
    /// (wait_for::all) knows most. Without it, or if it is of another number of tokens, a detect comes first.
    std::optional<batch_tally<N>> votes{};

    /// Takes a record before the first fix leaves, and another when all is over. Needed: a client that does
    /// not know the seeds any more cannot tell what the servers hold.
    heal_journal_sink<N> journal{};

    /// How often tickets are asked for, and fixes sent, for what is still broken. Each time costs one of the
    /// 512 tickets that a server has until it restarts.
    unsigned rounds = 2;

    /// How long a fix is awaited; more than `longest_fix`.
    std::chrono::nanoseconds fix_deadline = longest_fix + std::chrono::seconds{7};

    /// How long all may take, `longest_deadline` at most. A fix that has left is awaited all the same.
    std::chrono::nanoseconds budget = std::chrono::minutes{30};

    /// Something was settled.
    std::function<void(const heal_progress&)> on_progress{};

    /// A recovery may ask other servers than those that the journal knows: they have moved.
    bool other_servers = false;
};

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_HEAL_OPTIONS_HPP
