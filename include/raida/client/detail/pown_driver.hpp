// Does what a pown's decisions want done: asks, writes the journal, waits, tells the caller.
#ifndef RAIDA_CLIENT_DETAIL_POWN_DRIVER_HPP
#define RAIDA_CLIENT_DETAIL_POWN_DRIVER_HPP

#include <raida/async/detail/waiting_handler.hpp>
#include <raida/base/errc.hpp>
#include <raida/client/detail/batch_machine.hpp>
#include <raida/client/detail/call_list.hpp>
#include <raida/client/detail/check_pown.hpp>
#include <raida/client/detail/exchanges.hpp>
#include <raida/client/detail/hand_over.hpp>
#include <raida/client/detail/new_numbers.hpp>
#include <raida/client/detail/pown_machine.hpp>
#include <raida/client/pown_options.hpp>
#include <raida/client/transfer.hpp>

#include <asio/post.hpp>

#include <algorithm>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace raida::inline v1::detail {

/// Has the secrets; pown_machine has the decisions.
///
/// Once memory is short nothing more is asked: what has left is awaited, and the result has what was proved
/// by then. Nothing is lost with it, since the journal has both numbers.
template <class Core>
class pown_driver final : public waiting_call,
                          public asker<Core::size>,
                          public std::enable_shared_from_this<pown_driver<Core>>
{
  public:
    static constexpr std::size_t N = Core::size;
    static constexpr std::chrono::seconds for_ever = std::chrono::hours{24 * 365 * 100}; // as clocks go
    using result = transfer<N>;

    pown_driver(std::shared_ptr<Core> core, transfer_record<N> record, pown_options<N> how,
                pending_result<result> waiting)
        : core_{std::move(core)},
          how_{std::move(how)},
          record_{std::move(record)},
          waiting_{std::move(waiting)}
    {}

    /// The handler is never called from here. Throws std::bad_alloc; it was not and will not be called then.
    void start(bool recovers)
    {
        if (const auto error = recovers ? check_pown(*core_, record_, how_) : prepare())
            return waiting_->complete(error, result{});
        make_machine();
        record_.holdings.resize(record_.tokens.size());
        core_->calls.add(who_, this->shared_from_this());
        try {
            waiting_->on_cancel([weak = this->weak_from_this()] {
                if (const auto self = weak.lock())
                    self->cancel();
            });
            was_recorded_ = recovers;
            recovers ? machine_->recover(core_->network->now()) : machine_->start(core_->network->now());
            turn();
            is_started_ = true;
            if (early_)
                waiting_->complete(early_->first, std::move(early_->second));
        } catch (...) {
            waiting_ = {};
            has_failed_ = true;
            end_if_quiet();
            throw;
        }
    }

    /// Whatever has happened, everything that is to be done about it. Throws what the caller's functions
    /// threw, when all is done.
    void turn() override
    {
        if (in_turn_)
            return; // the one that runs goes on
        const auto self = this->shared_from_this();
        in_turn_ = true;
        guard([&] { take_turn(); });
        in_turn_ = false;
        if (has_failed_)
            end_if_quiet();
        core_->wake_waiters();
        if (thrown_)
            std::rethrow_exception(std::exchange(thrown_, nullptr));
    }

    void pages_free(std::size_t server) override { machine_->pages_free(server); }

    // asker
    requests<N> build(std::uint32_t id, std::error_code& error) override
    {
        const auto& [what, indices] = asked_.at(id);
        std::vector<basic_token<N>> tokens;
        std::vector<authenticity_numbers<N>> numbers;
        for (const std::uint32_t i : indices) {
            tokens.push_back(record_.tokens[i]);
            numbers.push_back(record_.new_numbers[i]);
        }
        return what == pown_command ? core_->ask.pown(tokens, numbers, error)
                                    : core_->ask.find(tokens, numbers, error);
    }
    void settled(std::uint32_t id, const reply& one, bool) override
    {
        if (one && one.status() == status::invalid_packet_length) {
            const auto& [what, indices] = asked_.at(id);
            core_->shorten(one.server, what, indices.size());
        }
        guard([&] { machine_->answered(id, one); });
    }
    bool has_enough(std::uint32_t, const replies<N>&, const std::bitset<N>&) override { return false; }
    void finished(std::uint32_t id, std::error_code error, replies<N>&) override
    {
        exchanges_.erase(id);
        asked_.erase(id);
        guard([&] { machine_->finished(id, error, is_for_all(error)); });
        turn();
    }
    void tell() override { turn(); }

  private:
    // ---- before anything happens

    [[nodiscard]] std::error_code prepare()
    {
        if (!core_->network)
            return errc::engine_stopped;
        record_.new_numbers = std::move(how_.new_numbers);
        if (record_.new_numbers.empty())
            if (const auto error = core_->fresh_numbers(record_.new_numbers, record_.tokens.size()))
                return error;
        record_.coin = core_->settings.requests.coin;
        record_.servers = core_->fingerprint();
        if (const auto error = check_pown(*core_, record_, how_))
            return error;
        return how_.journal ? std::error_code{} : make_error_code(errc::journal_failed);
    }

    void make_machine()
    {
        const auto& settings = core_->settings;
        const auto limit = settings.requests.datagram_limit;
        std::vector<token_id> tokens;
        std::vector<std::bitset<N>> numbers;
        for (const auto& one : record_.tokens) {
            tokens.push_back(one.id());
            numbers.push_back(numbered(one));
        }
        const pown_rules rules{.patience = {.find_rounds = how_.find_rounds,
                                            .pown_again = how_.pown_again,
                                            .window = settings.chunks_in_flight,
                                            .most_pown = max_tokens(pown_command, limit),
                                            .most_find = max_tokens(find_command, limit),
                                            .least = max_tokens(find_command, smallest_datagram_limit)},
                               .quorum = votes_needed<N>(settings.consensus),
                               .bit_order = settings.consensus.bit_order,
                               .until = core_->end_of_budget(),
                               .tells_progress = static_cast<bool>(how_.on_progress),
                               .tells_all_decided = how_.wait == wait_for::decided};
        until_ = rules.until;
        who_ = core_->calls.new_owner();
        machine_.emplace(tokens, numbers, rules, who_);
    }

    // ---- what happens meanwhile

    void take_turn()
    {
        for (std::size_t server = 0; server < N; ++server) // other calls may have learned meanwhile
            machine_->limit(server, core_->most_tokens(server, pown_command),
                            core_->most_tokens(server, find_command));
        look_around();
        for (auto next = machine_->next(core_->pages); next; next = machine_->next(core_->pages)) {
            std::visit([this](auto& action) { this->take(action); }, *next);
            if (has_failed_)
                return;
            look_around();
        }
    }

    // A machine that found no memory is not asked for anything any more: what it knows is still true.
    template <class What>
    void guard(What what)
    {
        try {
            if (!has_failed_)
                what();
        } catch (const std::bad_alloc&) {
            has_failed_ = true;
        }
    }

    void end_if_quiet()
    {
        if (!exchanges_.empty() || std::exchange(is_over_, true))
            return;
        core_->pages.forget(who_);
        core_->end_call(who_);
        const auto error = make_error_code(std::errc::not_enough_memory);
        if (!was_recorded_)
            return complete(error, {});
        fill_record(false);
        record_.keep_both_until = keep_until();
        complete(error, std::move(record_));
    }

    void look_around()
    {
        if (core_->network)
            machine_->passed(core_->network->now());
        else if (!std::exchange(was_left_, true))
            machine_->cancel(); // the client is gone
        has_failed_ = has_failed_ || (was_left_ && exchanges_.empty() && !asked_.empty());
    }

    // A pown that has left is not cancelled: exchange sees to that.
    void cancel()
    {
        guard([&] { machine_->cancel(); });
        try {
            exchanges_.cancel();
        } catch (const std::bad_alloc&) {
            turn();
            throw;
        }
        turn();
    }

    void journal_answered(std::error_code error)
    {
        if (core_->has_executor())
            try {
                asio::post(core_->get_executor(), [self = this->shared_from_this(), error] {
                    self->journal_taken(error);
                    self->turn();
                });
            } catch (const std::bad_alloc&) { // at once, then
                journal_taken(error);
                turn();
            }
    }

    void journal_taken(std::error_code error)
    {
        was_recorded_ = was_recorded_ || !error;
        guard([&] { machine_->journal_taken(error); });
    }

    // ---- what is to be done

    void take(const write_record& wanted)
    {
        fill_record(wanted.last);
        const auto later = [weak = this->weak_from_this()](std::error_code error) {
            if (const auto self = weak.lock())
                self->journal_answered(error);
        };
        if (const auto said = hand_over(record_, how_.journal, later))
            journal_taken(*said);
    }

    void take(const ask_servers<N>& wanted)
    {
        asked_.emplace(wanted.id, std::pair{wanted.what, wanted.tokens});
        const question<N> asked{.what = wanted.what,
                                .token_count = wanted.tokens.size(),
                                .servers = wanted.servers,
                                .deadline = core_->settings.deadline,
                                .retry = core_->settings.retry,
                                .until = until_};
        exchanges_.start(core_, asked, wanted.id, this->shared_from_this());
    }

    void take(const wait_until& wanted) { core_->wake_at(who_, wanted.when); }

    void take(const tell_progress&)
    {
        pown_progress<N> now{.tokens = record_.tokens.size(), .decided = machine_->decided_count()};
        for (std::size_t server = 0; server < N; ++server) {
            const pown_server& at = machine_->server(server);
            now.servers[server] = {.changed = at.count(holding::new_number),
                                   .unknown = at.count(holding::unknown),
                                   .in_flight = at.in_flight(),
                                   .over = at.is_over()};
        }
        tell_caller([&] { how_.on_progress(now); });
    }

    void take(const decided& what)
    {
        if (how_.on_decided)
            tell_caller([&] { how_.on_decided(what.token); });
    }

    template <class Call>
    void tell_caller(Call call) noexcept
    {
        try {
            call();
        } catch (...) {
            thrown_ = std::current_exception();
        }
    }

    void take(const all_decided&)
    {
        fill_record(false);
        record_.keep_both_until = keep_until();
        complete({}, transfer_record<N>{record_});
    }

    void take(const done& what)
    {
        is_over_ = true;
        core_->end_call(who_);
        if (what.error && !was_recorded_)
            return complete(what.error, {});
        fill_record(true);
        complete(what.error, std::move(record_));
    }

    // ---- parts of that

    void fill_record(bool is_last) noexcept
    {
        for (std::size_t token = 0; token < record_.tokens.size(); ++token)
            for (std::size_t server = 0; server < N; ++server)
                record_.holdings[token][server] = machine_->at(token, server);
        record_.finished = is_last;
        if (is_last)
            record_.keep_both_until = keep_until();
    }

    [[nodiscard]] std::chrono::system_clock::time_point keep_until() const
    {
        const auto wait =
            std::clamp<std::chrono::seconds>(how_.flush_interval, std::chrono::seconds{0}, for_ever);
        return std::chrono::system_clock::now() + wait;
    }

    void complete(std::error_code error, transfer_record<N> record)
    {
        const auto quorum = votes_needed<N>(core_->settings.consensus);
        result got{std::move(record), quorum};
        if (!is_started_)
            early_ = {error, std::move(got)};
        else if (waiting_)
            tell_caller([&] { std::exchange(waiting_, {})->complete_here(error, std::move(got)); });
    }

    std::shared_ptr<Core> core_;
    pown_options<N> how_;
    transfer_record<N> record_;
    pending_result<result> waiting_; // until the handler was called
    std::optional<pown_machine<N>> machine_;
    page_locks::owner who_ = 0;
    pown_time until_{};
    std::map<std::uint32_t, std::pair<command_code, std::vector<std::uint32_t>>> asked_;
    exchanges<Core> exchanges_;
    bool in_turn_ = false;
    bool was_recorded_ = false; // a journal has both numbers
    bool was_left_ = false;
    std::exception_ptr thrown_;                               // by the caller's functions, in this turn
    std::optional<std::pair<std::error_code, result>> early_; // over within start()
    bool is_started_ = false;
    bool has_failed_ = false; // for want of memory
    bool is_over_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_POWN_DRIVER_HPP
