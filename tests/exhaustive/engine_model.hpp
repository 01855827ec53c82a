// Two fan-outs in the engine's decisions, and everything that may happen to them.
#ifndef RAIDA_TESTS_EXHAUSTIVE_ENGINE_MODEL_HPP
#define RAIDA_TESTS_EXHAUSTIVE_ENGINE_MODEL_HPP

#include "explore.hpp"

#include "fuzz/multiplexer_books.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
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

/// The engine cannot be copied, so each state is played again from the beginning.
class engine_world
{
  public:
    struct event
    {
        enum class kind : std::uint8_t
        {
            asked,      // which: the fan-out
            sent,       // server
            answered,   // which: the datagram that left, by number
            complained, // an error status with the right echo and no proof
            forged,     // a vote with the right echo and no proof
            refused,    // with a proof
            suspected,  // without one
            renewed,    // server: a fresh socket
            due,        // the next deadline is over
            cancelled   // which: the fan-out
        } what{};
        std::uint8_t which = 0;
    };

    explicit engine_world(const engine_setup& setup) : setup_{&setup} { replay(); }

    [[nodiscard]] const std::string& key() const { return key_; }
    [[nodiscard]] const std::vector<event>& events() const { return events_; }
    void happen(const event& next)
    {
        history_.push_back(next);
        try {
            replay();
        } catch (const violation&) {
            throw;
        } catch (const std::logic_error& broken) { // what the books say
            throw violation{broken.what()};
        }
    }
    [[nodiscard]] static std::string name(const event& one)
    {
        static constexpr const char* names[] = {"fan-out is asked",          "lane sends",
                                                "datagram is answered",      "datagram is complained of",
                                                "datagram: a forged vote",   "datagram is refused",
                                                "datagram may be refused",   "lane gets a fresh socket",
                                                "the next deadline is over", "fan-out is cancelled"};
        return std::string{names[static_cast<std::size_t>(one.what)]} + ' ' + std::to_string(one.which);
    }

  private:
    using kind = event::kind;
    using board_type = books_type::multiplexer;

    struct datagram
    {
        std::size_t fan, server;
        std::uint8_t generation;
        bytes packet;
    };

    struct run
    {
        explicit run(const raida::limits& allowed) : board{allowed} {}

        books_type books{}; // outlive the board, which writes to their answers
        board_type board;
        std::array<books_type::fan_out*, 2> fans{};
        std::vector<datagram> sent{};
        time_point now{std::chrono::hours{1}};
        int renewals = 0;
    };

    void replay()
    {
        raida::limits allowed;
        allowed.in_flight_per_lane = setup_->most_in_flight;
        allowed.grace = std::chrono::milliseconds{3};
        const auto now = std::make_unique<run>(allowed);
        for (const event& one : history_) {
            act(*now, one);
            now->books.check_all(now->board);
        }
        look(*now);
        if (events_.empty())
            now->books.check_end(now->board);
    }

    // ---- what happens

    void act(run& now, const event& one) const
    {
        const auto error = std::make_error_code(std::errc::connection_refused);
        const auto about = [&]() -> const datagram& { return now.sent[one.which]; };
        const auto report = [&](std::size_t quoted) {
            now.board.on_error(about().server, about().generation, error,
                               raida::bytes_view{about().packet}.first(quoted), raida::request_id::unknown,
                               now.now);
        };
        switch (one.what) {
        case kind::asked:
            ask(now, one.which);
            break;
        case kind::sent:
            send(now, one.which);
            break;
        case kind::answered:
            arrive(now, about(), raida::status::all_pass, true);
            break;
        case kind::complained:
            arrive(now, about(), raida::status::invalid_crc, false);
            break;
        case kind::forged:
            arrive(now, about(), raida::status::all_pass, false);
            break;
        case kind::refused:
            report(48);
            break;
        case kind::suspected:
            report(8);
            break;
        case kind::renewed:
            ++now.renewals;
            (void)now.board.renew(one.which);
            break;
        case kind::due:
            now.now = std::max(now.now, now.board.next_due());
            now.board.expire(now.now);
            break;
        case kind::cancelled:
            for (std::uint32_t i = 0; i < now.board.rounds().size(); ++i)
                if (auto& round = now.board.rounds()[i]; round.active && round.owner == now.fans[one.which])
                    now.board.finish(round, std::make_error_code(std::errc::operation_canceled), now.now);
        }
        now.board.close_retired([&](std::size_t of, std::uint8_t generation) {
            must(generation != now.board.generation(of), "no socket in use is closed");
        });
        take_results(now);
    }

