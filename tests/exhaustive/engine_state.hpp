// An engine at work in a model, and what its states are called.
#ifndef RAIDA_TESTS_EXHAUSTIVE_ENGINE_STATE_HPP
#define RAIDA_TESTS_EXHAUSTIVE_ENGINE_STATE_HPP

#include "fuzz/multiplexer_books.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace exhaustive {

using books_type = fuzz::multiplexer_books;
using bytes = books_type::bytes;
using time_point = raida::detail::time_point;
constexpr std::size_t asked_servers = 3;

struct engine_setup
{
    std::size_t servers = asked_servers;
    bool same_echo = true;     // of both fan-outs
    unsigned attempts = 1;     // of the first one
    bool second_signed = true; // the second one's signature is known
    bool quorum = false;       // the first one ends with two answers
    std::size_t most_in_flight = 8;
    bool mistake =
        false; // the network sends the first fan-out's answers to the second one, signature and all
};

/// One that has left: it may arrive at any time, and as often as it likes.
struct engine_datagram
{
    std::size_t fan, server;
    std::uint8_t generation;
    bytes packet;
};

/// An engine at work, and the time.
struct engine_run
{
    explicit engine_run(const raida::limits& allowed) : board{allowed} {}

    books_type books{}; // outlive the board, which writes to their answers
    books_type::multiplexer board;
    std::array<books_type::fan_out*, 2> fans{};
    std::vector<engine_datagram> sent{};
    time_point now{std::chrono::hours{1}};
    int renewals = 0;
};

/// Names for its states.
class engine_names
{
    using round_type = raida::detail::round<books_type::n>;

  public:
    explicit engine_names(const engine_setup& setup) : setup_{&setup} {}

    /// Equal for what is the same to the last microsecond.
    [[nodiscard]] std::string exact(engine_run& now) const
    {
        text name;
        name.add(now.now.time_since_epoch().count()).add(now.board.next_due().time_since_epoch().count());
        name.add(now.renewals).add(now.sent.size());
        for (std::size_t fan = 0; fan < 2; ++fan)
            if (const auto* of = now.fans[fan]) {
                name.add(of->is_finished ? 2 : 1);
                for (std::size_t server = 0; server < setup_->servers; ++server) {
                    const raida::reply& says = of->answers[server];
                    name.add(says.error.value()).add(says.verified ? 1 : 0);
                }
            }
        for (std::size_t server = 0; server < setup_->servers; ++server) {
            auto& lane = now.board.lane_of(server);
            name.add(now.board.generation(server));
            for (std::uint32_t i = 0; i < now.board.rounds().size(); ++i)
                if (const auto& round = now.board.rounds()[i]; round.active) {
                    const auto& slot = round.slots[server];
                    name.add(slot.since).add(slot.timeout).add(static_cast<int>(slot.state));
                    name.add(slot.attempts).add(slot.generation).add(slot.fresh_echo ? 1 : 0);
                    name.add(slot.next).add(slot.previous).add(lane.suspected(i).value());
                    name.add(i).add(round.due.time_since_epoch().count());
                }
        }
        return name;
    }

    /// The same for all that goes on alike: whichever of the servers it is, whatever times the order of
    /// deadlines is made of, and however that ended which is over.
    [[nodiscard]] std::string folded(engine_run& now) const
    {
        const auto times = deadlines(now);
        const auto place = [&](time_point when) {
            return std::lower_bound(times.begin(), times.end(), when) - times.begin();
        };
        text name;
        name.add(now.renewals).add(place(now.board.next_due()));
        std::array<const round_type*, 2> rounds{};
        for (std::size_t fan = 0; fan < 2; ++fan) {
            rounds[fan] = round_of(now, fan);
            name.add(now.fans[fan] == nullptr ? 0 : rounds[fan] == nullptr ? 1 : 2 + place(rounds[fan]->due));
        }
        std::vector<std::string> servers;
        for (std::size_t server = 0; server < setup_->servers; ++server) {
            text of;
            for (std::size_t fan = 0; fan < 2; ++fan)
                if (rounds[fan] != nullptr)
                    add_slot(of, now, *rounds[fan], server, place);
            add_lane(of, now, server, rounds);
            servers.push_back(std::move(of));
        }
        std::sort(servers.begin(), servers.end());
        for (const std::string& one : servers)
            name.add(one.size()) += one;
        return name;
    }

  private:
    class text : public std::string
    {
      public:
        template <class Integer>
        text& add(Integer value)
        {
            auto bits = static_cast<std::uint64_t>(value);
            for (; bits >= 0x80; bits >>= 7)
                push_back(static_cast<char>(bits | 0x80));
            push_back(static_cast<char>(bits));
            return *this;
        }
    };

    static const round_type* round_of(engine_run& now, std::size_t fan)
    {
        for (std::uint32_t i = 0; i < now.board.rounds().size(); ++i)
            if (const auto& round = now.board.rounds()[i];
                round.active && now.fans[fan] != nullptr && round.owner == now.fans[fan])
                return &round;
        return nullptr;
    }

    // What is over comes first.
    std::vector<time_point> deadlines(engine_run& now) const
    {
        std::vector<time_point> times{now.now};
        for (std::size_t fan = 0; fan < 2; ++fan)
            if (const auto* round = round_of(now, fan)) {
                times.push_back(round->due);
                for (std::size_t server = 0; server < setup_->servers; ++server)
                    if (round->slots[server].state != raida::detail::slot_state::settled)
                        times.push_back(due_of(now, *round, server));
            }
        std::sort(times.begin(), times.end());
        times.erase(std::unique(times.begin(), times.end()), times.end());
        times.erase(times.begin(), std::lower_bound(times.begin(), times.end(), now.now));
        return times;
    }
    static time_point due_of(engine_run& now, const round_type& round, std::size_t server)
    {
        return round.due_of(round.slots[server], now.board.allowed().queue_wait);
    }

    template <class Place>
    void add_slot(text& to, engine_run& now, const round_type& round, std::size_t server,
                  const Place& place) const
    {
        const auto& slot = round.slots[server];
        to.add(static_cast<int>(slot.state));
        if (slot.state == raida::detail::slot_state::settled) {
            to.add(setup_->quorum && (*round.answers)[server].error ? 1 : 0);
            return;
        }
        to.add(slot.attempts).add(now.board.generation(server) - slot.generation + 16);
        to.add(slot.fresh_echo ? 1 : 0).add(place(due_of(now, round, server)));
        to.add(now.board.lane_of(server).suspected(round.index) ? 1 : 0);
    }

    template <class Rounds>
    static void add_lane(text& to, engine_run& now, std::size_t server, const Rounds& rounds)
    {
        const auto first = now.board.lane_of(server).first_waiting();
        for (std::size_t fan = 0; fan < 2; ++fan)
            to.add(rounds[fan] != nullptr && rounds[fan]->index == first ? 1 : 0);
        to.add(now.board.known().round_trips()[server].samples != 0 ? 1 : 0);
        std::array<std::array<int, 4>, 2> out{}; // of each fan-out, by how many sockets ago
        for (const engine_datagram& one : now.sent)
            if (one.server == server)
                ++out[one.fan]
                     [static_cast<std::size_t>(std::min(3, now.board.generation(server) - one.generation))];
        for (const auto& of : out)
            for (const int count : of)
                to.add(count);
    }

    const engine_setup* setup_;
};

} // namespace exhaustive

#endif // RAIDA_TESTS_EXHAUSTIVE_ENGINE_STATE_HPP
