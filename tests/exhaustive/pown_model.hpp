// A pown of a few tokens at three servers, with a journal, a client that may be killed and a network that may
// do everything.
#ifndef RAIDA_TESTS_EXHAUSTIVE_POWN_MODEL_HPP
#define RAIDA_TESTS_EXHAUSTIVE_POWN_MODEL_HPP

#include "explore.hpp"
#include "pown_events.hpp"
#include "pown_parts.hpp"
#include "pown_table.hpp"

#include <raida/client/detail/pown_machine.hpp>
#include <raida/client/transfer.hpp>
#include <raida/wire/reply.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace exhaustive {

/// One state of it all.
class pown_world
{
  public:
    static constexpr std::size_t N = 3;
    using event = pown_event;

    pown_world(const pown_setup& setup, pown_parts& parts) : setup_{&setup}, parts_{&parts}
    {
        faults_ = setup.faults;
        kills_ = setup.kills;
        servers_.fill(table_server{setup.tokens.size()});
        begin_life();
        machine_->start(noon);
        drain();
    }

    [[nodiscard]] std::string key() const
    {
        std::array<std::string, N> each;
        for (std::size_t server = 0; server < N; ++server) {
            each[server] = servers_[server].key();
            const auto part = machine_ ? parts_->number(machine_->server(server), setup_->tokens.size()) : 0;
            for (unsigned shift = 0; shift < 32; shift += 8)
                each[server] += static_cast<char>(part >> shift & 0xFF);
        }
        std::sort(each.begin(), each.end()); // no server is like no other
        std::string whole{static_cast<char>(stage_),   static_cast<char>(has_record_),
                          static_cast<char>(stopped_), static_cast<char>(kills_),
                          static_cast<char>(faults_),  static_cast<char>(machine_.has_value())};
        for (const std::string& one : each)
            whole += static_cast<char>(one.size()) + one;
        return whole;
    }

    [[nodiscard]] std::vector<event> events() const
    {
        using enum event::kind;
        std::vector<event> all;
        if (!machine_) {
            if (has_record_ && std::none_of(servers_.begin(), servers_.end(),
                                            [](const auto& one) { return !one.open.empty(); }))
                all.push_back({recovered});
        } else if (stage_ != stage::over) {
            if (is_writing())
                all.insert(all.end(), {{journal_takes}, {journal_fails}, {journal_fails_written}});
            if (setup_->cancels && !stopped_)
                all.insert(all.end(), {{cancelled}, {budget_spent}});
        }
        if (machine_ && kills_ != 0) {
            all.push_back({killed});
            if (is_writing())
                all.push_back({killed_written});
        }
        for (std::uint8_t server = 0; server < N; ++server)
            add_events(server, servers_[server], *setup_, machine_.has_value(), faults_ != 0, all);
        return all;
    }

    void happen(const event& what)
    {
        const auto before = numbers();
        const bool was_alive = machine_.has_value();
        act(what);
        if (machine_) {
            drain();
            const auto now = numbers();
            for (std::size_t server = 0; was_alive && server < N; ++server)
                parts_->went(before[server], now[server]);
        }
        check();
        if (what.what == event::kind::recovered)
            check_that_it_would_end();
    }

    [[nodiscard]] static std::string name(const event& one) { return name_of(one); }

  private:
    using kind = event::kind;
    using machine = raida::detail::pown_machine<N>;
    static constexpr raida::detail::pown_time noon{std::chrono::hours{12}};
    static constexpr raida::detail::pown_time evening{std::chrono::hours{20}};
    enum class stage : std::uint8_t
    {
        writing_first,
        asking,
        writing_last,
        over
    };

    [[nodiscard]] bool is_writing() const
    {
        return stage_ == stage::writing_first || stage_ == stage::writing_last;
    }

    [[nodiscard]] std::array<std::uint32_t, N> numbers() const
    {
        std::array<std::uint32_t, N> all{};
        for (std::size_t server = 0; machine_ && server < N; ++server)
            all[server] = parts_->number(machine_->server(server), setup_->tokens.size());
        return all;
    }

    // ---- what may happen

    void act(const event& what)
    {
        using enum event::kind;
        table_server& at = servers_[what.server];
        switch (what.what) {
        case journal_takes:
        case journal_fails:
        case journal_fails_written:
            return write(what.what == journal_takes, what.what != journal_fails);
        case killed:
        case killed_written:
            return kill(what.what == killed_written);
        case recovered:
            return recover();
        case cancelled:
            stopped_ = true;
            return machine_->cancel();
        case budget_spent:
            stopped_ = true;
            return machine_->passed(evening);
        case arrives_late:
            return at.pown_late(what.which);
        case flushed:
            at.saved = at.held;
            return;
        case restarted:
            return at.restart();
        default:
            return act_on_request(what);
        }
    }

