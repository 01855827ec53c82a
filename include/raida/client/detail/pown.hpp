// A pown that cannot lose a token: journal, pown, find what is unknown, pown afresh where nothing has
// changed.
#ifndef RAIDA_CLIENT_DETAIL_POWN_HPP
#define RAIDA_CLIENT_DETAIL_POWN_HPP

#include <raida/client/detail/batch.hpp>
#include <raida/client/detail/new_numbers.hpp>
#include <raida/client/detail/page_locks.hpp>
#include <raida/client/pown_options.hpp>
#include <raida/client/transfer.hpp>

#include <asio/basic_waitable_timer.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <set>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

template <class Core>
class pown_operation : public std::enable_shared_from_this<pown_operation<Core>>
{
  public:
    static constexpr std::size_t N = Core::size;
    static constexpr std::chrono::seconds for_ever = std::chrono::hours{24 * 365 * 100}; // as clocks go
    using result = transfer<N>;

    pown_operation(std::shared_ptr<Core> core, transfer_record<N> record, pown_options<N> how,
                   std::unique_ptr<pending_result<result>> waiting)
        : core_{std::move(core)},
          how_{std::move(how)},
          state_{std::move(record)},
          waiting_{std::move(waiting)},
          page_timer_{core_->get_executor()}
    {}

    /// Everything from the beginning.
    void pown()
    {
        if (const auto error = prepare())
            return refuse(error);
        begin();
        for (std::size_t i = 0; i < state_.token_count(); ++i)
            for (std::size_t server = 0; server < N; ++server)
                if (is_numbered(i, server))                     // else nothing can be asked there
                    state_.set(i, server, holding::old_number); // nothing was sent yet
        fill_queue(pown_command, holding::old_number);
        launch();
    }

    /// From a journal: first find out what has happened.
    void recover()
    {
        if (const auto error = check_state())
            return refuse(error);
        begin();
        find_unknown();
    }

  private:
    using one_exchange = exchange<Core>;

    struct chunk
    {
        command_code what{};
        std::vector<std::size_t> tokens{};
        std::bitset<N> servers{};
        std::set<page> pages{};
    };

    [[nodiscard]] std::error_code check_state()
    {
        if (!core_->network)
            return errc::engine_stopped;
        const auto& record = state_.record();
        if (const auto error = check_batch<N>(record.tokens, core_->settings.requests))
            return error;
        if (!Core::codec_type::encrypts && !core_->settings.allow_plain_pown)
            return errc::plain_pown;
        if (const auto key = core_->codec.key_token())
            for (const auto& one : record.tokens)
                if (one.id() == *key)
                    return errc::key_in_batch;
        if (max_tokens(find_command, core_->datagram_limit) == 0)
            return errc::packet_too_large;
        return check_new_numbers(record);
    }

    [[nodiscard]] std::error_code prepare()
    {
        transfer_record<N> record = state_.record();
        record.new_numbers = std::move(how_.new_numbers);
        if (record.new_numbers.empty())
            if (const auto error = core_->fresh_numbers(record.new_numbers, record.tokens.size()))
                return error;
        state_ = result{std::move(record)};
        if (const auto error = check_state())
            return error;
        return journal_takes_it() ? std::error_code{} : make_error_code(errc::journal_failed);
    }

    // One that throws has not taken it.
    [[nodiscard]] bool journal_takes_it() const
    {
        try {
            return how_.journal && !how_.journal(state_.record());
        } catch (...) {
            return false;
        }
    }

    void refuse(std::error_code error) { waiting_->complete(error, result{}); }

