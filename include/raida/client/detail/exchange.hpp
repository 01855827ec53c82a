// One question on its way: built, sealed and sent, its answers opened as they come, mirrors asked for servers
// that do not answer.
#ifndef RAIDA_CLIENT_DETAIL_EXCHANGE_HPP
#define RAIDA_CLIENT_DETAIL_EXCHANGE_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/client/codec.hpp>
#include <raida/client/detail/core.hpp>
#include <raida/client/detail/exchange_machine.hpp>
#include <raida/wire/healing.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// Would every other question of the same call meet this error too? Not what only ran out of time.
inline bool is_for_all(std::error_code error) noexcept
{
    return error && error != errc::timed_out && !is_system_error(error, std::errc::operation_canceled);
}

/// Whoever asks. An exchange keeps it alive and names itself by the number that it was given.
template <std::size_t N>
class asker
{
  public:
    /// The packets for all servers; called again for mirrors: a request never travels twice in two places.
    virtual requests<N> build(std::uint32_t id, std::error_code& error) = 0;

    /// A slot has its last word. `readable`: not a sealed body with two readings.
    virtual void settled(std::uint32_t id, const reply& one, bool readable) = 0;

    /// Is more not worth waiting for? What stands in slots that are `open` is not their last word.
    virtual bool has_enough(std::uint32_t id, const replies<N>& so_far, const std::bitset<N>& open) = 0;

    /// It is over, never within start(); the asker may take the answers. An error: nothing was asked.
    virtual void finished(std::uint32_t id, std::error_code error, replies<N>& answers) = 0;

    /// Callbacks of the user's may be called now, and throw.
    virtual void tell() = 0;

  protected:
    ~asker() = default;
};

/// Must it be known when it is over? Until its deadline is past another pown on the same page could be lost,
/// and another fix anywhere could leave servers deaf.
inline bool is_always_awaited(command_code what) noexcept
{
    return what == pown_command || what == fix_command;
}

/// What is asked, of whom, and how long.
template <std::size_t N>
struct question
{
    command_code what{};
    std::size_t token_count = 0;
    std::bitset<N> servers = ~std::bitset<N>{};
    deadlines<N> deadline{};
    retry_policy retry{};
    std::chrono::steady_clock::time_point until{};
    bool may_end_early = false;           ///< has_enough() is asked
    const answer_reader* reads = nullptr; ///< whoever asks keeps it
};

/// A pown and a fix are neither cancelled nor cut short by the budget.
///
/// Without memory start() throws, and nothing was asked. Later on it is the affair of one slot: an answer
/// that cannot be opened is none, a mirror that cannot be asked is not asked.
template <class Core>
class exchange : public std::enable_shared_from_this<exchange<Core>>
{
  public:
    static constexpr std::size_t N = Core::size;
    using attempt = client_attempt<N>;

    exchange(std::shared_ptr<Core> core, const question<N>& asked, std::uint32_t id,
             std::shared_ptr<asker<N>> by)
        : core_{std::move(core)},
          question_{asked},
          id_{id},
          asker_{std::move(by)},
          machine_{asked.servers, is_idempotent(asked.what)}
    {}

    /// Throws std::bad_alloc.
    void start() { ask(first_, question_.servers); }

    /// Throws std::bad_alloc; then it may be called again.
    void cancel()
    {
        machine_.end();
        is_cancelled_ = true;
        if (!is_always_awaited(question_.what))
            stop_all();
    }

    /// Nobody wants the rest: what is open is no longer awaited.
    void end_early(const attempt* but = nullptr) noexcept
    {
        machine_.end();
        try {
            stop_all(but);
        } catch (const std::bad_alloc&) { // then they end by their deadlines
        }
    }

