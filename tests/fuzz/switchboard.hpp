// Any order of requests, datagrams, errors, times and cancellations may happen to the engine: after each step
// its books must balance, and in the end everything must be finished.
#ifndef RAIDA_TESTS_FUZZ_SWITCHBOARD_HPP
#define RAIDA_TESTS_FUZZ_SWITCHBOARD_HPP

#include "check.hpp"

#include <raida/detail/switchboard.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace fuzz {

/// Reads a program from the input, and acts it out on a switchboard of five servers.
class switchboard_run
{
  public:
    explicit switchboard_run(raida::bytes_view input) : input_{input} {}

    /// True if at least one slot was answered.
    bool run()
    {
        while (!input_.empty()) {
            step();
            check_books();
        }
        finish_everything();
        return answered_ != 0;
    }

  private:
    static constexpr std::size_t n = 5;
    using board = raida::detail::switchboard<n>;
    using round = raida::detail::round<n>;
    using slot_state = raida::detail::slot_state;
    using time_point = raida::detail::time_point;
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

    struct fan_out
    {
        raida::replies<n> answers{};
        std::array<question, n> questions{};
        std::uint32_t serial = 0;
        unsigned attempts = 1;
        bool is_watched = false, is_finished = false;
    };

    struct sent_datagram
    {
        std::size_t server;
        std::uint8_t generation;
        bytes packet;
        std::uint64_t name;
    };

    // ---- the program

    std::size_t next(std::size_t limit)
    {
        if (input_.empty())
            return 0;
        const std::size_t value = input_[0];
        input_ = input_.subspan(1);
        return value % limit;
    }

    void step()
    {
        switch (next(14)) {
        case 0:
        case 1:
            return ask();
        case 2:
        case 3:
        case 4:
            return send(next(n), next(4));
        case 5:
        case 6:
        case 7:
            return arrive(true);
        case 8:
            return arrive(false);
        case 9:
            return fail();
        case 10:
            if (now_ - began_ <
                std::chrono::milliseconds{2800}) // the longest deadline is 3 s: no echo is forgotten
                now_ += std::chrono::microseconds{next(256) * 40};
            return board_.expire(now_);
        case 11:
            return take_results();
        case 12:
            return cancel();
        default:
            return board_.lane_of(next(n)).renew();
        }
    }

    bytes make_packet(std::size_t server, std::uint64_t name)
    {
        static constexpr raida::command_code what[] = {raida::echo_command, raida::detect_command,
                                                       raida::pown_command};
        bytes packet(50);
        raida::request_header header{.server = static_cast<std::uint8_t>(server), .what = what[next(3)]};
        header.encryption = next(4) == 0 ? raida::encryption_type::token_key : raida::encryption_type::none;
        header.echo(static_cast<std::uint16_t>(next(3))); // so few that they meet again and again
        header.write(packet.data());
        raida::detail::store_big<8>(packet.data() + 32, name);
        return packet;
    }

    void ask()
    {
        auto made = std::make_unique<fan_out>();
        std::array<raida::detail::packet_view, n> views;
        for (std::size_t server = 0; server < n; ++server) {
            question& one = made->questions[server];
            one.name = ++names_;
            if (next(4) != 0)
                one.packet = make_packet(server, one.name);
            views[server] = {one.packet, raida::implied_signature(one.packet)};
        }
        raida::request_options<n> how;
        how.deadline = std::chrono::milliseconds{1 + next(40)};
        how.retry.attempts = made->attempts = next(3) == 0 ? 3 : 1;
        how.linger = std::chrono::milliseconds{next(3) * 5};
        how.overall = std::chrono::milliseconds{next(5) == 0 ? 30 : 0};
        if (const auto wanted = next(n + 1); wanted < n)
            how.complete = [wanted](const raida::replies<n>& so_far) { return so_far.answered() > wanted; };
        if (next(2) == 0)
            how.on_reply = [](const raida::reply&) {};
        made->is_watched = static_cast<bool>(how.on_reply) || !how.complete.waits_for_all();

        const auto active = board_.active();
        if (board_.check(views, how)) {
            check(board_.active() == active, "a refused call changes nothing");
            return;
        }
        check(made->attempts == 1 || std::none_of(made->questions.begin(), made->questions.end(),
                                                  [](const question& one) {
                                                      return !one.packet.empty() && one.packet[4] == 1 &&
                                                             one.packet[5] == 20;
                                                  }),
              "no pown is retried");
        board::lane_set reachable;
        reachable.set();
        reachable.reset(next(20) == 0 ? next(n) : n - 1);
        made->serial = board_.admit(views, std::move(how), made->answers, reachable, made.get(), now_).serial;
        fan_outs_.push_back(std::move(made));
    }

    void send(std::size_t server, std::size_t most)
    {
        std::array<raida::outgoing, 4> batch;
        const auto count = board_.next_batch(server, batch);
        const auto done = std::min(count, most);
        auto& lane = board_.lane_of(server);
        for (std::size_t i = 0; i < done; ++i)
            note_sent(server, lane.generation(), batch[i]);
        if (next(8) == 0) // found while sending
            fail();
        board_.sent(server, std::span{batch}.first(done), now_, next(2) == 0);
        if (done < count && next(4) == 0)
            board_.fail_unsent(server, batch[done], std::make_error_code(std::errc::host_unreachable));
    }