    void begin()
    {
        until_ = core_->end_of_budget();
        waiting_->on_cancel([weak = this->weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->cancelled_ = true;
                self->page_timer_.cancel();
                for (const auto& one : self->open_)
                    if (const auto asked = one.lock())
                        asked->cancel();
            }
        });
    }

    [[nodiscard]] bool may_go_on() const
    {
        return core_->network && !cancelled_ && !error_ && core_->network->now() < until_;
    }

    [[nodiscard]] bool is_numbered(std::size_t token, std::size_t server) const
    {
        return !state_.record().tokens[token].numbers[server].is_zero();
    }

    [[nodiscard]] bool are_numbered_alike(std::size_t one, std::size_t other) const
    {
        const auto& tokens = state_.record().tokens;
        return numbered(tokens[one]) == numbered(tokens[other]);
    }

    // ---- chunks

    /// Queues `what` for every slot that is `in`, the servers of a chunk being those that any of its tokens
    /// needs.
    void fill_queue(command_code what, holding in)
    {
        const auto& tokens = state_.record().tokens;
        std::vector<std::size_t> wanted;
        for (std::size_t i = 0; i < tokens.size(); ++i)
            if (servers_of(i, in).any())
                wanted.push_back(i);
        const auto most = std::max<std::size_t>(1, max_tokens(what, core_->datagram_limit));
        for (auto& part : chunks_by_page<N>(tokens, std::move(wanted), most))
            enqueue(what, std::move(part), in);
    }

    // Tokens of one chunk that differ in who is to be asked travel apart when they are powned: a pown must
    // reach only servers that have the old number. A find may ask too much, but not for a number that is
    // missing: that server would be left out for all of them.
    void enqueue(command_code what, std::vector<std::size_t> tokens, holding in)
    {
        while (!tokens.empty()) {
            const auto servers = servers_of(tokens.front(), in);
            chunk made{.what = what, .servers = servers};
            std::vector<std::size_t> others;
            for (const std::size_t token : tokens) {
                const bool fits = what == find_command ? are_numbered_alike(token, tokens.front())
                                                       : servers_of(token, in) == servers;
                (fits ? made.tokens : others).push_back(token);
                if (fits) {
                    made.servers |= servers_of(token, in);
                    made.pages.insert(page_of(state_.record().tokens[token].id()));
                }
            }
            queue_.push_back(std::move(made));
            tokens = std::move(others);
        }
    }

    [[nodiscard]] std::bitset<N> servers_of(std::size_t token, holding in) const
    {
        std::bitset<N> servers;
        for (std::size_t server = 0; server < N; ++server)
            servers[server] = state_.at(token, server) == in && is_numbered(token, server);
        return servers;
    }

    void launch()
    {
        if (!waiting_)
            return; // a page came free too late
        for (std::size_t tries = queue_.size(); tries != 0 && may_go_on() && open_.size() < most_open();
             --tries) {
            chunk next = std::move(queue_.front());
            queue_.pop_front();
            if (next.what != pown_command || core_->pages.take(next.pages))
                ask(std::move(next));
            else
                queue_.push_back(std::move(next)); // its page is being changed
        }
        if (!open_.empty())
            return;
        if (!queue_.empty() && may_go_on())
            wait_for_page();
        else
            after_phase();
    }

    // Another call is changing it. Meanwhile the timer owns this, and ends the wait with the budget.
    void wait_for_page()
    {
        core_->pages.wait([weak = this->weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->page_timer_.cancel();
                self->launch();
            }
        });
        page_timer_.expires_after(until_ - core_->network->now());
        page_timer_.async_wait([self = this->shared_from_this()](std::error_code stopped) {
            if (!stopped || self->cancelled_)
                self->launch();
        });
    }

    [[nodiscard]] std::size_t most_open() const
    {
        return std::max<std::size_t>(1, core_->settings.chunks_in_flight);
    }

    void ask(chunk part)
    {
        auto self = this->shared_from_this();
        auto shared = std::make_shared<const chunk>(std::move(part));
        auto made = std::make_shared<one_exchange>(
            core_,
            typename one_exchange::question{
                .what = shared->what,
                .token_count = shared->tokens.size(),
                .build = [self, shared](std::error_code& error) { return self->build(*shared, error); },
                .servers = shared->servers,
                .until = until_});
        open_.insert(made);
        made->on_finish(
            [self, shared, weak = std::weak_ptr(made)](std::error_code error, replies<N> answers) {
                self->open_.erase(weak);
                self->finished(*shared, error, answers);
            });
        made->start();
    }

    requests<N> build(const chunk& part, std::error_code& error)
    {
        std::vector<basic_token<N>> tokens;
        std::vector<authenticity_numbers<N>> numbers;
        for (const std::size_t i : part.tokens) {
            tokens.push_back(state_.record().tokens[i]);
            numbers.push_back(state_.record().new_numbers[i]);
        }
        return part.what == pown_command ? core_->ask.pown(tokens, numbers, error)
                                         : core_->ask.find(tokens, numbers, error);
    }

    void finished(const chunk& part, std::error_code error, const replies<N>& answers)
    {
        if (is_for_all(error))
            error_ = error;
        for (std::size_t server = 0; server < N; ++server)
            if (part.servers[server] && !error)
                part.what == pown_command ? read_pown(part, answers[server])
                                          : read_find(part, answers[server]);
        if (part.what == pown_command)
            core_->pages.give_back(part.pages);
        launch();
    }

    // ---- answers

    // A pass is the only thing that a pown's answer proves; a slot that was never sent stays what it was.
    void read_pown(const chunk& part, const reply& one)
    {
        if (one.attempts == 0)
            return;
        if (one && one.status() == status::invalid_packet_length)
            core_->shorten(part.what, part.tokens.size());
        const bool signed_answer = one && one.verified;
        const bitfield bits{one.body(), part.tokens.size(), core_->settings.consensus.bit_order};
        const bool mixed =
            signed_answer && one.status() == status::mixed && bits.is_well_formed() && bits.is_mixed();
        const bool all = signed_answer && one.status() == status::all_pass;
        for (std::size_t i = 0; i < part.tokens.size(); ++i)
            state_.set(part.tokens[i], one.server,
                       all || (mixed && bits[i]) ? holding::new_number : holding::unknown);
    }

    void read_find(const chunk& part, const reply& one)
    {
        const bool signed_answer = one && one.verified;
        const auto found =
            signed_answer ? parse_find(one.status(), one.body(), part.tokens.size()) : std::nullopt;
        if (!found) {
            const bool too_long = one && one.status() == status::invalid_packet_length;
            if (too_long)
                core_->shorten(part.what, part.tokens.size());
            // Short datagrams are never too long.
            if (too_long ? part.tokens.size() > max_tokens(part.what, smallest_datagram_limit)
                         : part.tokens.size() > 1 && one.status() == status::invalid_serial_or_denomination)
                halve(part, one.server);
            return;
        }
        for (std::size_t i = 0; i < part.tokens.size(); ++i)
            state_.set(part.tokens[i], one.server,
                       (*found)[i] == find_answer::neither            ? holding::neither
                       : (*found)[i] == find_answer::new_authenticity ? holding::new_number
                                                                      : holding::old_number);
    }

    // One token that a server does not know spoils a whole find there.
    void halve(const chunk& part, std::size_t server)
    {
        const auto middle = part.tokens.begin() + static_cast<std::ptrdiff_t>(part.tokens.size() / 2);
        chunk first{.what = part.what, .tokens = {part.tokens.begin(), middle}};
        chunk second{.what = part.what, .tokens = {middle, part.tokens.end()}};
        first.servers.set(server);
        second.servers.set(server);
        queue_.push_back(std::move(first));
        queue_.push_back(std::move(second));
    }

    // ---- phases: after a pown or a find, what is unknown is found, what is old is powned afresh

    void after_phase()
    {
        queue_.clear();
        if (may_go_on() && any(holding::unknown) && finds_ < how_.find_rounds)
            return find_unknown();
        if (may_go_on() && powns_ < how_.pown_again && any(holding::old_number)) {
            ++powns_;
            finds_ = 0;
            fill_queue(pown_command, holding::old_number);
            return launch();
        }
        finish();
    }

    void find_unknown()
    {
        ++finds_;
        fill_queue(find_command, holding::unknown);
        if (queue_.empty())
            return after_phase();
        launch();
    }

    [[nodiscard]] bool any(holding in) const
    {
        for (std::size_t i = 0; i < state_.token_count(); ++i)
            if (servers_of(i, in).any())
                return true;
        return false;
    }

    void finish()
    {
        if (!waiting_)
            return;
        state_.keep_both_until(
            transfer<N>::clock::now() +
            std::clamp<std::chrono::seconds>(how_.flush_interval, std::chrono::seconds{0}, for_ever));
        state_.mark_finished();
        if (!journal_takes_it() && !error_)
            error_ = errc::journal_failed; // the first record still holds both numbers
        std::exchange(waiting_, nullptr)->complete(error_, std::move(state_));
    }

    std::shared_ptr<Core> core_;
    pown_options<N> how_;
    result state_;
    std::unique_ptr<pending_result<result>> waiting_;
    typename one_exchange::time_point until_{};
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                               typename Core::executor_type>
        page_timer_;
    std::set<std::weak_ptr<one_exchange>, std::owner_less<>> open_; // the engine's handlers own them
    std::deque<chunk> queue_;
    unsigned finds_ = 0, powns_ = 0;
    std::error_code error_;
    bool cancelled_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_POWN_HPP
