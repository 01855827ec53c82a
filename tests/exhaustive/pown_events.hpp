// What may happen in the model of a pown, and how often.
#ifndef RAIDA_TESTS_EXHAUSTIVE_POWN_EVENTS_HPP
#define RAIDA_TESTS_EXHAUSTIVE_POWN_EVENTS_HPP

#include <raida/client/detail/pown_server.hpp>
#include <raida/wire/token.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace exhaustive {

/// What may happen, and how often.
struct pown_setup
{
    std::vector<raida::token_id> tokens;
    raida::detail::pown_patience patience{};
    unsigned faults = 255;  ///< of the network: 255 is as many as there can be
    unsigned kills = 0;     ///< of the client, each followed by a recovery
    bool cancels = false;   ///< the caller cancels, or the budget is spent
    bool overtakes = false; ///< a pown may arrive after its deadline, how late ever, and again and again
    bool forgets = false;   ///< a server may restart: what it has not flushed is as before

    /// A mistake that the exploration must find.
    enum class wrong : std::uint8_t
    {
        nothing,
        ignores_the_journal,
        powns_instead_of_finding, ///< after a crash
        believes_forgeries        ///< an answer that the server never gave
    } mistake = wrong::nothing;
};

/// One thing that happens.
struct pown_event
{
    enum class kind : std::uint8_t
    {
        journal_takes,
        journal_fails,
        journal_fails_written, ///< it says that it failed, and the record is there all the same
        killed,
        killed_written, ///< during the journal's write, which was done
        recovered,
        cancelled,
        budget_spent,
        arrives,
        arrives_again, ///< the network repeats the request
        lost,
        heard,
        answer_lost,
        forged, ///< somebody else answers, without a proof
        never_left,
        arrives_late,
        flushed,
        restarted
    } what{};
    std::uint8_t server = 0, which = 0;
};

/// In words.
inline std::string name_of(const pown_event& one)
{
    static constexpr const char* names[] = {"the journal takes the record",
                                            "the journal fails",
                                            "the journal fails, but the record is there",
                                            "the client is killed",
                                            "the client is killed when the record was written",
                                            "a recovery begins",
                                            "the caller cancels",
                                            "the budget is spent",
                                            "a request arrives",
                                            "a request arrives once more",
                                            "a request is lost",
                                            "an answer is heard",
                                            "an answer is lost",
                                            "an answer comes that nothing proves",
                                            "a request never left",
                                            "a pown arrives that nobody waits for",
                                            "memory is written to disk",
                                            "the server restarts"};
    std::string text = names[static_cast<std::size_t>(one.what)];
    if (one.what >= pown_event::kind::arrives)
        text = "server " + std::to_string(one.server) + ": " + text;
    return text;
}

} // namespace exhaustive

#endif // RAIDA_TESTS_EXHAUSTIVE_POWN_EVENTS_HPP