    void act_on_request(const event& what)
    {
        using enum event::kind;
        table_server& at = servers_[what.server];
        table_request& one = at.open[what.which];
        if (what.what != arrives && what.what != heard && faults_ != 255)
            --faults_;
        if (what.what == arrives || what.what == arrives_again)
            at.arrive(one);
        if (!machine_ && (what.what == arrives || what.what == lost)) {
            at.open.erase(at.open.begin() + what.which);
        } else if (what.what != arrives && what.what != arrives_again) {
            settle(what.server, what.which, what.what);
        }
    }

    void write(bool succeeds, bool is_written)
    {
        has_record_ = has_record_ || is_written;
        if (stage_ == stage::writing_first && succeeds)
            stage_ = stage::asking;
        if (setup_->mistake == pown_setup::wrong::ignores_the_journal) {
            succeeds = true;
            stage_ = stage::asking;
        }
        machine_->journal_taken(succeeds ? std::error_code{} : make_error_code(std::errc::io_error));
    }

    // What is on its way stays there; nobody waits for answers any more.
    void kill(bool is_written)
    {
        has_record_ = has_record_ || is_written;
        --kills_;
        machine_.reset();
        for (table_server& at : servers_)
            std::erase_if(at.open, [&](const table_request& one) {
                return setup_->overtakes || !one.is_pown || one.arrived;
            });
    }

    void recover()
    {
        begin_life();
        for (table_server& at : servers_)
            at.may_pown = 0; // who knows
        stage_ = stage::asking;
        stopped_ = false;
        if (setup_->mistake == pown_setup::wrong::powns_instead_of_finding) {
            stage_ = stage::writing_first;
            machine_->start(noon);
            drain();
            machine_->journal_taken({});
            stage_ = stage::asking;
        } else {
            machine_->recover(noon);
        }
    }

    void begin_life()
    {
        const auto& tokens = setup_->tokens;
        const std::vector<std::bitset<N>> numbered(tokens.size(), ~std::bitset<N>{});
        machine_.emplace(
            tokens, numbered,
            raida::detail::pown_rules{.patience = setup_->patience, .quorum = 2, .until = evening}, 1U);
        locks_ = {};
    }

    // The client's last word about a request.
    void settle(std::size_t server, std::size_t which, kind what)
    {
        table_server& at = servers_[server];
        const table_request one = at.open[which];
        at.open.erase(at.open.begin() + static_cast<std::ptrdiff_t>(which));
        raida::replies<N> all;
        const bool believed = setup_->mistake == pown_setup::wrong::believes_forgeries;
        if (what == kind::forged)
            all.answer(server, one.forgery(at.held[one.tokens.front()]), believed);
        else if (what == kind::heard)
            all.answer(server, one.datagram(), true);
        else
            all.fail(server, raida::errc::timed_out, {}, what == kind::never_left ? 0U : 1U);
        at.note_proof(one, what == kind::never_left, what == kind::heard);
        machine_->answered(one.id, all[server]);
        const bool is_last = std::none_of(servers_.begin(), servers_.end(), [&](const table_server& other) {
            return std::any_of(other.open.begin(), other.open.end(),
                               [&](const table_request& each) { return each.id == one.id; });
        });
        if (is_last)
            machine_->finished(one.id);
    }

    // ---- what the client does

    void drain()
    {
        for (bool again = true; again;) {
            while (auto next = machine_->next(locks_))
                std::visit([this](auto& action) { this->take(action); }, *next);
            again = false;
            for (const auto& woken : locks_.take_woken()) {
                again = true;
                machine_->pages_free(woken.server);
            }
        }
    }

