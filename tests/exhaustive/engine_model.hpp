// Two fan-outs in the engine's decisions, and everything that may happen to them.
#ifndef RAIDA_TESTS_EXHAUSTIVE_ENGINE_MODEL_HPP
#define RAIDA_TESTS_EXHAUSTIVE_ENGINE_MODEL_HPP

#include "engine_state.hpp"
#include "explore.hpp"

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

/// The engine cannot be copied, so each state is played again from the beginning; once for all events that
/// change nothing.
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

        friend bool operator==(const event&, const event&) = default;
    };

    explicit engine_world(const engine_setup& setup) : setup_{&setup}, played_{std::make_shared<played>()}
    {
        replay();
        look(*played_->now);
    }

    [[nodiscard]] const std::string& key() const { return key_; }
    [[nodiscard]] const std::vector<event>& events() const { return events_; }
    void happen(const event& next)
    {
        try {
            if (!played_->now || played_->history != history_)
                replay();
            const auto now = std::exchange(played_->now, nullptr);
            const auto before = exact_;
            act(*now, next);
            now->books.check_all(now->board);
            look(*now);
            if (exact_ != before)
                history_.push_back(next);
            played_->history = history_;
            played_->now = now;
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

    // Where an engine stands that has played all this, for all copies of this world.
    struct played
    {
        std::shared_ptr<engine_run> now{};
        std::vector<event> history{};
    };

    void replay()
    {
        raida::limits allowed;
        allowed.in_flight_per_lane = setup_->most_in_flight;
        allowed.grace = std::chrono::milliseconds{3};
        played_->history = history_;
        played_->now = std::make_shared<engine_run>(allowed);
        for (const event& one : history_) {
            act(*played_->now, one);
            played_->now->books.check_all(played_->now->board);
        }
    }

    // ---- what happens

    void act(engine_run& now, const event& one) const
    {
        const auto error = std::make_error_code(std::errc::connection_refused);
        const auto about = [&]() -> const engine_datagram& { return now.sent[one.which]; };
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

    void ask(engine_run& now, std::size_t which) const
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
        books_type::multiplexer::lane_set reachable;
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

    void send(engine_run& now, std::size_t server) const
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
    void arrive(engine_run& now, const engine_datagram& to, raida::status what, bool proved) const
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

    static void take_results(engine_run& now)
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

    void look(engine_run& now)
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
            for (std::uint8_t server = 0; server < setup_->servers && now.renewals == 0; ++server)
                events_.push_back({kind::renewed, server});
        }
        if (events_.empty())
            now.books.check_end(now.board);
        exact_ = engine_names{*setup_}.exact(now);
        key_ = events_.empty() ? std::string{"over"} : engine_names{*setup_}.folded(now);
    }

    const engine_setup* setup_;
    std::shared_ptr<played> played_; // shared with its copies
    std::vector<event> history_;
    std::string exact_, key_;
    std::vector<event> events_;
};

} // namespace exhaustive

#endif // RAIDA_TESTS_EXHAUSTIVE_ENGINE_MODEL_HPP
