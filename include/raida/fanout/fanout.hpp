// The engine that users hold: asks N servers at once and collects N replies.
#ifndef RAIDA_FANOUT_FANOUT_HPP
#define RAIDA_FANOUT_FANOUT_HPP

#include <raida/async/detail/thread_check.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/inline_function.hpp>
#include <raida/engine/deadlines.hpp>
#include <raida/engine/event.hpp>
#include <raida/engine/learning.hpp>
#include <raida/engine/limits.hpp>
#include <raida/engine/request_options.hpp>
#include <raida/engine/statistics.hpp>
#include <raida/engine/transport.hpp>
#include <raida/fanout/detail/driver.hpp>
#include <raida/transport/server_list.hpp>
#include <raida/transport/udp.hpp>
#include <raida/wire/reply.hpp>

#include <asio/async_result.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/udp.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace raida::inline v1 {

/// Sends one packet to each of N servers at once, over long-lived sockets, and collects one reply for each.
///
/// Any number of fan-outs may be in flight; no send waits for a reply, no server's failure touches another
/// slot. An idle engine holds no work, so `io.run()` returns when the last handler has run.
///
/// Executor: everything happens on the transport's executor, which must be a strand unless one thread runs
/// its context; calls must be made on it. Debug builds stop a program that enters from two threads at once.
///
/// Object lifetimes: destroying the engine cancels what is in flight, never blocks, and is safe inside a
/// handler, inside `on_reply`, and after its context was destroyed. Cancelled handlers are still called, if
/// the context runs.
///
/// Forks: tell the context by its notify_fork(), before and on both sides. The child's engine then has
/// sockets of its own, and what is in flight is answered to the parent.
///
/// Thread safety: distinct objects safe; shared objects unsafe. From other threads a call is begun on the
/// executor: `asio::co_spawn(network.get_executor(), network.async_request(packets, asio::use_awaitable),
/// token)`, or in a function given to asio::dispatch(). Destroyed on the executor, or when no thread runs it.
template <std::size_t N = server_count, class Transport = transport::udp>
class fanout
{
    // Here, and no constraint: to name the type, as an alias or a reference does, is to look at no transport.
    static_assert(transport_to<Transport, asio::ip::udp::endpoint>,
                  "engine/transport.hpp says what it must have");

  public:
    using transport_type = Transport; ///< what carries the packets
    using executor_type = typename Transport::executor_type;
    using options = request_options<N>; ///< of one fan-out
    using replies_type = replies<N>;    ///< what it gives

    /// The same engine on another executor.
    template <class Executor>
    struct rebind_executor
    {
        using other = fanout<N, typename Transport::template rebind_executor<Executor>::other>;
    };

    /// On an executor. Opens nothing: a lane's socket is opened by its first request, so the network cannot
    /// fail here.
    fanout(const executor_type& executor, const server_list<N>& servers, const limits& allowed = {})
        : fanout{Transport{executor, allowed}, servers, allowed}
    {}

    /// On an execution context's executor, which one thread runs.
    template <class Context>
    requires std::convertible_to<Context&, asio::execution_context&>
    fanout(Context& context, const server_list<N>& servers, const limits& allowed = {})
        : fanout{executor_type{detail::one_thread(context).get_executor()}, servers, allowed}
    {}

    /// On a transport that was made beforehand.
    fanout(Transport transport, const server_list<N>& servers, const limits& allowed = {})
        : engine_{std::make_shared<engine>(std::move(transport), allowed)}
    {
        engine_->attach();
        for (std::size_t server = 0; server < N; ++server)
            if (const auto* endpoint = servers.endpoint(server))
                engine_->transport().set_endpoint(server, *endpoint);
    }

    fanout(fanout&&) noexcept = default;

    fanout& operator=(fanout&& other) noexcept
    {
        if (this != &other) {
            if (engine_)
                engine_->stop();
            engine_ = std::move(other.engine_);
        }
        return *this;
    }

    ~fanout()
    {
        if (engine_)
            engine_->stop();
    }

    [[nodiscard]] executor_type get_executor() const noexcept { return engine_->get_executor(); }

