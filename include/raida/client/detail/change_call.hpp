// What calls that change servers' numbers have in common: their turns, their journal, their end.
#ifndef RAIDA_CLIENT_DETAIL_CHANGE_CALL_HPP
#define RAIDA_CLIENT_DETAIL_CHANGE_CALL_HPP

#include <raida/async/detail/waiting_handler.hpp>
#include <raida/base/errc.hpp>
#include <raida/client/detail/actions.hpp>
#include <raida/client/detail/batch_machine.hpp>
#include <raida/client/detail/call_list.hpp>
#include <raida/client/detail/exchanges.hpp>
#include <raida/client/journal_sink.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/token.hpp>

#include <asio/post.hpp>

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace raida::inline v1::detail {

/// What the journal says within its call; if nothing, `later` is called with it, once. A journal that throws,
/// or is none, has not taken the record. Throws std::bad_alloc, and the journal was not called.
template <class Record, class Later>
std::optional<std::error_code> hand_over(const Record& record, basic_journal_sink<Record>& journal,
                                         Later later)
{
    struct answer
    {
        bool is_within = true;
        std::optional<std::error_code> said{};
    };
    const auto now = std::make_shared<answer>();
    journal_done told{[now, later = std::move(later)](std::error_code error) {
        if (now->is_within)
            now->said = error;
        else if (!now->said)
            later(error);
    }};
    try {
        if (journal)
            journal.write(record, std::move(told));
        else
            now->said = errc::journal_failed;
    } catch (...) {
        now->said = errc::journal_failed;
    }
    now->is_within = false;
    return now->said;
}

/// `Machine` decides. `Driver`, derived from this, has
///   make_numbers(): of a call that recovers nothing; may refuse it
///   check(): why it must be refused
///   rules(): the machine's
///   begin(now): tells the machine what to begin with
///   prepare_turn(): what the machine is to know before each
///   fill_record(is_last): what is known now
///   take(action): does what it wants done
///   expects(), is_quiet(): does the machine wait for an answer; is nothing on its way?
///   cancel_questions(): but for what must be awaited
///   so_far(): the result if the call must end now
///
/// Once memory is short nothing more is asked: what has left is awaited, and the result has what was proved
/// by then. Nothing is lost with it, since the journal has everything that is needed.
template <class Driver, class Core, class Machine, class Record, class Options, class Result>
class change_call : public waiting_call, public asker<Core::size>, public std::enable_shared_from_this<Driver>
{
  public:
    static constexpr std::size_t N = Core::size;
    using result = Result;

    change_call(std::shared_ptr<Core> core, Record record, Options how, bool recovers,
                pending_result<Result> waiting)
        : core_{std::move(core)},
          record_{std::move(record)},
          how_{std::move(how)},
          recovers_{recovers},
          waiting_{std::move(waiting)}
    {}

    /// The handler is never called from here. Throws std::bad_alloc; it was not and will not be called then.
    void start()
    {
        if (const auto error = refuse())
            return waiting_->complete(error, Result{});
        make_machine();
        record_.holdings.resize(record_.tokens.size());
        core_->calls.add(who_, this->shared_from_this());
        try {
            waiting_->on_cancel([weak = this->weak_from_this()] {
                if (const auto self = weak.lock())
                    self->cancel();
            });
            driver().begin(core_->network->now());
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
        guard([this] { take_turn(); });
        in_turn_ = false;
        if (has_failed_)
            end_if_quiet();
        core_->wake_waiters();
        if (thrown_)
            std::rethrow_exception(std::exchange(thrown_, nullptr));
    }

    // asker
    bool has_enough(std::uint32_t, const replies<N>&, const std::bitset<N>&) override { return false; }
    void tell() override { turn(); }

  protected:
    ~change_call() = default;

    /// A machine that found no memory is not told anything any more: what it knows is still true.
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

    /// A function of the caller's.
    template <class Call>
    void tell_caller(Call call) noexcept
    {
        try {
            call();
        } catch (...) {
            thrown_ = std::current_exception();
        }
    }

    /// The journal answers now or later.
    void take(const write_record& wanted)
    {
        driver().fill_record(wanted.last);
        const auto later = [weak = this->weak_from_this()](std::error_code error) {
            if (const auto self = weak.lock())
                self->journal_answered(error);
        };
        if (const auto said = hand_over(record_, how_.journal, later))
            journal_taken(*said);
    }

    void take(const wait_until& wanted) { core_->wake_at(who_, wanted.when); }

    /// Nothing more will come.
    void end() noexcept
    {
        is_over_ = true;
        core_->end_call(who_);
    }

    /// Once; what comes later is nobody's any more.
    void complete(std::error_code error, Result got)
    {
        if (!is_started_)
            early_ = {error, std::move(got)};
        else if (waiting_)
            tell_caller([&] { std::exchange(waiting_, {})->complete_here(error, std::move(got)); });
    }

    std::shared_ptr<Core> core_;
    Record record_;
    Options how_;
    bool recovers_;
    pending_result<Result> waiting_; // until the handler was called
    std::optional<Machine> machine_;
    page_locks::owner who_ = 0;
    std::chrono::steady_clock::time_point until_{};
    exchanges<Core> exchanges_;
    bool was_recorded_ = false; // a journal has everything that is needed

  private:
    [[nodiscard]] Driver& driver() noexcept { return static_cast<Driver&>(*this); }

    [[nodiscard]] std::error_code refuse()
    {
        if (!recovers_) {
            if (!core_->network)
                return errc::engine_stopped;
            if (const auto error = driver().make_numbers())
                return error;
            record_.coin = core_->settings.requests.coin;
            record_.servers = core_->fingerprint();
        }
        if (const auto error = driver().check())
            return error;
        return recovers_ || how_.journal ? std::error_code{} : make_error_code(errc::journal_failed);
    }

    void make_machine()
    {
        std::vector<token_id> tokens;
        std::vector<std::bitset<N>> numbers;
        for (const auto& one : record_.tokens) {
            tokens.push_back(one.id());
            numbers.push_back(numbered(one));
        }
        const auto rules = driver().rules();
        until_ = rules.until;
        who_ = core_->calls.new_owner();
        machine_.emplace(tokens, numbers, rules, who_);
    }

    void take_turn()
    {
        driver().prepare_turn();
        look_around();
        for (auto next = machine_->next(core_->pages); next; next = machine_->next(core_->pages)) {
            std::visit([this](auto& action) { driver().take(action); }, *next);
            if (has_failed_)
                return;
            look_around();
        }
    }

    void look_around()
    {
        if (core_->network)
            machine_->passed(core_->network->now());
        else if (!std::exchange(was_left_, true))
            machine_->cancel(); // the client is gone
        if (was_left_ && driver().expects() && driver().is_quiet())
            throw std::bad_alloc{}; // of the engine, which could not say how its questions ended
    }

    void end_if_quiet()
    {
        if (is_over_ || !driver().is_quiet())
            return;
        core_->pages.forget(who_);
        end();
        complete(make_error_code(std::errc::not_enough_memory), driver().so_far());
    }

    void cancel()
    {
        guard([this] { machine_->cancel(); });
        try {
            driver().cancel_questions();
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

    bool in_turn_ = false, was_left_ = false;
    bool is_started_ = false;
    bool has_failed_ = false; // for want of memory
    bool is_over_ = false;
    std::exception_ptr thrown_;                               // by the caller's functions, in this turn
    std::optional<std::pair<std::error_code, Result>> early_; // over within begin()
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_CHANGE_CALL_HPP
