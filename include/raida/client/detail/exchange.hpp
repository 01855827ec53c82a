// One question to the servers, with all that belongs to it: sealing, the answers opened, mirrors for those
// that failed, a probe where an answer can be read in two ways.
#ifndef RAIDA_CLIENT_DETAIL_EXCHANGE_HPP
#define RAIDA_CLIENT_DETAIL_EXCHANGE_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/client/codec.hpp>
#include <raida/client/detail/core.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <bitset>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

namespace raida::inline v1::detail {

/// Would every other question of the same call meet this error too? Not what only ran out of time.
inline bool is_for_all(std::error_code error) noexcept
{
    return error && error != errc::timed_out && !is_system_error(error, std::errc::operation_canceled);
}

/// A pown is neither cancelled nor cut short by the budget: until its deadline is over another one on the
/// same page could be lost.
template <class Core>
class exchange : public std::enable_shared_from_this<exchange<Core>>
{
  public:
    static constexpr std::size_t N = Core::size;
    using time_point = std::chrono::steady_clock::time_point;
    using builder = std::function<requests<N>(std::error_code&)>;
    using finished = std::function<void(std::error_code, replies<N>)>;

    struct question
    {
        command_code what{};
        std::size_t token_count = 0;
        builder build{}; ///< called again for a mirror: a request never travels twice in two places
        std::bitset<N> servers = ~std::bitset<N>{};
        time_point until{};
    };

    exchange(std::shared_ptr<Core> core, question asked) : core_{std::move(core)}, question_{std::move(asked)}
    {}

    /// `done` will be called once, never from start(). Whoever asked need not keep this alive.
    void on_finish(finished done) { done_ = std::move(done); }

    void start()
    {
        ask(question_.build, question_.servers, first_, [this] { after_primary(); });
    }

    void cancel()
    {
        cancelled_ = true;
        if (is_idempotent(question_.what))
            signal_.emit(asio::cancellation_type::total);
    }

  private:
    using attempt = client_attempt<N>;

    // The next step is kept alive by the engine's handler, or by the post that stands for it.
    void ask(const builder& build, std::bitset<N> servers, attempt& into, std::function<void()> then)
    {
        std::error_code error;
        if (!core_->network || cancelled_)
            error = asio::error::operation_aborted;
        const auto left = error ? std::chrono::nanoseconds{} : question_.until - core_->network->now();
        if (!error && left <= left.zero())
            error = errc::timed_out;
        if (!error && servers.any()) // for tokens without any number there is nobody, and nothing to build
            into.asked = build(error);
        const auto reachable = servers & core_->addressed();
        for (std::size_t i = 0; i < N; ++i)
            if (!reachable[i])
                into.asked.skip(i);
        if (!error)
            core_->codec.seal(into.asked, error);
        if (error)
            return fail_later(error);

        core_->note_start(into);
        const auto& settings = core_->settings;
        const bool again = is_idempotent(question_.what);
        core_->network->async_request(
            into.asked, into.answers,
            {.deadline = settings.deadline,
             .retry = again ? settings.retry : retry_policy::none(),
             .overall = again ? left : left.zero()},
            asio::bind_cancellation_slot(signal_.slot(), [self = this->shared_from_this(), &into,
                                                          absent = servers & ~reachable,
                                                          then = std::move(then)](std::error_code refused) {
                if (refused)
                    return self->fail_later(refused);
                for (std::size_t i = 0; i < N; ++i)
                    if (absent[i])
                        into.answers.fail(i, errc::no_endpoint, {}, 0);
                self->arrived(into, then);
            }));
    }

    // The caller's recorder may throw: the next step is taken all the same.
    void arrived(const attempt& from, const std::function<void()>& then)
    {
        std::exception_ptr thrown;
        try {
            core_->record(from);
        } catch (...) {
            thrown = std::current_exception();
        }
        then();
        if (thrown)
            std::rethrow_exception(thrown);
    }

    void after_primary()
    {
        answered_ = true;
        unclear_ = open(first_);
        std::bitset<N> elsewhere;
        if (is_idempotent(question_.what) && time_is_left())
            for (std::size_t i = 0; i < N; ++i)
                elsewhere[i] = first_.outdated[i] ||
                               (first_.answers[i].attempts != 0 && did_not_answer(first_.answers[i]) &&
                                core_->change_address(i, first_.versions[i]));
        if (elsewhere.none())
            return after_mirrors();
        ask(question_.build, elsewhere, second_, [this, elsewhere] {
            elsewhere_ = elsewhere;
            unclear_ |= open(second_) & elsewhere;
            after_mirrors();
        });
    }

    // A body that can be read in two ways is never guessed: the server's version tells how it counts.
    void after_mirrors()
    {
        if (unclear_.none() || !time_is_left())
            return finish({});
        const auto version = [core = core_](std::error_code& error) { return core->ask.version(error); };
        ask(version, unclear_, probe_, [this] {
            core_->drop_outdated(probe_);
            core_->codec.learn(probe_.asked, probe_.answers);
            static_cast<void>(open(first_));
            static_cast<void>(open(second_));
            finish({});
        });
    }

    // Servers whose answer can be read in two ways.
    std::bitset<N> open(attempt& of)
    {
        core_->drop_outdated(of);
        return core_->codec.open(of.asked, of.answers,
                                 {question_.token_count, core_->settings.consensus.bit_order});
    }

    [[nodiscard]] bool time_is_left() const
    {
        return !cancelled_ && core_->network && core_->network->now() < question_.until;
    }

    static bool did_not_answer(const reply& one) noexcept
    {
        return one.error && one.error != errc::not_awaited && one.error != errc::oversize &&
               one.error != asio::error::operation_aborted;
    }

    // What the primaries answered stands, whatever becomes of a second look.
    void fail_later(std::error_code error)
    {
        if (answered_)
            error = {};
        if (!core_->network) // the client is gone; only a handler can have come here
            return finish(error);
        asio::post(core_->get_executor(), [self = this->shared_from_this(), error] { self->finish(error); });
    }

    void finish(std::error_code error)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (const reply& one = second_.answers[i]; elsewhere_[i] && one)
                first_.answers.answer(i, one.datagram, one.verified, one.latency,
                                      first_.answers[i].attempts + one.attempts);
        if (const auto done = std::exchange(done_, {}))
            done(error, std::move(first_.answers));
    }

    std::shared_ptr<Core> core_;
    question question_;
    finished done_;
    asio::cancellation_signal signal_;
    attempt first_, second_, probe_; // at the primaries, at the mirrors of some, for the versions of some
    std::bitset<N> unclear_, elsewhere_;
    bool answered_ = false;
    bool cancelled_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_EXCHANGE_HPP