    void ask(run& now, std::size_t which) const
    {
        auto made = std::make_unique<books_type::fan_out>();
        std::array<raida::detail::packet_view, books_type::n> views;
        for (std::size_t server = 0; server < setup_->servers; ++server) {
            auto& one = made->questions[server];
            one.name = which * 10 + server + 1;
            one.packet = packet_for(which, server, one.name);
            views[server] = {one.packet, raida::implied_signature(one.packet)};
        }
        raida::request_options<books_type::n> how;
        how.deadline = std::chrono::milliseconds{20 + 15 * which};
        if (which == 0) {
            how.retry.attempts = made->attempts = setup_->attempts;
            if (setup_->quorum)
                how.complete = [](const raida::replies<books_type::n>& so_far) {
                    return so_far.answered() >= 2;
                };
        }
        made->is_watched = !how.complete.waits_for_all();
        if (now.board.check(views, how)) {
            must(setup_->same_echo && !setup_->second_signed, "what can be told apart is taken");
            now.books.fan_outs.push_back(std::move(made)); // never admitted
            now.books.fan_outs.back()->is_finished = true;
            now.fans[which] = now.books.fan_outs.back().get();
            for (std::size_t server = 0; server < books_type::n; ++server)
                now.fans[which]->answers.fail(server, raida::errc::skipped, {}, 0);
            return;
        }
        board_type::lane_set reachable;
        reachable.set();
        made->serial =
            now.board.admit(views, std::move(how), made->answers, reachable, made.get(), now.now).serial;
        now.fans[which] = made.get();
        now.books.fan_outs.push_back(std::move(made));
    }

    bytes packet_for(std::size_t which, std::size_t server, std::uint64_t name) const
    {
        bytes packet(50);
        raida::request_header header{.server = static_cast<std::uint8_t>(server),
                                     .what = raida::detect_command};
        if (which == 1 && !setup_->second_signed)
            header.encryption = raida::encryption_type::token_key;
        header.echo(setup_->same_echo ? 7 : static_cast<std::uint16_t>(7 + which));
        header.write(packet.data());
        raida::detail::store_big<8>(packet.data() + 32, name);
        return packet;
    }

    void send(run& now, std::size_t server) const
    {
        std::array<raida::outgoing, 1> batch;
        const auto count = now.board.next_batch(server, batch);
        must(count == 1, "what may be sent is there");
        for (std::size_t fan = 0; fan < 2; ++fan)
            if (auto* of = now.fans[fan])
                if (auto& one = of->questions[server]; std::equal(
                        batch[0].bytes.begin(), batch[0].bytes.end(), one.packet.begin(), one.packet.end())) {
                    const auto generation = now.board.generation(server);
                    must(++one.sent <= of->attempts, "no more datagrams than allowed");
                    one.generations.insert(generation);
                    now.sent.push_back({fan, server, generation, one.packet});
                    ++now.books.sent[server];
                }
        now.board.sent(server, batch, now.now);
    }

    // After the header an answer names its question, and the socket that it comes to.
    void arrive(run& now, const datagram& to, raida::status what, bool proved) const
    {
        raida::response_header header;
        header.server = static_cast<std::uint8_t>(to.server);
        header.status = what;
        header.group = to.packet[4];
        header.echo = raida::detail::load_big<2, std::uint16_t>(to.packet.data() + 30);
        std::copy_n(to.packet.begin() + 32, 16, header.signature.begin());
        header.body_size = 12;
        bytes whole(44, raida::terminator_byte);
        whole[40] = 0;
        whole[41] = to.generation;
        std::copy_n(to.packet.begin() + 32, 8, whole.begin() + 32);
        if (!proved)
            header.signature[9] = 0xEE;
        else if (setup_->mistake && to.fan == 0)
            header.signature[7] = static_cast<std::uint8_t>(10 + to.server + 1); // the second one's
        header.write(whole.data());
        now.board.on_datagram(to.server, to.generation, {.bytes = whole}, now.now);
    }

