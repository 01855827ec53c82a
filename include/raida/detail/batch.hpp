// A batch of any size: cut into datagrams, several in flight together, smaller ones where a server asks for
// that.
#ifndef RAIDA_DETAIL_BATCH_HPP
#define RAIDA_DETAIL_BATCH_HPP

#include <raida/batch_tally.hpp>
#include <raida/detail/exchange.hpp>
#include <raida/detail/pending_result.hpp>
#include <raida/detail/system_error.hpp>
#include <raida/errc.hpp>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// Why this batch as a whole must be refused, or empty. Tokens are checked again when their requests are
/// built.
template <std::size_t N>
std::error_code check_batch(std::span<const basic_token<N>> tokens, const command_settings& settings)
{
    if (tokens.empty())
        return errc::no_tokens;
    std::vector<std::uint64_t> keys;
    keys.reserve(tokens.size());
    for (const auto& one : tokens) {
        if (!one.denomination.is_valid())
            return errc::invalid_denomination;
        if (!one.serial.is_valid(settings.serial_limit))
            return errc::invalid_serial_number;
        keys.push_back(one.id().key());
    }
    std::sort(keys.begin(), keys.end());
    const bool twice = std::adjacent_find(keys.begin(), keys.end()) != keys.end();
    return twice ? make_error_code(errc::duplicate_token) : std::error_code{};
}

/// Detect and find. `Reader` keeps the result: for every chunk `read(first, count, replies, asked servers)`
/// says which servers must be asked again in two halves.
template <class Core, class Reader>
class batch : public std::enable_shared_from_this<batch<Core, Reader>>
{
  public:
    static constexpr std::size_t N = Core::size;
    using result = typename Reader::result;

    struct work
    {
        std::vector<basic_token<N>> tokens{};
        std::vector<authenticity_numbers<N>> new_numbers{}; ///< empty for detect
    };

    batch(std::shared_ptr<Core> core, command_code what, work given,
          std::unique_ptr<pending_result<result>> waiting)
        : core_{std::move(core)},
          what_{what},
          given_{std::move(given)},
          waiting_{std::move(waiting)},
          reader_{core_->settings.consensus, given_.tokens.size()}
    {}

    void start()
    {
        if (!core_->network)
            error_ = errc::engine_stopped;
        else if (max_tokens(what_, core_->datagram_limit) == 0)
            error_ = errc::packet_too_large;
        else
            error_ = check_batch<N>(given_.tokens, core_->settings.requests);
        if (!error_ && what_ != detect_command && given_.new_numbers.size() != given_.tokens.size())
            error_ = errc::invalid_authenticity;
        if (error_)
            return waiting_->complete(error_, result{});
        until_ = core_->end_of_budget();
        waiting_->on_cancel([weak = this->weak_from_this()] {
            if (const auto self = weak.lock())
                self->cancel();
        });
        launch();
    }

  private:
    using one_exchange = exchange<Core>;

    struct chunk
    {
        std::size_t first = 0, count = 0;
        std::bitset<N> servers = ~std::bitset<N>{};
    };

    void cancel()
    {
        cancelled_ = true;
        for (const auto& one : std::vector(open_.begin(), open_.end()))
            one->cancel();
    }

    [[nodiscard]] bool next(chunk& taken)
    {
        if (!again_.empty()) {
            taken = again_.back();
            again_.pop_back();
            return true;
        }
        if (next_ == given_.tokens.size())
            return false;
        const auto most = std::max<std::size_t>(1, max_tokens(what_, core_->datagram_limit));
        taken = {.first = next_, .count = std::min(most, given_.tokens.size() - next_)};
        next_ += taken.count;
        return true;
    }

    void launch()
    {
        chunk taken;
        while (open_.size() < std::max<std::size_t>(1, core_->settings.chunks_in_flight) && next(taken))
            ask(taken);
    }

    void ask(const chunk& part)
    {
        auto self = this->shared_from_this();
        typename one_exchange::question asked{
            .what = what_,
            .token_count = part.count,
            .build = [self, part](std::error_code& error) { return self->build(part, error); },
            .servers = part.servers,
            .until = until_};
        auto made = std::make_shared<one_exchange>(core_, std::move(asked));
        open_.insert(made);
        made->on_finish([self, part, weak = std::weak_ptr(made)](std::error_code error, replies<N> answers) {
            self->open_.erase(weak.lock());
            self->finished(part, error, answers);
        });
        made->start();
    }

