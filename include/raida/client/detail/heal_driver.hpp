// Does what a heal's decisions want done: asks, writes the journal, waits, tells the caller.
#ifndef RAIDA_CLIENT_DETAIL_HEAL_DRIVER_HPP
#define RAIDA_CLIENT_DETAIL_HEAL_DRIVER_HPP

#include <raida/async/detail/waiting_handler.hpp>
#include <raida/base/errc.hpp>
#include <raida/client/detail/batch.hpp>
#include <raida/client/detail/books.hpp>
#include <raida/client/detail/change_call.hpp>
#include <raida/client/detail/checks.hpp>
#include <raida/client/detail/heal_machine.hpp>
#include <raida/client/detail/heal_payloads.hpp>
#include <raida/client/heal_options.hpp>
#include <raida/client/healing.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// Has the secrets; heal_machine has the decisions. Detect and find are calls of the client's own.
template <class Core>
class heal_driver final
    : public change_call<heal_driver<Core>, Core, heal_machine<Core::size>, heal_record<Core::size>,
                         heal_options<Core::size>, healing<Core::size>>
{
    using base = typename heal_driver::change_call;

  public:
    static constexpr std::size_t N = Core::size;
    using base::base;
    using typename base::result;

    void pages_free(std::size_t) override {}

    // asker: of tickets and fixes, one question at a time
    requests<N> build(std::uint32_t, std::error_code& error) override
    {
        return core_->ask.custom(what_, payload_, error);
    }
    void settled(std::uint32_t, const reply& one, bool readable) override
    {
        const std::size_t records = tickets_.records[one.server];
        if (what_ == fix_command)
            was_sent_ = was_sent_ || one.attempts != 0;
        else if (one && one.status() == status::invalid_packet_length)
            core_->shorten(one.server, detect_command, records); // whose records are as long
        else if (one && one.verified && readable && records != 0)
            this->guard([&] {
                machine_->vouched(one.server, parse_ticket(one.status(), one.body(), records, bits()));
            });
    }
    void finished(std::uint32_t id, std::error_code error, replies<N>&) override
    {
        exchanges_.erase(id);
        expects_ = false;
        this->guard([&] {
            if (is_for_all(error))
                machine_->failed(error);
            what_ == fix_command ? machine_->fixed(was_sent_) : machine_->tickets_over();
        });
        this->turn();
    }

  private:
    friend base;

    // ---- before anything happens

    [[nodiscard]] std::error_code make_numbers()
    {
        std::vector<authenticity_numbers<N>> fresh;
        const auto error = core_->fresh_numbers(fresh, 1);
        if (!error)
            record_.seeds = std::move(fresh.front());
        return error;
    }

    [[nodiscard]] std::error_code check()
    {
        if (const auto error = check_change(*core_, record_, how_.other_servers))
            return error;
        if (deadlines<N>{how_.fix_deadline}.check() || how_.fix_deadline <= longest_fix)
            return errc::invalid_deadline;
        if (max_tokens_to_heal(core_->settings.requests.datagram_limit, N) == 0)
            return errc::packet_too_large;
        if (std::any_of(record_.seeds.begin(), record_.seeds.end(),
                        [](const authenticity_number& one) { return one.is_zero(); }))
            return errc::invalid_authenticity;
        return how_.journal ? std::error_code{} : make_error_code(errc::journal_failed);
    }

    [[nodiscard]] heal_rules rules() const
    {
        return {.quorum = votes_needed<N>(core_->settings.consensus),
                .rounds = how_.rounds,
                .until = core_->end_of_budget(how_.budget),
                .tells_progress = static_cast<bool>(how_.on_progress)};
    }

    void begin(heal_time now)
    {
        states_ = machine_->slots().states(); // so that there is room for them in the end
        if (recovers_)
            machine_->recover(now, may_be_fixed(record_));
        else if (how_.votes && how_.votes->token_count() == record_.tokens.size())
            machine_->start(now, votes_of(*how_.votes));
        else
            machine_->start(now);
    }

    // What one ticket takes everywhere.
    [[nodiscard]] std::size_t most_tokens() const
    {
        std::size_t most = max_tokens_to_heal(core_->settings.requests.datagram_limit, N);
        for (std::size_t server = 0; server < N; ++server)
            most = (std::min)(most, core_->most_tokens(server, detect_command));
        return Core::codec_type::encrypts ? beside_decoys(most) : most;
    }

    static auto votes_of(const batch_tally<N>& votes)
    {
        return [&votes](std::size_t token, std::size_t server) { return votes.vote(token, server); };
    }

    [[nodiscard]] raida::bit_order bits() const noexcept { return core_->settings.consensus.bit_order; }

    // ---- meanwhile

    void prepare_turn() { machine_->limit(most_tokens()); }
    [[nodiscard]] bool expects() const noexcept { return expects_; }
    [[nodiscard]] bool is_quiet() const noexcept { return exchanges_.empty() && calling_.expired(); }
    void cancel_questions()
    {
        exchanges_.cancel();
        stop_.emit(asio::cancellation_type::total);
    }
    [[nodiscard]] result so_far()
    {
        fill_record(false);
        return make_result();
    }

    // ---- what is to be done

    using base::take;

    void take(const ask_votes&)
    {
        call<vote_book<N>>(detect_command, {record_.tokens, {}},
                           [](heal_driver& self, std::error_code error, const batch_tally<N>& votes) {
                               if (self.note(error))
                                   self.machine_->voted([](std::size_t, std::size_t) { return vote::none; });
                               else
                                   self.machine_->voted(votes_of(votes));
                           });
    }

    void take(const ask_holdings<N>& wanted)
    {
        auto [tokens, new_numbers] = make_find(wanted, record_, Core::codec_type::encrypts);
        call<find_book<N>>(find_command, {std::move(tokens), std::move(new_numbers)},
                           [](heal_driver& self, std::error_code error, const find_tally<N>& found) {
                               const bool none = self.note(error);
                               self.machine_->found([&](std::size_t i, std::size_t server) {
                                   return none ? std::nullopt : found.answer(i, server);
                               });
                           });
    }

    void take(const ask_tickets<N>& wanted)
    {
        std::error_code error;
        tickets_ = make_ticket_questions(wanted, record_, machine_->slots().states(),
                                         Core::codec_type::encrypts, core_->ask.random(), error);
        if (error)
            machine_->failed(error);
        std::bitset<N> servers;
        for (std::size_t server = 0; server < N; ++server)
            servers[server] = !error && !wanted.tokens[server].empty();
        payload_ = command_payload<N>{std::move(tickets_.payloads)};
        if (tickets_.decoyed != 0)
            reads_ = reads_decoyed(wanted, tickets_.decoyed, bits());
        ask(get_ticket_command, servers, core_->settings.deadline, tickets_.decoyed != 0);
    }

    void take(const ask_fix<N>& wanted)
    {
        fixing_ = wanted.server;
        std::vector<token_id> tokens;
        for (const std::uint32_t token : wanted.tokens)
            tokens.push_back(record_.tokens[token].id());
        while (Core::codec_type::encrypts && !is_safe_sealed_fix(tokens.size(), N))
            tokens.push_back(tokens.front()); // which is the same number once more
        std::array<secret_bytes, N> payloads;
        payloads[fixing_] = fix_payload<N>(tokens, record_.seeds[fixing_], wanted.from);
        payload_ = command_payload<N>{std::move(payloads)};
        was_sent_ = false;
        ask(fix_command, std::bitset<N>{}.set(fixing_), how_.fix_deadline, false);
    }

    void take(const tell_progress&)
    {
        heal_progress now{.what = what_, .server = fixing_};
        for (const auto& of : machine_->slots().states())
            for (const heal_state one : of) {
                now.broken += is_broken(one) ? 1U : 0U;
                now.unconfirmed += one == heal_state::unconfirmed ? 1U : 0U;
                now.healed += one == heal_state::healed ? 1U : 0U;
            }
        this->tell_caller([&] { how_.on_progress(now); });
    }

    void take(const done& what)
    {
        this->end();
        fill_record(true);
        this->complete(what.error, make_result());
    }

    // ---- parts of that

    void ask(command_code what, const std::bitset<N>& servers, const deadlines<N>& deadline, bool reads)
    {
        what_ = what;
        const question<N> asked{.what = what,
                                .servers = servers,
                                .deadline = deadline,
                                .retry = retry_policy::none(),
                                .until = until_,
                                .reads = reads ? &reads_ : nullptr};
        exchanges_.start(core_, asked, 0, this->shared_from_this());
        expects_ = true;
    }

    template <class Book, class Then>
    void call(command_code what, batch_work<N> given, Then then)
    {
        what_ = what;
        const auto alive = std::make_shared<bool>();
        auto over = [self = this->shared_from_this(), alive, then](std::error_code error,
                                                                   typename Book::result got) {
            self->expects_ = false;
            self->calling_.reset();
            self->guard([&] { then(*self, error, got); });
            self->turn();
        };
        const auto left = core_->network ? until_ - core_->network->now() : heal_time::duration{};
        std::make_shared<batch<Core, Book>>(
            core_, what, std::move(given), call_options<N>{.wait = wait_for::all, .budget = left},
            make_pending<typename Book::result>(core_->get_executor(),
                                                asio::bind_cancellation_slot(stop_.slot(), std::move(over))))
            ->start();
        calling_ = alive;
        expects_ = true;
    }

    // True: there is no result. A client that is gone has cancelled its calls, which is no error.
    bool note(std::error_code error)
    {
        if (error && core_->network)
            machine_->failed(error);
        return static_cast<bool>(error);
    }

    void fill_record(bool is_last) noexcept
    {
        for (std::size_t token = 0; token < record_.tokens.size(); ++token)
            for (std::size_t server = 0; server < N; ++server)
                record_.holdings[token][server] = machine_->slots().held(token, server, is_last);
        record_.finished = is_last;
    }

    [[nodiscard]] result make_result()
    {
        states_ = machine_->slots().states();
        return {std::move(record_), std::move(states_)};
    }

    using base::core_, base::exchanges_, base::how_, base::machine_, base::record_, base::recovers_,
        base::until_;
    typename result::states states_;
    command_code what_{}; // that is being asked
    command_payload<N> payload_;
    ticket_questions<N> tickets_;
    answer_reader reads_;
    std::size_t fixing_ = 0;         // the server
    bool was_sent_ = false;          // the fix
    bool expects_ = false;           // an answer
    std::weak_ptr<void> calling_;    // detect or find, until it is over
    asio::cancellation_signal stop_; // of these
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_HEAL_DRIVER_HPP
