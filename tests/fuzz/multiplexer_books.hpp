// What must be true of the engine's multiplexer after each step, whatever has happened to it.
#ifndef RAIDA_TESTS_FUZZ_MULTIPLEXER_BOOKS_HPP
#define RAIDA_TESTS_FUZZ_MULTIPLEXER_BOOKS_HPP

#include "check.hpp"

#include <raida/engine/detail/multiplexer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace fuzz {

/// What a multiplexer of five servers was asked, and what it has told so far.
class multiplexer_books
{
  public:
    static constexpr std::size_t n = 5;
    using multiplexer = raida::detail::multiplexer<n>;
    using bytes = std::vector<std::uint8_t>;

    // One server's request of one fan-out.
    struct question
    {
        std::uint64_t name = 0; // in the body of its answers
        bytes packet{};
        unsigned sent = 0;
        std::set<std::uint8_t> generations{}; // sent through
        std::size_t told = 0;
        bool is_settled = false; // then `seen` does not change any more
        raida::reply seen{};
        bytes seen_bytes{};
    };

    struct fan_out : raida::detail::round_owner
    {
        raida::replies<n> answers{};
        std::array<question, n> questions{};
        std::uint32_t serial = 0;
        unsigned attempts = 1;
        bool is_watched = false, is_finished = false;
    };

    std::vector<std::unique_ptr<fan_out>> fan_outs; // must outlive the multiplexer, which fills them
    std::array<std::uint64_t, n> sent{};            // datagrams per server

    [[nodiscard]] std::size_t answered() const noexcept { return answered_; }

    // Received, and what became of it. A provisional answer is none of the counted ones yet.
    std::pair<std::uint64_t, std::uint64_t> movements(multiplexer& board, std::size_t server)
    {
        const raida::lane_statistics& c = board.counts().servers[server];
        std::uint64_t held = 0;
        for (std::uint32_t i = 0; i < board.rounds().size(); ++i)
            held += board.rounds()[i].slots[server].state == slot_state::provisional ? 1 : 0;
        if (held < held_[server]) // a verified answer, or a refusal, took the place of a provisional one
            replaced_[server] += held_[server] - held;
        held_[server] = held;
        return {c.received, c.late + c.foreign + c.forged + c.malformed + c.hints + c.oversize + c.answered +
                                held + replaced_[server]};
    }

    void check_all(multiplexer& board)
    {
        std::array<std::size_t, n> in_flight{};
        time_point earliest = time_point::max();
        for (std::uint32_t i = 0; i < board.rounds().size(); ++i)
            check_round(board, board.rounds()[i], in_flight, earliest);
        check(board.next_due() <= earliest, "nothing that is due is forgotten");
        for (std::size_t server = 0; server < n; ++server) {
            auto& lane = board.lane_of(server);
            check(lane.in_flight() == in_flight[server], "places are counted right");
            check((lane.window.in_flight() == 0) == (in_flight[server] == 0), "bytes are counted right");
            check(lane.in_flight() <= board.allowed().in_flight_per_lane, "no lane is over its limit");
            check(board.sendable()[server] ==
                      (lane.has_waiting() && lane.in_flight() < board.allowed().in_flight_per_lane &&
                       lane.window.has_room() && lane.window.has_credit()),
                  "what may be sent is known");
            check(board.counts().servers[server].sent == sent[server], "sends are counted");
            (void)movements(board, server);
        }
        for (const auto& fan : fan_outs)
            check_slots(board, *fan);
    }

    // When nothing is in flight any more.
    void check_end(multiplexer& board) const
    {
        check(board.next_due() == time_point::max(), "nothing is due when nothing is in flight");
        std::array<raida::lane_statistics, n> ends{};
        for (const auto& fan : fan_outs) {
            check(fan->is_finished, "every fan-out finishes");
            for (std::size_t server = 0; server < n; ++server) {
                const auto& error = fan->answers[server].error;
                ends[server].answered += error ? 0 : 1;
                ends[server].refused +=
                    error == std::errc::connection_refused || error == std::errc::host_unreachable;
            }
        }
        for (std::size_t server = 0; server < n; ++server) {
            check(board.counts().servers[server].answered == ends[server].answered, "answers are counted");
            check(board.counts().servers[server].refused == ends[server].refused, "refusals are counted");
        }
    }

  private:
    using round = raida::detail::round<n>;
    using slot_state = raida::detail::slot_state;
    using time_point = raida::detail::time_point;

    static void check_round(multiplexer& board, const round& one, std::array<std::size_t, n>& in_flight,
                            time_point& earliest)
    {
        if (!one.active)
            return;
        std::size_t open = 0;
        for (std::size_t server = 0; server < n; ++server) {
            const auto& slot = one.slots[server];
            in_flight[server] += slot.holds_place() ? 1 : 0;
            const bool is_open = slot.state != slot_state::settled;
            open += is_open ? 1 : 0;
            check(is_open == ((*one.answers)[server].error == raida::errc::pending),
                  "a slot is pending while it is open");
            if (is_open)
                earliest = std::min(earliest, one.due_of(slot, board.allowed().queue_wait));
        }
        check(open == one.outstanding, "open slots are counted right");
        check(!one.finished || open == 0, "a finished fan-out has no open slot");
    }

    void check_slots(multiplexer& board, fan_out& fan)
    {
        for (std::size_t server = 0; server < n; ++server) {
            const raida::reply& now = fan.answers[server];
            question& one = fan.questions[server];
            if (one.is_settled) {
                check(now.error == one.seen.error && now.verified == one.seen.verified &&
                          now.attempts == one.seen.attempts && now.hint == one.seen.hint &&
                          std::equal(now.datagram.begin(), now.datagram.end(), one.seen_bytes.begin(),
                                     one.seen_bytes.end()),
                      "a settled slot never changes");
            } else if (now.error != raida::errc::pending) {
                one.is_settled = true;
                one.seen = now;
                one.seen_bytes.assign(now.datagram.begin(), now.datagram.end());
                check_settled(board, one, now);
            }
        }
    }

    void check_settled(multiplexer& board, const question& one, const raida::reply& now)
    {
        check(now.attempts == one.sent || (now.error && now.attempts < one.sent), "attempts are counted");
        if (now.error) {
            check(now.datagram.empty() && !now.verified, "a failed slot has no answer");
            return;
        }
        ++answered_;
        check(now.attempts != 0, "only what was asked is answered");
        const bool is_signed = raida::implied_signature(one.packet).has_value();
        check(now.verified || !is_signed || raida::is_error(now.status()),
              "what counts as a vote is verified");
        check(!now.verified || is_signed, "only signed requests have verified answers");
        check(now.datagram.size() <= board.allowed().max_reply, "no answer is oversize");
        check(now.header().server == now.server && now.header().group == one.packet[4],
              "an answer is of the right server and group");
        check(!now.verified || raida::shape_of(now.datagram) == raida::response_shape::well_formed,
              "a verified answer is well-formed");
        if (now.datagram.size() < 42)
            return;
        check(one.generations.contains(now.datagram[41]), "an answer comes to the socket that asked");
        check(now.datagram[40] != 0 ||
                  raida::detail::load_big<8, std::uint64_t>(now.datagram.data() + 32) == one.name,
              "no answer is attributed to another request");
    }

    std::array<std::uint64_t, n> held_{}, replaced_{};
    std::size_t answered_ = 0;
};

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_MULTIPLEXER_BOOKS_HPP