    void note_sent(std::size_t server, std::uint8_t generation, const raida::outgoing& one)
    {
        const auto name = raida::detail::load_big<8, std::uint64_t>(one.bytes.data() + 32);
        for (const auto& fan : fan_outs_)
            if (question& asked = fan->questions[server]; asked.name == name) {
                check(bytes(one.bytes.begin(), one.bytes.end()) == asked.packet,
                      "the packet leaves as it is");
                check(++asked.sent <= fan->attempts, "no more datagrams than allowed");
                asked.generations.insert(generation);
                if (asked.sent == 1) {
                    check(name > last_first_[server], "requests leave in order");
                    last_first_[server] = name;
                }
                sent_.push_back({server, generation, asked.packet, name});
                ++sent_count_[server];
                return;
            }
        check(false, "only what was asked is sent");
    }

    // After the header an answer names its question, whether its echo was changed, and the socket it comes
    // to.
    bytes make_answer(const sent_datagram& to, std::uint8_t generation, bool honest)
    {
        static constexpr raida::status what[] = {raida::status::all_pass, raida::status::mixed,
                                                 raida::status::invalid_packet_length,
                                                 raida::status::invalid_coin_id, raida::status::invalid_crc};
        raida::response_header header;
        header.server = static_cast<std::uint8_t>(to.server);
        header.status = what[next(std::size(what))];
        header.group = to.packet[4];
        header.echo = raida::detail::load_big<2, std::uint16_t>(to.packet.data() + 30);
        std::copy_n(to.packet.begin() + 32, 16, header.signature.begin());
        header.body_size = 12;
        bytes whole(44, raida::terminator_byte);
        whole[40] = 0;
        whole[41] = generation;
        raida::detail::store_big<8>(whole.data() + 32, to.name);
        if (!honest) {
            const auto change = next(9);
            header.signature[0] ^= change <= 1 || change == 6 ? 1 : 0;
            header.server = static_cast<std::uint8_t>(header.server ^ (change == 2 ? 1 : 0));
            header.group = static_cast<std::uint8_t>(header.group ^ (change == 3 ? 1 : 0));
            if (change == 4 || change == 6) {
                header.echo = static_cast<std::uint16_t>(next(4));
                whole[40] = 1;
            }
            if (change == 5 || change == 6) { // a wide header
                header.body_size = 0;
                whole.resize(48);
            }
            if (change == 7)
                whole.resize(next(60));
            if (change == 8) {
                whole.resize(200, raida::terminator_byte);
                header.body_size = 168;
            }
        }
        if (whole.size() >= raida::header_size)
            header.write(whole.data());
        return whole;
    }

    void arrive(bool honest)
    {
        if (sent_.empty())
            return;
        const sent_datagram& to = sent_[sent_.size() - 1 - next(std::min<std::size_t>(sent_.size(), 20))];
        const auto generation = static_cast<std::uint8_t>(
            (to.generation + (honest || next(5) != 0 ? 0U : 1U)) % raida::detail::lane<n>::generations);
        const bytes whole = make_answer(to, generation, honest);
        const auto before = books(to.server);
        board_.on_datagram(to.server, generation, {.bytes = whole, .truncated = !honest && next(16) == 0},
                           now_);
        const auto after = books(to.server);
        check(after.first - before.first == 1, "every datagram is received once");
        check(after.second - before.second == 1, "every datagram has one place in the statistics");
    }

    // Received, and what became of it. A provisional answer is none of the counted ones yet.
    std::pair<std::uint64_t, std::uint64_t> books(std::size_t server)
    {
        const raida::lane_statistics& c = board_.counts().servers[server];
        std::uint64_t held = 0;
        for (std::uint32_t i = 0; i < board_.rounds().size(); ++i)
            held += board_.rounds()[i].slots[server].state == slot_state::provisional ? 1 : 0;
        const auto replaced = replaced_[server];
        if (held < held_[server]) // a verified answer, or a refusal, took the place of a provisional one
            replaced_[server] += held_[server] - held;
        held_[server] = held;
        (void)replaced;
        return {c.received, c.late + c.foreign + c.forged + c.malformed + c.hints + c.oversize + c.answered +
                                held + replaced_[server]};
    }

    void fail()
    {
        const auto error = std::make_error_code(std::errc::connection_refused);
        if (sent_.empty() || next(3) == 0)
            return board_.on_error(next(n), 0, error, {}, raida::request_id::unknown, now_);
        const sent_datagram& about = sent_[sent_.size() - 1 - next(std::min<std::size_t>(sent_.size(), 20))];
        const std::size_t quoted[] = {50, 48, 32, 31, 8, 90};
        bytes quote = about.packet;
        if (&about != &sent_.back() && next(2) == 0) // they may have left together
            quote.insert(quote.end(), (&about)[1].packet.begin(), (&about)[1].packet.end());
        quote.resize(quoted[next(6)]);
        board_.on_error(about.server, about.generation, error, quote, raida::request_id::unknown, now_);
    }