    requests<N> build(const chunk& part, std::error_code& error)
    {
        const auto tokens = std::span<const basic_token<N>>{given_.tokens}.subspan(part.first, part.count);
        if (what_ == detect_command)
            return core_->ask.detect(tokens, error);
        return core_->ask.find(
            tokens,
            std::span<const authenticity_numbers<N>>{given_.new_numbers}.subspan(part.first, part.count),
            error);
    }

    void finished(const chunk& part, std::error_code error, const replies<N>& answers)
    {
        const bool may_go_on = core_->network && !cancelled_ && !error;
        const auto too_long =
            may_go_on && part.count > 1 ? reader_.refused(answers, part.servers) : std::bitset<N>{};
        reader_.read(part.first, part.count, answers, part.servers, too_long);
        if (too_long.any())
            halve(part, too_long, answers);
        if (error && error != errc::timed_out && !is_system_error(error, std::errc::operation_canceled))
            error_ = error; // what every other chunk would meet too
        if (core_->network && !error_)
            launch();
        if (open_.empty())
            waiting_->complete(error_, error_ ? result{} : std::move(reader_).take());
    }

    void halve(const chunk& part, std::bitset<N> servers, const replies<N>& answers)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (servers[i] && answers[i].status() == status::invalid_packet_length)
                core_->datagram_limit = std::min(core_->datagram_limit, size_of((part.count + 1) / 2));
        const auto half = (part.count + 1) / 2;
        const auto whom = Reader::asks_all_again ? part.servers : servers;
        again_.push_back({part.first + half, part.count - half, whom});
        again_.push_back({part.first, half, whom});
    }

    [[nodiscard]] std::size_t size_of(std::size_t count) const noexcept
    {
        return header_size + challenge_size + count * record_size(what_) + terminator_size;
    }

    std::shared_ptr<Core> core_;
    command_code what_;
    work given_;
    std::unique_ptr<pending_result<result>> waiting_;
    Reader reader_;
    typename one_exchange::time_point until_{};
    std::set<std::shared_ptr<one_exchange>> open_;
    std::vector<chunk> again_;
    std::size_t next_ = 0;
    std::error_code error_;
    bool cancelled_ = false;
};

/// Votes are counted chunk by chunk. A chunk that was too long for one server is asked of all again, in
/// halves: every chunk has one tally.
template <std::size_t N>
class vote_reader
{
  public:
    using result = batch_tally<N>;
    static constexpr bool asks_all_again = true;

    vote_reader(const consensus_options& rules, std::size_t) : rules_{rules} {}

    [[nodiscard]] std::bitset<N> refused(const replies<N>& answers, std::bitset<N>) const
    {
        std::bitset<N> servers;
        for (std::size_t i = 0; i < N; ++i)
            servers[i] = answers[i] && answers[i].status() == status::invalid_packet_length;
        return servers;
    }

    void read(std::size_t first, std::size_t count, const replies<N>& answers, std::bitset<N>,
              std::bitset<N> again)
    {
        if (again.any())
            return;
        std::error_code error;
        tally<N> votes;
        votes.assign(answers, count, rules_, error);
        if (!error)
            result_.add(first, std::move(votes));
    }

    [[nodiscard]] result take() && { return std::move(result_); }

  private:
    consensus_options rules_;
    result result_;
};

/// Find answers are kept server by server, so only those that could not answer a chunk are asked again: too
/// long, or one token that the server does not know (it then refuses the whole chunk).
template <std::size_t N>
class find_reader
{
  public:
    using result = find_tally<N>;
    static constexpr bool asks_all_again = false;

    find_reader(const consensus_options&, std::size_t tokens) : result_{tokens} {}

    [[nodiscard]] std::bitset<N> refused(const replies<N>& answers, std::bitset<N> asked) const
    {
        std::bitset<N> servers;
        for (std::size_t i = 0; i < N; ++i)
            servers[i] = asked[i] && answers[i] &&
                         (answers[i].status() == status::invalid_packet_length ||
                          answers[i].status() == status::invalid_serial_or_denomination);
        return servers;
    }

    void read(std::size_t first, std::size_t count, const replies<N>& answers, std::bitset<N> asked,
              std::bitset<N>)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (asked[i])
                result_.add(first, count, answers[i]);
    }

    [[nodiscard]] result take() && { return std::move(result_); }

  private:
    result result_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_DETAIL_BATCH_HPP