    /// Asks every server that has a packet.
    ///
    /// `packets`: a range of N packets, the i-th for server i. A packet is a contiguous range of one-byte
    /// elements, something convertible to `asio::const_buffer`, or has the members `bytes` and
    /// `expected_signature`, as `raida::request`. An empty packet leaves its server out. The packets are
    /// copied before an eager token's call returns; lazy tokens (deferred, use_awaitable) keep a copy of the
    /// range object.
    ///
    /// Handler signature: `void(std::error_code, raida::replies<N>)`
    ///
    /// Errors: the error is set only for a call that was refused, and then nothing was sent:
    /// errc::wrong_packet_count, packet_too_large, malformed_packet, invalid_deadline, invalid_quorum,
    /// no_tokens, indistinguishable, not_idempotent, queue_full, engine_stopped. What happens to one server
    /// is in its slot: errc::timed_out, skipped, no_endpoint, not_awaited, oversize, overloaded, or the
    /// operating system's error, std::errc::not_enough_memory among them.
    ///
    /// Exceptions: std::bad_alloc, when nothing was started and the handler is destroyed. Later on io.run()
    /// may throw it, and can be called again: the engine goes on. A handler whose own executor finds no
    /// memory to take it over is destroyed uncalled.
    ///
    /// Executor: the handler is posted to the engine's executor and dispatched on its associated executor,
    /// once, never inside this call, its associated allocator's memory given back before.
    ///
    /// Per-operation cancellation: terminal, partial and total (total: datagrams may have left). Completes
    /// with success, what has arrived, and operation_aborted in the other slots.
    template <detail::packet_range Packets, ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, replies<N>))
                                                Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    auto async_request(Packets&& packets, options how,
                       Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return asio::async_initiate<Token, void(std::error_code, replies<N>)>(
            initiate<detail::own_result<replies<N>>>{engine_}, token, std::forward<Packets>(packets),
            std::move(how));
    }

    /// The same with default options.
    template <detail::packet_range Packets, ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, replies<N>))
                                                Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    requires(!std::same_as<std::remove_cvref_t<Token>, options>)
    auto async_request(Packets&& packets, Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return asio::async_initiate<Token, void(std::error_code, replies<N>)>(
            initiate<detail::own_result<replies<N>>>{engine_}, token, std::forward<Packets>(packets),
            options{});
    }

    /// The same into the caller's storage, which keeps its memory from one fan-out to the next: a warm engine
    /// then allocates nothing. `into` must outlive the operation, and belongs to it until the handler is
    /// called.
    ///
    /// Handler signature: `void(std::error_code)`
    template <detail::packet_range Packets, ASIO_COMPLETION_TOKEN_FOR(void(std::error_code))
                                                Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    auto async_request(Packets&& packets, replies<N>& into, options how,
                       Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return asio::async_initiate<Token, void(std::error_code)>(
            initiate<detail::borrowed_result>{engine_, &into}, token, std::forward<Packets>(packets),
            std::move(how));
    }

    /// What fits none of these is refused in plain words. The pack, which is empty, lets the others go first.
    template <class Packets, class Token, class... None>
    requires(sizeof...(None) == 0)
    void async_request(Packets&&, options, Token&&, None&&...)
    {
        constexpr bool fits = detail::packet_range<Packets>;
        static_assert(fits, "packets are a range of N byte ranges, as raida::commands makes them");
        static_assert(!fits, "a handler takes (std::error_code, raida::replies<N>)");
    }
    /// The same with default options.
    template <class Packets, class Token, class... None>
    requires(sizeof...(None) == 0 && !std::same_as<std::remove_cvref_t<Token>, options>)
    void async_request(Packets&& packets, Token&& token, None&&...)
    {
        async_request(std::forward<Packets>(packets), options{}, std::forward<Token>(token));
    }

    /// The time on the transport's clock: virtual in a simulation.
    [[nodiscard]] std::chrono::steady_clock::time_point now() const { return engine_->transport().now(); }

    /// Calls `what` on the executor at `when` by the transport's clock, or soon after. One alarm at a time:
    /// another one takes its place, and one for time_point::max() is none. Dropped with the engine; holds
    /// work until then.
    void wake_at(std::chrono::steady_clock::time_point when, inline_function<void()> what)
    {
        engine_->wake_at(when, std::move(what));
    }

    /// Calls `hook` for everything that happens from now on, in the order in which it happened; nothing to
    /// call ends that, another hook takes the place of the first. Without one, an event costs one test of a
    /// pointer.
    ///
    /// Executor: called on the engine's, in its next turn, before the handler of the fan-out that is done. It
    /// holds up everything there, so it must not block; it may start requests, cancel, destroy the engine or
    /// throw, as a handler may. Not called after the engine was destroyed, which destroys the hook, too. An
    /// event for which there is no memory is left out.
    void on_event(event_hook hook) { engine_->events().watch(std::move(hook)); }

    /// What was counted since the engine was made.
    [[nodiscard]] fanout_statistics<N> statistics() const { return engine_->counts(); }

    /// What was learned about each server's round trips, to be saved: the next engine starts with it through
    /// learn().
    [[nodiscard]] std::array<round_trip, N> learned_round_trips() const
    {
        return engine_->known().round_trips();
    }

    /// Replaces what was learned about all servers.
    void learn(const std::array<round_trip, N>& known) { engine_->known().learn(known); }

    /// Is this server left out at the moment, since it failed again and again? See limits::isolation. No
    /// server has a number beyond N, and so none there is.
    [[nodiscard]] bool is_isolated(std::size_t server) const { return engine_->known().is_isolated(server); }

    /// How long a request of `size` bytes to this server would be awaited at first if it were sent now. Zero
    /// for a number that no server has.
    [[nodiscard]] std::chrono::nanoseconds timeout_for(std::size_t server, const deadlines<N>& deadline,
                                                       command_code what, std::size_t size) const
    {
        return server < N ? engine_->known().timeout_for(server, deadline, what, size)
                          : std::chrono::nanoseconds{};
    }

    /// From now on server `index` is asked at `endpoint`. Requests in flight are still awaited at the old
    /// address. What was learned about the old one is forgotten. Refused with errc::invalid_port for port 0,
    /// errc::invalid_server for an index beyond N.
    template <class Endpoint>
    void set_server(std::size_t index, const Endpoint& endpoint, std::error_code& error)
    {
        error = index >= N             ? make_error_code(errc::invalid_server)
                : endpoint.port() == 0 ? make_error_code(errc::invalid_port)
                                       : std::error_code{};
        if (error)
            return;
        engine_->transport().set_endpoint(index, endpoint);
        engine_->renew_lane(index);
        engine_->known().forget(index);
    }

    /// The same, throwing std::system_error.
    template <class Endpoint>
    void set_server(std::size_t index, const Endpoint& endpoint)
    {
        detail::or_throw("set_server", [&](std::error_code& error) { set_server(index, endpoint, error); });
    }

  private:
    using engine = detail::engine<N, Transport>;

    // Exposes the executor, so that Asio's adapters (cancel_after, bind_executor) find it. Keeps the engine,
    // which may be destroyed before a lazy operation starts.
    template <class Storage>
    struct initiate
    {
        using executor_type = typename Transport::executor_type;

        std::shared_ptr<engine> engine_;
        replies<N>* into_ = nullptr;

        [[nodiscard]] executor_type get_executor() const noexcept { return engine_->get_executor(); }

        template <class Handler, class Packets>
        void operator()(Handler&& handler, const Packets& packets, options how) const
        {
            ASIO_HANDLER_LOCATION((__FILE__, __LINE__, "raida::fanout::async_request"));
            engine_->template start<Storage>(packets, std::move(how), into_, std::forward<Handler>(handler));
        }
    };

    std::shared_ptr<engine> engine_;
};

// In a namespace of its own, so that what is called `network` shadows nothing.
inline namespace aliases {
/// The engine for the 25 servers, over UDP.
using network = fanout<>;
} // namespace aliases

} // namespace raida::inline v1

#ifdef RAIDA_SEPARATE_COMPILATION // fanout/src.hpp has them
namespace raida::inline v1::detail {

extern template class open_rounds<server_count>;
extern template class multiplexer<server_count>;
extern template class engine<server_count, transport::udp>;

} // namespace raida::inline v1::detail
#endif

#endif // RAIDA_FANOUT_FANOUT_HPP
