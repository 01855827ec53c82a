// Any order of requests, datagrams, errors, times and cancellations may happen to the engine: after each step
// its books must balance, and in the end everything must be finished.
#ifndef RAIDA_TESTS_FUZZ_MULTIPLEXER_HPP
#define RAIDA_TESTS_FUZZ_MULTIPLEXER_HPP

#include "check.hpp"
#include "multiplexer_books.hpp"

#include <raida/engine/detail/multiplexer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace fuzz {

/// Reads a program from the input, and acts it out on a multiplexer of five servers.
class multiplexer_run
{
  public:
    explicit multiplexer_run(raida::bytes_view input) : input_{input} {}

    /// True if at least one slot was answered.
    bool run()
    {
        while (!input_.empty()) {
            step();
            books_.check_all(board_);
        }
        finish_everything();
        return books_.answered() != 0;
    }

  private:
    using board = multiplexer_books::multiplexer;
    using question = multiplexer_books::question;
    using fan_out = multiplexer_books::fan_out;
    using round = raida::detail::round<multiplexer_books::n>;
    using time_point = raida::detail::time_point;
    using bytes = multiplexer_books::bytes;
    static constexpr std::size_t n = multiplexer_books::n;

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
            return renew(next(n));
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
        books_.fan_outs.push_back(std::move(made));
    }

    void send(std::size_t server, std::size_t most)
    {
        std::array<raida::outgoing, 4> batch;
        const auto count = board_.next_batch(server, batch);
        const auto done = std::min(count, most);
        for (std::size_t i = 0; i < done; ++i)
            note_sent(server, board_.generation(server), batch[i]);
        if (next(8) == 0) // found while sending
            fail();
        board_.sent(server, std::span{batch}.first(done), now_, next(2) == 0);
        if (done < count && next(4) == 0)
            board_.fail_unsent(server, batch[done], std::make_error_code(std::errc::host_unreachable), now_);
    }

    void note_sent(std::size_t server, std::uint8_t generation, const raida::outgoing& one)
    {
        const auto name = raida::detail::load_big<8, std::uint64_t>(one.bytes.data() + 32);
        for (const auto& fan : books_.fan_outs)
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
                ++books_.sent[server];
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
            (to.generation + (honest || next(5) != 0 ? 0U : 1U)) % raida::detail::socket_generations::count);
        const bytes whole = make_answer(to, generation, honest);
        const auto before = books_.movements(board_, to.server);
        board_.on_datagram(to.server, generation, {.bytes = whole, .truncated = !honest && next(16) == 0},
                           now_);
        const auto after = books_.movements(board_, to.server);
        check(after.first - before.first == 1, "every datagram is received once");
        check(after.second - before.second == 1, "every datagram has one place in the statistics");
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

    void renew(std::size_t server)
    {
        (void)board_.renew(server);
        board_.close_retired([&](std::size_t of, std::uint8_t generation) {
            check(generation != board_.generation(of), "no socket in use is closed");
        });
    }

    void cancel()
    {
        if (board_.rounds().size() != 0)
            board_.finish(board_.rounds()[static_cast<std::uint32_t>(next(board_.rounds().size()))],
                          std::make_error_code(std::errc::operation_canceled), now_);
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
            books_.check_all(board_);
            take_results();
            books_.check_all(board_);
        }
        books_.check_end(board_);
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
    multiplexer_books books_; // outlive the board, which writes to their answers
    board board_{allowed()};
    std::vector<sent_datagram> sent_;
    std::array<std::uint64_t, n> last_first_{};
    std::uint64_t names_ = 0;
};

/// Acts out any program. True if a slot was answered in it.
inline bool multiplexer(raida::bytes_view input)
{
    return multiplexer_run{input}.run();
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_MULTIPLEXER_HPP