  private:
    void ask(attempt& into, const std::bitset<N>& servers)
    {
        std::error_code error;
        if (!core_->network || is_cancelled_)
            error = asio::error::operation_aborted;
        const auto left = error ? std::chrono::nanoseconds{} : question_.until - core_->network->now();
        if (!error && left <= left.zero())
            error = errc::timed_out;
        requests<N> packets;
        if (!error && servers.any()) // else there is nobody, and nothing to build
            packets = asker_->build(id_, error);
        into.servers = servers;
        const auto reachable = servers & core_->addressed();
        for (std::size_t i = 0; i < N; ++i)
            if (!reachable[i])
                packets.skip(i);
        if (!error && question_.what != version_command) // whose answer could be guessed: never sealed
            core_->codec.seal(packets, error);
        if (error)
            return fail_later(into, error);
        core_->note_start(into, question_.what, packets, question_.deadline);
        if constexpr (Core::codec_type::encrypts) {
            into.sealed = std::make_unique<requests<N>>(std::move(packets));
            send(into, *into.sealed, left);
        } else {
            send(into, packets, left);
        }
    }

    void send(attempt& into, const requests<N>& packets, std::chrono::nanoseconds left)
    {
        const bool repeats = is_idempotent(question_.what);
        request_options<N> how{.deadline = question_.deadline,
                               .retry = repeats ? question_.retry : retry_policy::none(),
                               .on_reply = [this, &into](const reply& one) { arrived(into, one.server); },
                               .overall = is_always_awaited(question_.what) ? left.zero() : left};
        if (question_.may_end_early)
            how.complete = [this, &into](const replies<N>&) { return has_enough(into); };
        core_->network->async_request(
            packets, into.answers, std::move(how),
            asio::bind_cancellation_slot(into.stop.slot(),
                                         [self = this->shared_from_this(), &into](std::error_code refused) {
                                             self->over(into, refused);
                                         }));
        ++running_;
    }

    // Within the engine's turn. A callback of the user's may end everything, and throw.
    void arrived(attempt& of, std::size_t i)
    {
        const auto self = this->shared_from_this();
        take(of, i);
        if (const auto thrown = tell(of, i))
            std::rethrow_exception(thrown);
    }

    void take(attempt& of, std::size_t i)
    {
        const bool is_primary = &of == &first_;
        const bool readable = open(of, i);
        const reply& one = of.answers[i];
        core_->note_answer(of, question_.what, one);
        if (is_primary && machine_.wants_mirror(one, of.outdated[i]) && time_is_left() &&
            (of.outdated[i] || core_->change_address(i, of.versions[i]))) {
            machine_.go_to_mirror(i);
            if (could_ask_elsewhere(i))
                return;
        }
        if (machine_.arrived(i, readable) && readable)
            settle(of, i, true);
        if (machine_.unclear().any())
            clear_up(false);
    }

    // What the primary said stands unless the mirror has answered.
    void settle(const attempt& of, std::size_t i, bool readable)
    {
        if (const reply& one = of.answers[i]; &of != &first_ && one) {
            const unsigned attempts = first_.answers[i].attempts + one.attempts;
            try {
                first_.answers.answer(i, one.datagram, one.verified, one.latency, attempts);
            } catch (const std::bad_alloc&) {
                first_.answers.fail(i, no_memory(), one.latency, attempts);
            }
        }
        asker_->settled(id_, first_.answers[i], readable);
    }

    bool could_ask_elsewhere(std::size_t i)
    {
        const auto before = mirrors_.size();
        std::bitset<N> only;
        only.set(i);
        try {
            ask(*mirrors_.emplace_back(std::make_unique<attempt>()), only);
            return true;
        } catch (const std::bad_alloc&) {
            mirrors_.resize(before);
            return false;
        }
    }

    // Never guessed. The last word on a slot is its mirror's, if that was asked.
    void clear_up(bool is_last_chance)
    {
        for (std::size_t i = 0; i < N; ++i) {
            if (!machine_.unclear()[i])
                continue;
            attempt* of = &first_;
            for (const auto& other : mirrors_)
                if (other->servers[i])
                    of = other.get();
            const bool readable = open(*of, i);
            if (!readable && !is_last_chance)
                continue;
            machine_.clear_up(i);
            settle(*of, i, readable);
        }
    }