    static void take_results(run& now)
    {
        for (auto one = now.board.next_settled(); one.of != nullptr; one = now.board.next_settled()) {
            auto& fan = *static_cast<books_type::fan_out*>(one.of->owner);
            must(fan.is_watched && !fan.is_finished, "only watched slots are shown, before the end");
            must(++fan.questions[one.server].told == 1, "each slot is shown once");
            now.board.notified(*one.of, now.now);
        }
        while (auto* const done = now.board.next_finished()) {
            auto& fan = *static_cast<books_type::fan_out*>(done->owner);
            must(!std::exchange(fan.is_finished, true), "each fan-out finishes once");
            now.board.release(*done);
        }
    }

    // ---- what may happen next, and a name for the state

    void look(run& now)
    {
        events_.clear();
        for (std::uint8_t fan = 0; fan < 2; ++fan)
            if (now.fans[fan] == nullptr)
                events_.push_back({kind::asked, fan});
            else if (!now.fans[fan]->is_finished)
                events_.push_back({kind::cancelled, fan});
        for (std::uint8_t server = 0; server < setup_->servers; ++server)
            if (now.board.sendable()[server])
                events_.push_back({kind::sent, server});
        if (now.board.next_due() != time_point::max())
            events_.push_back({kind::due});
        if (now.board.active() != 0) {
            for (std::uint8_t i = 0; i < now.sent.size(); ++i)
                for (const auto what :
                     {kind::answered, kind::complained, kind::forged, kind::refused, kind::suspected})
                    events_.push_back({what, i});
            if (now.renewals == 0)
                events_.push_back({kind::renewed, 0});
        }
        make_key(now);
    }

    void make_key(run& now)
    {
        const auto since = [&](time_point when) {
            return when == time_point::max()
                       ? std::string{"-"}
                       : std::to_string((when - now.now) / std::chrono::microseconds{1});
        };
        key_ = since(now.board.next_due()) + 'r' + std::to_string(now.renewals);
        for (std::uint32_t i = 0; i < now.board.rounds().size(); ++i)
            if (const auto& round = now.board.rounds()[i]; round.active) {
                key_ += 'i' + since(round.began) + since(round.ends);
                for (std::size_t server = 0; server < setup_->servers; ++server) {
                    const auto& slot = round.slots[server];
                    key_ += ',' + std::to_string(slot.since) + ' ' + std::to_string(slot.timeout) +
                            "qsfp"[static_cast<std::size_t>(slot.state)] + std::to_string(slot.attempts) +
                            std::to_string(slot.generation) + std::to_string(slot.fresh_echo) +
                            std::to_string(static_cast<int>(slot.next)) +
                            std::to_string(static_cast<int>(slot.previous));
                }
            }
        for (std::size_t fan = 0; fan < 2; ++fan)
            if (const auto* of = now.fans[fan]) {
                key_ += of->is_finished ? 'X' : 'o';
                for (std::size_t server = 0; server < setup_->servers; ++server) {
                    const raida::reply& says = of->answers[server];
                    key_ += std::to_string(says.error.value()) + (says.verified ? 'v' : 'u') +
                            std::to_string(of->questions[server].told);
                }
            }
        for (std::size_t server = 0; server < setup_->servers; ++server) {
            auto& lane = now.board.lane_of(server);
            key_ += 'l' + std::to_string(now.board.generation(server)) + std::to_string(lane.in_flight());
            for (std::uint32_t i = 0; i < now.board.rounds().size(); ++i)
                key_ += std::to_string(lane.suspected(i).value());
        }
        std::vector<std::string> sent;
        for (const datagram& one : now.sent)
            sent.push_back('d' + std::to_string(one.fan) + std::to_string(one.server) +
                           std::to_string(one.generation));
        std::sort(sent.begin(), sent.end());
        for (const std::string& one : sent)
            key_ += one;
    }

    const engine_setup* setup_;
    std::vector<event> history_;
    std::string key_;
    std::vector<event> events_;
};

} // namespace exhaustive

#endif // RAIDA_TESTS_EXHAUSTIVE_ENGINE_MODEL_HPP