    void take_results()
    {
        for (auto one = board_.next_settled(); one.of != nullptr; one = board_.next_settled()) {
            auto& fan = *static_cast<fan_out*>(one.of->owner);
            check(fan.is_watched && !fan.is_finished, "only watched slots are shown, and before the end");
            check(++fan.questions[one.server].told == 1, "each slot is shown once");
            check(fan.answers[one.server].error != raida::errc::pending, "what is shown is settled");
            board_.notified(*one.of, now_);
        }
        while (round* const done = board_.next_finished()) {
            auto& fan = *static_cast<fan_out*>(done->owner);
            check(!std::exchange(fan.is_finished, true), "each fan-out finishes once");
            for (const raida::reply& one : fan.answers)
                check(one.error != raida::errc::pending, "a finished fan-out has no open slot");
            board_.release(*done);
            const auto left = done->packets.memory();
            check(std::all_of(left.begin(), left.end(), [](std::uint8_t b) { return b == 0; }),
                  "packets are wiped after use");
        }
        check(!board_.has_results(), "all results were taken");
    }

    void cancel()
    {
        if (board_.rounds().size() != 0)
            board_.finish(board_.rounds()[static_cast<std::uint32_t>(next(board_.rounds().size()))],
                          std::make_error_code(std::errc::operation_canceled));
    }

    // ---- the books

    void check_books()
    {
        std::array<std::size_t, n> in_flight{};
        time_point earliest = time_point::max();
        for (std::uint32_t i = 0; i < board_.rounds().size(); ++i)
            check_round(board_.rounds()[i], in_flight, earliest);
        check(board_.next_due() <= earliest, "nothing that is due is forgotten");
        for (std::size_t server = 0; server < n; ++server) {
            auto& lane = board_.lane_of(server);
            check(lane.in_flight() == in_flight[server], "places are counted right");
            check(lane.in_flight() <= board_.allowed().in_flight_per_lane, "no lane is over its limit");
            check(board_.sendable()[server] ==
                      (lane.has_waiting() && lane.in_flight() < board_.allowed().in_flight_per_lane),
                  "what may be sent is known");
            check(board_.counts().servers[server].sent == sent_count_[server], "sends are counted");
            (void)books(server);
        }
        for (const auto& fan : fan_outs_)
            check_slots(*fan);
    }

    void check_round(const round& one, std::array<std::size_t, n>& in_flight, time_point& earliest)
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
                earliest = std::min(earliest, one.due_of(slot, board_.allowed().queue_wait));
        }
        check(open == one.outstanding, "open slots are counted right");
        check(!one.finished || open == 0, "a finished fan-out has no open slot");
    }

    void check_slots(fan_out& fan)
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
                check_settled(one, now);
            }
        }
    }

    void check_settled(const question& one, const raida::reply& now)
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
        check(now.datagram.size() <= board_.allowed().max_reply, "no answer is oversize");
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

    void finish_everything()
    {
        for (int turns = 0; board_.active() != 0; ++turns) {
            check(turns < 10'000, "everything finishes");
            for (std::size_t server = 0; server < n; ++server)
                while (board_.sendable()[server])
                    send(server, 4);
            if (board_.next_due() != time_point::max())
                now_ = std::max(now_, board_.next_due());
            board_.expire(now_);
            check_books();
            take_results();
            check_books();
        }
        check(board_.next_due() == time_point::max(), "nothing is due when nothing is in flight");
        std::array<raida::lane_statistics, n> ends{};
        for (const auto& fan : fan_outs_) {
            check(fan->is_finished, "every fan-out finishes");
            for (std::size_t server = 0; server < n; ++server) {
                const auto& error = fan->answers[server].error;
                ends[server].answered += error ? 0 : 1;
                ends[server].refused +=
                    error == std::errc::connection_refused || error == std::errc::host_unreachable;
            }
        }
        for (std::size_t server = 0; server < n; ++server) {
            check(board_.counts().servers[server].answered == ends[server].answered, "answers are counted");
            check(board_.counts().servers[server].refused == ends[server].refused, "refusals are counted");
        }
    }

    static raida::limits allowed()
    {
        raida::limits allowed;
        allowed.in_flight_per_lane = 3;
        allowed.queue_wait = std::chrono::milliseconds{15};
        allowed.grace = std::chrono::milliseconds{3};
        allowed.max_reply = 100;
        allowed.fanouts = 20;
        return allowed;
    }

    raida::bytes_view input_;
    const time_point began_{std::chrono::hours{1}};
    time_point now_ = began_;
    std::vector<std::unique_ptr<fan_out>> fan_outs_; // outlive the board, which writes to their answers
    board board_{allowed()};
    std::vector<sent_datagram> sent_;
    std::array<std::uint64_t, n> sent_count_{}, last_first_{}, held_{}, replaced_{};
    std::uint64_t names_ = 0;
    std::size_t answered_ = 0;
};

/// Acts out any program. True if a slot was answered in it.
inline bool switchboard(raida::bytes_view input)
{
    return switchboard_run{input}.run();
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_SWITCHBOARD_HPP