    bool open(attempt& of, std::size_t i)
    {
        if constexpr (Core::codec_type::encrypts) {
            core_->drop_outdated(of, i);
            const reply& one = of.answers[i];
            try {
                if (!one.error && of.sealed)
                    return core_->codec.open(
                        i, (*of.sealed)[i], of.answers,
                        {question_.token_count, core_->settings.consensus.bit_order, question_.reads});
            } catch (const std::bad_alloc&) {
                of.answers.fail(i, no_memory(), one.latency, one.attempts);
            }
        }
        return true;
    }

    bool has_enough(const attempt& asking)
    {
        if (machine_.has_ended())
            return true;
        if (!asker_->has_enough(id_, first_.answers, machine_.provisional()))
            return false;
        end_early(&asking);
        return true;
    }

    void stop_all(const attempt* but = nullptr) // but this one
    {
        const auto self = this->shared_from_this();
        if (but != &first_)
            first_.stop.emit(asio::cancellation_type::total);
        for (const auto& other : mirrors_)
            if (other.get() != but)
                other->stop.emit(asio::cancellation_type::total);
    }

    // Slots that were never shown: not asked, or given up.
    void over(attempt& of, std::error_code refused)
    {
        if (refused)
            return fail(of, refused);
        const auto absent = of.servers & (core_->network ? ~core_->addressed() : std::bitset<N>{});
        std::exception_ptr thrown;
        for (std::size_t i = 0; i < N; ++i) {
            if (!of.servers[i] || !(&of == &first_ ? machine_.at_primary() : machine_.at_mirror())[i])
                continue;
            const reply& one = of.answers[i];
            if (absent[i] && one.error == errc::skipped)
                of.answers.fail(i, errc::no_endpoint, {}, 0);
            else if (!is_cancelled_ && machine_.has_ended() &&
                     is_system_error(one.error, std::errc::operation_canceled))
                of.answers.fail(i, errc::not_awaited, one.latency, one.attempts);
            take(of, i);
            if (one.attempts != 0)
                thrown = thrown ? thrown : tell(of, i);
        }
        finish_if_over({});
        if (thrown)
            std::rethrow_exception(thrown);
    }

    // What the primaries answered stands, whatever becomes of a second look.
    void fail(attempt& of, std::error_code error)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (of.servers[i]) {
                of.answers.fail(i, error, {}, 0);
                if (machine_.arrived(i, true))
                    settle(of, i, true);
            }
        finish_if_over(&of == &first_ ? error : std::error_code{});
    }

    // Nobody's initiating function: it never calls back.
    void fail_later(attempt& of, std::error_code error)
    {
        asio::post(core_->get_executor(),
                   [self = this->shared_from_this(), &of, error] { self->fail(of, error); });
        ++running_;
    }

    void finish_if_over(std::error_code error)
    {
        if (error)
            error_ = error;
        if (--running_ != 0)
            return;
        clear_up(true);
        std::exchange(asker_, nullptr)->finished(id_, error_, first_.answers);
    }

    std::exception_ptr tell(const attempt& of, std::size_t i) noexcept
    {
        std::exception_ptr thrown;
        const auto by = asker_;
        try {
            core_->tell(of, question_.what, of.answers[i]);
        } catch (...) {
            thrown = std::current_exception();
        }
        try {
            by->tell();
        } catch (...) {
            thrown = thrown ? thrown : std::current_exception();
        }
        return thrown;
    }

    static std::error_code no_memory() noexcept { return make_error_code(std::errc::not_enough_memory); }

    [[nodiscard]] bool time_is_left() const
    {
        return !is_cancelled_ && core_->network && core_->network->now() < question_.until;
    }

    std::shared_ptr<Core> core_;
    question<N> question_;
    std::uint32_t id_;
    std::shared_ptr<asker<N>> asker_;
    exchange_machine<N> machine_;
    attempt first_;
    std::vector<std::unique_ptr<attempt>> mirrors_; // one server each
    std::size_t running_ = 0;                       // attempts
    std::error_code error_;
    bool is_cancelled_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_EXCHANGE_HPP
