// A batch of any size: cut into datagrams, several in flight together, smaller ones where a server asks for
// that.
#ifndef RAIDA_CLIENT_DETAIL_BATCH_HPP
#define RAIDA_CLIENT_DETAIL_BATCH_HPP

#include <raida/async/detail/pending_result.hpp>
#include <raida/base/errc.hpp>
#include <raida/client/detail/exchange.hpp>
#include <raida/client/detail/split_chunk.hpp>
#include <raida/consensus/batch_tally.hpp>
#include <raida/consensus/find_tally.hpp>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
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

/// Servers for which a token has a number. A number that is missing (zero) proves nothing, so there the token
/// is not asked for.
template <std::size_t N>
std::bitset<N> numbered(const basic_token<N>& token) noexcept
{
    std::bitset<N> servers;
    for (std::size_t i = 0; i < N; ++i)
        servers[i] = !token.numbers[i].is_zero();
    return servers;
}

/// Detect and find. `Reader` keeps the result: `refused(answers, asked servers)` says which servers must be
/// asked again in two halves, `read(first, count, answers, asked servers, those to be asked again)` takes the
/// rest in.
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
        if (!error_ && what_ != detect_command && !has_new_numbers())
            error_ = errc::invalid_authenticity;
        if (!error_)
            error_ = check_quorum<N>(core_->settings.consensus.quorum, core_->settings.consensus.margin);
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

    [[nodiscard]] bool has_new_numbers() const
    {
        const auto is_whole = [](const authenticity_numbers<N>& set) {
            return std::none_of(set.begin(), set.end(), [](const auto& one) { return one.is_zero(); });
        };
        return given_.new_numbers.size() == given_.tokens.size() &&
               std::all_of(given_.new_numbers.begin(), given_.new_numbers.end(), is_whole);
    }

    void cancel()
    {
        cancelled_ = true;
        for (const auto& one : open_)
            if (const auto asked = one.lock())
                asked->cancel();
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
        const auto most = std::min(std::max<std::size_t>(1, max_tokens(what_, core_->datagram_limit)),
                                   given_.tokens.size() - next_);
        taken = {.first = next_, .count = 1, .servers = numbered(given_.tokens[next_])};
        while (taken.count < most && numbered(given_.tokens[next_ + taken.count]) == taken.servers)
            ++taken.count;
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
            self->open_.erase(weak);
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
        if (is_for_all(error))
            error_ = error;
        const auto again = may_go_on() && !error ? refused(part, answers) : std::bitset<N>{};
        reader_.read(part.first, part.count, answers, part.servers, again);
        if (again.any())
            halve(part, again, answers);
        if (may_go_on())
            launch();
        if (open_.empty())
            complete();
    }

    [[nodiscard]] bool may_go_on() const { return core_->network && !cancelled_ && !error_; }

    // Every token of the batch is in the result, asked or not.
    void complete()
    {
        again_.clear();
        for (chunk left; next(left);)
            reader_.read(left.first, left.count, {}, left.servers, {});
        waiting_->complete(error_, std::move(reader_).take());
    }

    // Whom to ask in two halves. Short datagrams are never too long.
    [[nodiscard]] std::bitset<N> refused(const chunk& part, const replies<N>& answers) const
    {
        if (part.count == 1)
            return {};
        auto servers = reader_.refused(answers, part.servers);
        if (part.count <= max_tokens(what_, smallest_datagram_limit))
            for (std::size_t i = 0; i < N; ++i)
                servers[i] = servers[i] && answers[i].status() != status::invalid_packet_length;
        return servers;
    }

    void halve(const chunk& part, std::bitset<N> servers, const replies<N>& answers)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (servers[i] && answers[i].status() == status::invalid_packet_length)
                core_->shorten(what_, part.count);
        const auto half = (part.count + 1) / 2;
        again_.push_back({part.first + half, part.count - half, servers});
        again_.push_back({part.first, half, servers});
    }

    std::shared_ptr<Core> core_;
    command_code what_;
    work given_;
    std::unique_ptr<pending_result<result>> waiting_;
    Reader reader_;
    typename one_exchange::time_point until_{};
    std::set<std::weak_ptr<one_exchange>, std::owner_less<>> open_; // the engine's handlers own them
    std::vector<chunk> again_;
    std::size_t next_ = 0;
    std::error_code error_;
    bool cancelled_ = false;
};

/// Votes are counted chunk by chunk. Where a chunk was too long for a server, the answers to its parts are
/// put together: what one server complains of costs the others nothing.
template <std::size_t N>
class vote_reader
{
  public:
    using result = batch_tally<N>;

    vote_reader(const consensus_options& rules, std::size_t) : rules_{rules} {}

    [[nodiscard]] std::bitset<N> refused(const replies<N>& answers, std::bitset<N> asked) const
    {
        std::bitset<N> servers;
        for (std::size_t i = 0; i < N; ++i)
            servers[i] = asked[i] && answers[i] && answers[i].status() == status::invalid_packet_length;
        return servers;
    }

    void read(std::size_t first, std::size_t count, const replies<N>& answers, std::bitset<N> asked,
              std::bitset<N> again)
    {
        if (split_chunk<N>* const whole = find(first))
            return whole->add(first, count, answers, asked & ~again);
        if (again.any())
            split_.emplace(first, split_chunk<N>{first, count, answers.clone(), rules_.bit_order});
        else
            count_votes(first, count, answers);
    }

    [[nodiscard]] result take() &&
    {
        for (auto& [first, whole] : split_)
            count_votes(first, whole.size(), whole.joined());
        return std::move(result_);
    }

  private:
    [[nodiscard]] split_chunk<N>* find(std::size_t token)
    {
        const auto after = split_.upper_bound(token);
        const bool is_in = after != split_.begin() && std::prev(after)->second.covers(token);
        return is_in ? &std::prev(after)->second : nullptr;
    }

    void count_votes(std::size_t first, std::size_t count, const replies<N>& answers)
    {
        std::error_code error; // the rules were checked
        tally<N> votes;
        votes.assign(answers, count, rules_, error);
        if (!error)
            result_.add(first, std::move(votes));
    }

    consensus_options rules_;
    std::map<std::size_t, split_chunk<N>> split_; // by first token
    result result_;
};

/// Find answers are kept server by server, so only those that could not answer a chunk are asked again: too
/// long, or one token that the server does not know (it then refuses the whole chunk).
template <std::size_t N>
class find_reader
{
  public:
    using result = find_tally<N>;
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

#endif // RAIDA_CLIENT_DETAIL_BATCH_HPP
