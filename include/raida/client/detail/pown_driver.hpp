// Does what a pown's decisions want done: asks, writes the journal, waits, tells the caller.
#ifndef RAIDA_CLIENT_DETAIL_POWN_DRIVER_HPP
#define RAIDA_CLIENT_DETAIL_POWN_DRIVER_HPP

#include <raida/async/detail/waiting_handler.hpp>
#include <raida/base/errc.hpp>
#include <raida/client/detail/batch_machine.hpp>
#include <raida/client/detail/change_call.hpp>
#include <raida/client/detail/checks.hpp>
#include <raida/client/detail/pown_machine.hpp>
#include <raida/client/pown_options.hpp>
#include <raida/client/transfer.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// Has the secrets; pown_machine has the decisions.
template <class Core>
class pown_driver final
    : public change_call<pown_driver<Core>, Core, pown_machine<Core::size>, transfer_record<Core::size>,
                         pown_options<Core::size>, transfer<Core::size>>
{
    using base = typename pown_driver::change_call;

  public:
    static constexpr std::size_t N = Core::size;
    static constexpr std::chrono::seconds for_ever = std::chrono::hours{24 * 365 * 100}; // as clocks go
    using base::base;
    using typename base::result;

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
        this->guard([&] { machine_->answered(id, one); });
    }
    void finished(std::uint32_t id, std::error_code error, replies<N>&) override
    {
        exchanges_.erase(id);
        asked_.erase(id);
        this->guard([&] { machine_->finished(id, error, is_for_all(error)); });
        this->turn();
    }

  private:
    friend base;

    // ---- before anything happens

    [[nodiscard]] std::error_code make_numbers()
    {
        record_.new_numbers = std::move(how_.new_numbers);
        return record_.new_numbers.empty() ? core_->fresh_numbers(record_.new_numbers, record_.tokens.size())
                                           : std::error_code{};
    }

    [[nodiscard]] std::error_code check() const
    {
        if (const auto error = check_change(*core_, record_, how_.other_servers))
            return error;
        if (max_tokens(find_command, core_->settings.requests.datagram_limit) == 0)
            return errc::packet_too_large;
        return check_new_numbers(record_);
    }

    [[nodiscard]] pown_rules rules() const
    {
        const auto& settings = core_->settings;
        const auto limit = settings.requests.datagram_limit;
        return {.patience = {.find_rounds = how_.find_rounds,
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
    }

    void begin(std::chrono::steady_clock::time_point now)
    {
        was_recorded_ = recovers_;
        recovers_ ? machine_->recover(now) : machine_->start(now);
    }

    // ---- meanwhile

    void prepare_turn()
    {
        for (std::size_t server = 0; server < N; ++server) // other calls may have learned meanwhile
            machine_->limit(server, core_->most_tokens(server, pown_command),
                            core_->most_tokens(server, find_command));
    }
    [[nodiscard]] bool expects() const noexcept { return !asked_.empty(); }
    [[nodiscard]] bool is_quiet() const noexcept { return exchanges_.empty(); }
    void cancel_questions() { exchanges_.cancel(); }

    // Without a record nothing has left.
    [[nodiscard]] result so_far()
    {
        if (!was_recorded_)
            return {};
        fill_record(false);
        record_.keep_both_until = keep_until();
        return make_result(std::move(record_));
    }

    // ---- what is to be done

    using base::take;

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
        this->tell_caller([&] { how_.on_progress(now); });
    }

    void take(const decided& what)
    {
        if (how_.on_decided)
            this->tell_caller([&] { how_.on_decided(what.token); });
    }

    void take(const all_decided&)
    {
        fill_record(false);
        record_.keep_both_until = keep_until();
        this->complete({}, make_result(transfer_record<N>{record_}));
    }

    void take(const done& what)
    {
        this->end();
        if (what.error && !was_recorded_)
            return this->complete(what.error, {});
        fill_record(true);
        this->complete(what.error, make_result(std::move(record_)));
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

    [[nodiscard]] result make_result(transfer_record<N> record) const
    {
        return result{std::move(record), votes_needed<N>(core_->settings.consensus)};
    }

    using base::core_, base::exchanges_, base::how_, base::machine_, base::record_, base::recovers_,
        base::until_, base::was_recorded_;
    std::map<std::uint32_t, std::pair<command_code, std::vector<std::uint32_t>>> asked_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_POWN_DRIVER_HPP