    void take(const raida::detail::write_record& wanted)
    {
        must(wanted.last || stage_ == stage::writing_first, "the first record is written first");
        stage_ = wanted.last ? stage::writing_last : stage::writing_first;
    }
    void take(const raida::detail::ask_servers<N>& wanted)
    {
        must(has_record_, "nothing leaves before the journal has it");
        must(stage_ == stage::asking && !stopped_, "nothing leaves after the end");
        for (std::size_t server = 0; server < N; ++server)
            if (wanted.servers[server]) {
                const table_request one{wanted.id, wanted.what == raida::pown_command, wanted.tokens};
                for (const std::uint32_t token : wanted.tokens)
                    must(machine_->at(token, server) == raida::holding::unknown,
                         "only what is unknown from now on is asked");
                if (one.is_pown)
                    must(servers_[server].take_turn(one), "a pown is never sent twice");
                if (one.is_pown && setup_->overtakes)
                    servers_[server].delay(one);
                servers_[server].open.push_back(one);
            }
    }
    void take(const raida::detail::wait_until&) { must(false, "nobody is waited for who is not there"); }
    void take(const raida::detail::tell_progress&) {}
    void take(const raida::detail::all_decided&) {}
    void take(const raida::detail::decided& what)
    {
        must(count(what.token, 'n') >= 2 || is_forgotten(what.token), "what is told as decided is so");
    }
    void take(const raida::detail::done&)
    {
        must(stage_ != stage::over, "it ends once");
        must(stage_ != stage::asking, "it ends with its last record, or nothing was sent");
        stage_ = stage::over;
    }

    // ---- what must hold

    [[nodiscard]] std::size_t count(std::size_t token, char holds) const
    {
        return static_cast<std::size_t>(std::count_if(
            servers_.begin(), servers_.end(), [&](const auto& at) { return at.held[token] == holds; }));
    }
    [[nodiscard]] bool is_forgotten(std::size_t token) const
    {
        return std::any_of(servers_.begin(), servers_.end(),
                           [&](const auto& at) { return (at.forgot >> token & 1U) != 0; });
    }

    void check() const
    {
        for (const table_server& at : servers_)
            must(has_record_ || at.is_untouched(), "a new number that is held, or may be, is in the journal");
        if (!machine_)
            return;
        for (std::size_t server = 0; server < N; ++server)
            for (std::size_t token = 0; token < setup_->tokens.size(); ++token)
                must(servers_[server].may_say(machine_->at(token, server), token),
                     "no claim about a number is false");
        must(stage_ != stage::asking || std::any_of(servers_.begin(), servers_.end(),
                                                    [](const auto& at) { return !at.open.empty(); }),
             "it goes on until it ends");
        if (stage_ == stage::over)
            check_result();
    }

    [[nodiscard]] raida::transfer_outcome outcome(std::size_t token) const
    {
        raida::transfer_record<N> record;
        record.tokens.resize(setup_->tokens.size());
        raida::transfer<N> result{std::move(record)};
        for (std::size_t server = 0; server < N; ++server)
            result.set(token, server, machine_->at(token, server));
        return result.outcome(token);
    }

    void check_result() const
    {
        using enum raida::transfer_outcome;
        for (std::size_t token = 0; token < setup_->tokens.size(); ++token) {
            const auto is = outcome(token);
            must(is != taken && is != split, "nobody else has the token");
            must(is != transferred || count(token, 'n') >= 2 || setup_->forgets, "what is transferred is so");
            must(is != not_transferred || count(token, 'o') >= 2 || setup_->overtakes,
                 "what is not transferred is not");
        }
    }

    // From here on all servers are up and honest, and nothing is lost.
    void check_that_it_would_end() const
    {
        pown_world then = *this;
        for (int steps = 0; then.stage_ != stage::over; ++steps) {
            must(steps < 1000, "a recovery ends");
            if (then.is_writing()) {
                then.act({kind::journal_takes});
            } else {
                const auto at = std::find_if(then.servers_.begin(), then.servers_.end(),
                                             [](const table_server& one) { return !one.open.empty(); });
                must(at != then.servers_.end(), "a recovery goes on until it ends");
                const auto server = static_cast<std::uint8_t>(at - then.servers_.begin());
                then.act({kind::arrives, server, 0});
                then.act({kind::heard, server, 0});
            }
            then.drain();
            then.check();
        }
        for (std::size_t token = 0; token < setup_->tokens.size(); ++token) {
            const auto is = then.outcome(token);
            must(is == raida::transfer_outcome::transferred ||
                     (is == raida::transfer_outcome::not_transferred && setup_->patience.pown_again == 0),
                 "where all servers answer a recovery ends transferred or not transferred");
        }
    }

    const pown_setup* setup_;
    pown_parts* parts_;
    std::optional<machine> machine_; // while the client lives
    raida::detail::page_locks locks_;
    std::array<table_server, N> servers_{};
    stage stage_ = stage::writing_first;
    unsigned faults_ = 0, kills_ = 0;
    bool has_record_ = false, stopped_ = false;
};

} // namespace exhaustive

#endif // RAIDA_TESTS_EXHAUSTIVE_POWN_MODEL_HPP
