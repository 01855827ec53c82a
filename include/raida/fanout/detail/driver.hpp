// The thin layer between the decisions, the transport and the handlers: everything that a fanout does happens
// in one place, turn(), in one order.
#ifndef RAIDA_FANOUT_DETAIL_DRIVER_HPP
#define RAIDA_FANOUT_DETAIL_DRIVER_HPP

#include <raida/async/detail/block_pool.hpp>
#include <raida/async/detail/shutdown_hook.hpp>
#include <raida/async/detail/thread_check.hpp>
#include <raida/async/detail/waiting_handler.hpp>
#include <raida/base/detail/system_error.hpp>
#include <raida/base/inline_function.hpp>
#include <raida/engine/detail/multiplexer.hpp>
#include <raida/engine/transport.hpp>
#include <raida/fanout/detail/alarm.hpp>
#include <raida/fanout/detail/canceller.hpp>
#include <raida/fanout/detail/packet_access.hpp>
#include <raida/fanout/detail/refusals.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/error.hpp>
#include <asio/execution/context.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/query.hpp>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace raida::inline v1::detail {

template <std::size_t N, class Transport>
class engine final : public std::enable_shared_from_this<engine<N, Transport>>,
                     private shutdown_hook,
                     private transport_sink
{
  public:
    using executor_type = typename Transport::executor_type;

    engine(Transport&& transport, const limits& allowed)
        : shutdown_hook{asio::query(transport.get_executor(), asio::execution::context)},
          transport_{std::move(transport)},
          board_{allowed, max_packet_of<Transport>}
    {}

    ~engine() { abandon_all(); }

    /// After construction, once a shared_ptr owns it.
    void attach() { transport_.attach(*this, this->weak_from_this()); }

    [[nodiscard]] executor_type get_executor() const noexcept { return transport_.get_executor(); }
    [[nodiscard]] Transport& transport() noexcept { return transport_; }
    [[nodiscard]] const fanout_statistics<N>& counts() noexcept { return board_.counts(); }
    [[nodiscard]] server_knowledge<N>& known() noexcept { return board_.known(); }
    [[nodiscard]] event_log<N>& events() noexcept { return board_.events(); }

    /// Starts a fan-out, or arranges for its refusal; the handler is never called from here. `Storage` is
    /// own_result<replies<N>>, or borrowed_result with `into`. When memory is short it throws std::bad_alloc,
    /// and nothing was started.
    template <class Storage, class Packets, class Handler>
    void start(const Packets& packets, request_options<N> options, replies<N>* into, Handler&& handler)
    {
        using handler_type = std::decay_t<Handler>;
        if (abandoned_)
            return; // the context is gone, or going: nobody can call the handler any more
        const thread_check::guard entered{monitor_};

        std::array<packet_view, N> views;
        auto error = stopped_ ? make_error_code(errc::engine_stopped) : view_packets<N>(packets, views);
        if (!error)
            error = board_.check(views, options);

        auto slot = asio::get_associated_cancellation_slot(handler);
        std::unique_ptr<waiting, abandoner> waits{make_waiting<replies<N>, Storage>(
            memory_, get_executor(), into, handler_type(std::forward<Handler>(handler)))};
        schedule_turn(); // first: should anything fail below, it finds nothing to do and lets the work go
        if (!work_)
            work_.emplace(get_executor());
        if (error) {
            waits->result().reset();
            refused_.add(*waits, error);
        } else {
            std::bitset<N> reachable;
            for (std::size_t server = 0; server < N; ++server)
                reachable[server] = transport_.has_endpoint(server);
            canceller<engine>* cancels = nullptr;
            if (slot.is_connected())
                cancels =
                    &slot.template emplace<canceller<engine>>(canceller<engine>{this->weak_from_this()});
            const auto& made = board_.admit(views, std::move(options), waits->result(), reachable,
                                            waits.get(), transport_.now());
            if (cancels != nullptr) {
                cancels->index = made.index;
                cancels->serial = made.serial;
            }
        }
        waits.release(); // NOLINT: the board or the list of refusals has it
    }

    /// New requests of this lane go to the transport's new endpoint.
    void renew_lane(std::size_t server)
    {
        const thread_check::guard entered{monitor_};
        if (const auto in_the_way = board_.renew(server))
            transport_.close_generation(server, *in_the_way);
    }

    /// Calls `what` at `when` by the transport's clock, in place of an earlier alarm.
    void wake_at(time_point when, inline_function<void()> what)
    {
        if (stopped_)
            return;
        alarm_.set(when, std::move(what));
        schedule_turn(); // which arms the transport
    }

    /// Cancels one round, if it is still the one that was admitted there.
    void cancel(std::uint32_t index, std::uint32_t serial)
    {
        if (stopped_ || index == no_round)
            return; // the signal may outlive the engine's context, and the storage that answers go to
        const thread_check::guard entered{monitor_};
        auto& which = board_.rounds()[index];
        if (!which.active || which.serial != serial)
            return;
        schedule_turn(); // first: if it fails nothing was cancelled
        board_.finish(which, asio::error::operation_aborted, transport_.now());
    }

    /// Cancels everything. The handlers are still called.
    void stop()
    {
        if (std::exchange(stopped_, true) || abandoned_)
            return;
        const thread_check::guard entered{monitor_};
        alarm_.drop();
        events().watch(nullptr);
        const auto now = transport_.now();
        transport_.close();
        for (std::uint32_t index = 0; index < board_.rounds().size(); ++index)
            board_.finish(board_.rounds()[index], asio::error::operation_aborted, now);
        if (!has_results())
            work_.reset();
        else if (!could_schedule_turn())
            abandon_all(); // no memory to call the handlers from the context; here they must not be
    }

  private:
    using waiting = waiting_handler<replies<N>>;
    // transport_sink
    void on_datagram(std::size_t lane, std::uint8_t generation, const incoming& arrived) override
    {
        board_.on_datagram(lane, generation, arrived,
                           arrived.when == time_point{} ? transport_.now() : arrived.when);
    }
    void on_error(std::size_t lane, std::uint8_t generation, std::error_code error, bytes_view quoted,
                  request_id id) override
    {
        board_.on_error(lane, generation, error, quoted, id, transport_.now());
    }
    void on_wake() override { turn(); }
    bool is_awaited(std::size_t lane, request_id id) noexcept override { return board_.is_awaited(lane, id); }
    lane_statistics& counts(std::size_t lane) noexcept override { return board_.counts().servers[lane]; }

    // shutdown_hook
    void on_fork(fork_event event) noexcept override { tell_of_fork(transport_, event); }
    void on_context_shutdown() noexcept override
    {
        const auto self = this->weak_from_this().lock(); // dropped handlers may own the last fanout
        abandon_all();
        transport_.release();
    }

    [[nodiscard]] bool has_results() noexcept { return board_.has_results() || !refused_.empty(); }

    void schedule_turn()
    {
        // Within a turn, too, though it ends with sending and with a look at what is left: the handler that
        // calls may run the context itself, and wait there for what it starts.
        if (turn_scheduled_)
            return;
        turn_scheduled_ = true;
        try {
            asio::post(get_executor(), [self = this->shared_from_this()] {
                self->turn_scheduled_ = false;
                self->turn();
            });
        } catch (...) {
            turn_scheduled_ = false; // nothing is on its way
            throw;
        }
    }

    [[nodiscard]] bool could_schedule_turn() noexcept
    {
        try {
            schedule_turn();
            return true;
        } catch (...) {
            return false;
        }
    }

    void turn()
    {
        // What is left is for another turn. Without the memory to post that one it is taken at once, and an
        // exception leaves after it; one that fails, too, leaves the rest to what wakes the engine next.
        if (abandoned_)
            return;
        const auto self = this->shared_from_this(); // handlers may destroy the last fanout
        const thread_check::guard entered{monitor_};
        std::exception_ptr first;
        for (bool again = true; again;) {
            std::exception_ptr thrown;
            try {
                take_turn();
            } catch (...) {
                thrown = std::current_exception();
            }
            again = !abandoned_ && (thrown || has_results()) && !could_schedule_turn() && !(thrown && first);
            if (!first)
                first = thrown;
        }
        if (first)
            std::rethrow_exception(first);
    }

    void take_turn()
    {
        if (!stopped_)
            expire();
        show_settled();
        const auto finished = board_.finished_count(); // what a hook or a handler ends is told of first
        events().tell();
        deliver(finished);
        if (!stopped_)
            alarm_.ring(transport_.now());
        if (!stopped_)
            send();
        events().tell();
        if (!abandoned_)
            rest_or_listen();
    }

    void expire()
    {
        // What is in the sockets already wins over a deadline, and so does a place that is free.
        const auto now = transport_.now();
        if (board_.next_due() > now)
            return;
        const auto lanes = board_.lanes_due(now);
        for (std::size_t lane = 0; lane < N; ++lane)
            if (lanes[lane])
                transport_.drain(lane);
        send();
        board_.expire(now);
    }

    void show_settled()
    {
        for (auto next = board_.next_settled(); next.of != nullptr; next = board_.next_settled()) {
            try {
                if (!stopped_)
                    next.of->show(next.server);
            } catch (...) {
                board_.notified(*next.of, transport_.now());
                throw;
            }
            board_.notified(*next.of, transport_.now());
        }
    }

    void deliver(std::size_t finished)
    {
        // Only what was finished before: handlers that start what finishes at once must not keep the thread
        // for ever.
        refused_.complete();
        for (auto left = finished; left != 0; --left) {
            round<N>* const done = board_.next_finished();
            if (done == nullptr)
                return; // a handler ran the context itself, and the rest was delivered there
            auto* const waits = static_cast<waiting*>(std::exchange(done->owner, nullptr));
            board_.release(*done);
            waits->complete({});
        }
    }

    void send()
    {
        const auto lanes = board_.sendable();
        for (std::size_t lane = 0; lane < N; ++lane)
            if (lanes[lane])
                send_lane(lane);
        board_.close_retired([this](std::size_t lane, std::uint8_t generation) {
            transport_.close_generation(lane, generation);
        });
    }

    void send_lane(std::size_t lane)
    {
        while (board_.sendable()[lane]) {
            if (board_.is_worn(lane))
                renew_lane(lane);
            const std::span<const outgoing> ready{batch_.data(), board_.next_batch(lane, batch_)};
            const auto now = transport_.now(); // before the send: an answer can be faster than a second look
            const auto done = transport_.submit(lane, board_.generation(lane), ready);
            board_.sent(lane, ready.first(done.count), now, done.as_one);
            if (!done.error || (done.is_stale && board_.give_up(lane)))
                continue;
            if (is_system_error(done.error, std::errc::operation_would_block))
                return;
            board_.fail_unsent(lane, ready[done.count], done.error, now);
        }
    }

    void rest_or_listen()
    {
        // An idle engine holds no work: io.run() returns when the last handler has run.
        if (board_.active() == 0 && !has_results()) {
            if (!stopped_) {
                transport_.arm((time_point::max)());
                transport_.rest();
                board_.known().rest();
                transport_.arm(alarm_.due());
            }
            work_.reset();
        } else if (!stopped_) {
            transport_.arm((std::min)(board_.next_due(), alarm_.due()));
            transport_.listen();
        }
    }

    void abandon_all() noexcept
    {
        stopped_ = abandoned_ = true;
        alarm_.drop();
        events().watch(nullptr);
        transport_.close();
        work_.reset();
        refused_.abandon();
        for (std::uint32_t index = 0; index < board_.rounds().size(); ++index) {
            auto& which = board_.rounds()[index];
            which.drop_rules(); // what they have captured may own this engine
            if (which.owner != nullptr)
                static_cast<waiting*>(std::exchange(which.owner, nullptr))->abandon();
        }
    }

    Transport transport_;
    block_pool memory_; // before what is allocated from it
    multiplexer<N> board_;
    std::array<outgoing, 64> batch_; // of send_lane(): here it is made once
    refusals<waiting> refused_;
    std::optional<asio::executor_work_guard<executor_type>> work_;
    alarm alarm_;
    thread_check monitor_;
    bool turn_scheduled_ = false, stopped_ = false, abandoned_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_FANOUT_DETAIL_DRIVER_HPP
