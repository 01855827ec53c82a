// One question to the servers, with all that belongs to it: sealing, the answers opened, mirrors for those
// that failed, a probe where an answer can be read in two ways.
#ifndef RAIDA_DETAIL_EXCHANGE_HPP
#define RAIDA_DETAIL_EXCHANGE_HPP

#include <raida/codec.hpp>
#include <raida/detail/client_core.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>

#include <bitset>
#include <chrono>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

namespace raida::inline v1::detail {

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

    /// `done` will be called once, never from start().
    void on_finish(finished done) { done_ = std::move(done); }

    void start()
    {
        ask(question_.build, question_.servers, asked_, answers_, [this] { after_primary(); });
    }

    void cancel()
    {
        cancelled_ = true;
        signal_.emit(asio::cancellation_type::total);
    }

  private:
    void ask(const builder& build, std::bitset<N> servers, requests<N>& asked, replies<N>& into,
             std::function<void()> then)
    {
        std::error_code error;
        if (!core_->network || cancelled_)
            error = asio::error::operation_aborted;
        const auto left = error ? std::chrono::nanoseconds{} : question_.until - core_->network->now();
        if (!error && left <= left.zero())
            error = errc::timed_out;
        if (!error)
            asked = build(error);
        for (std::size_t i = 0; i < N; ++i)
            if (!servers[i])
                asked.skip(i);
        if (!error)
            core_->codec.seal(asked, error);
        if (error)
            return fail_later(error);

        versions_ = core_->versions();
        began_ = std::chrono::system_clock::now();
        const auto& settings = core_->settings;
        core_->network->async_request(
            asked, into,
            {.deadline = settings.deadline,
             .retry = is_idempotent(question_.what) ? settings.retry : retry_policy::none(),
             .overall = left},
            asio::bind_cancellation_slot(signal_.slot(), [self = this->shared_from_this(), &asked, &into,
                                                          then = std::move(then)](std::error_code refused) {
                if (refused)
                    return self->fail_later(refused);
                if (self->core_->network)
                    self->core_->record(asked, into, self->began_);
                then();
            }));
    }

    void after_primary()
    {
        if (!core_->network)
            return finish({});
        answered_ = true;
        unclear_ = core_->codec.open(asked_, answers_, batch());
        std::bitset<N> elsewhere;
        for (std::size_t i = 0; i < N; ++i)
            elsewhere[i] = answers_[i].attempts != 0 && did_not_answer(answers_[i]) &&
                           core_->change_address(i, versions_[i]);
        if (elsewhere.none() || !is_idempotent(question_.what) || !time_is_left())
            return after_mirrors();
        ask(question_.build, elsewhere, asked_again_, answers_again_, [this, elsewhere] {
            if (core_->network)
                take_over(elsewhere);
            after_mirrors();
        });
    }

    void take_over(std::bitset<N> from)
    {
        const auto unclear = core_->codec.open(asked_again_, answers_again_, batch());
        for (std::size_t i = 0; i < N; ++i) {
            const reply& one = answers_again_[i];
            if (!from[i] || !one || unclear[i])
                continue;
            answers_.answer(i, one.datagram, one.verified, one.latency, answers_[i].attempts + one.attempts);
        }
    }

    // A body that can be read in two ways is never guessed: the server's version tells how it counts.
    void after_mirrors()
    {
        if (unclear_.none() || !core_->network || !time_is_left())
            return finish({});
        const auto version = [core = core_](std::error_code& error) { return core->ask.version(error); };
        ask(version, unclear_, asked_again_, answers_again_, [this] {
            core_->codec.learn(asked_again_, answers_again_);
            core_->codec.open(only(asked_, unclear_), answers_, batch());
            finish({});
        });
    }

    // Opening twice what is open already would seal it again.
    static requests<N> only(requests<N> asked, std::bitset<N> servers)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (!servers[i])
                asked.skip(i);
        return asked;
    }

    [[nodiscard]] sealed_batch batch() const noexcept
    {
        return {question_.token_count, core_->settings.consensus.bit_order};
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
        if (const auto done = std::exchange(done_, {}))
            done(error, std::move(answers_));
    }

    std::shared_ptr<Core> core_;
    question question_;
    finished done_;
    asio::cancellation_signal signal_;
    requests<N> asked_, asked_again_;
    replies<N> answers_, answers_again_;
    std::bitset<N> unclear_;
    typename Core::address_versions versions_{};
    std::chrono::system_clock::time_point began_{};
    bool answered_ = false;
    bool cancelled_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_DETAIL_EXCHANGE_HPP
