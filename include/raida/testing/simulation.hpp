// A virtual network and clock under the same fanout: no sockets, no sleeping, the same run every time.
#ifndef RAIDA_TESTING_SIMULATION_HPP
#define RAIDA_TESTING_SIMULATION_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/engine/limits.hpp>
#include <raida/engine/transport.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::testing {

class simulation;
class simulated_transport;

/// The socket that a datagram came from. May be kept: nothing arrives once that socket is closed.
class simulated_peer
{
  public:
    using duration = std::chrono::nanoseconds;

    /// `answer` arrives after `delay`. May be called several times.
    void reply(duration delay, bytes_view answer, bool truncated = false) const;

    /// The network reports `error` after `delay`, with what it quotes of the datagram.
    void fail(duration delay, std::error_code error, bytes_view quoted) const;

  private:
    friend class simulated_transport;

    simulated_peer(std::size_t lane, std::uint8_t generation, simulated_transport& from,
                   const std::weak_ptr<void>& owner)
        : lane_{lane}, generation_{generation}, from_{&from}, owner_{owner}
    {}

    std::size_t lane_;
    std::uint8_t generation_;
    simulated_transport* from_;
    std::weak_ptr<void> owner_; // keeps the transport where it is
};

/// One datagram that reached the virtual network. What becomes of it is up to simulation::on_request.
struct simulated_request
{
    using duration = simulated_peer::duration;

    std::size_t server;               ///< its id
    asio::ip::udp::endpoint endpoint; ///< the address that it was sent to
    bytes_view bytes;                 ///< valid during the call
    simulated_peer from;              ///< to be kept by who answers later

    /// `answer` arrives after `delay`. May be called several times.
    void reply(duration delay, bytes_view answer, bool truncated = false) const
    {
        from.reply(delay, answer, truncated);
    }

    /// The network reports `error` after `delay`, quoting the first `quoted` bytes of this datagram.
    void fail(duration delay, std::error_code error, std::size_t quoted = 64) const
    {
        from.fail(delay, error, bytes.first((std::min)(quoted, bytes.size())));
    }
};

/// Time that passes only when nothing is left to do. Handlers run on its io_context, inside run().
///
///     raida::testing::simulation world;
///     world.on_request = [](const auto& request) { request.reply(20ms, answer_to(request.bytes)); };
///     raida::fanout<25, raida::testing::simulated_transport> network{world, servers};
///
/// Must outlive what is built on it. Single-threaded.
class simulation
{
  public:
    using clock = std::chrono::steady_clock;
    using duration = std::chrono::nanoseconds;

    /// Called for every datagram that leaves. Empty: every server is silent.
    std::function<void(const simulated_request&)> on_request;

    /// False: what comes while an engine awaits nothing is read when it next does, as with sockets.
    bool reads_at_rest = true;

    /// Where handlers run.
    [[nodiscard]] asio::io_context& context() noexcept { return io_; }
    [[nodiscard]] asio::io_context::executor_type get_executor() noexcept { return io_.get_executor(); }
    [[nodiscard]] clock::time_point now() const noexcept { return now_; }

    /// Calls `what` on the executor when `delay` has passed.
    void after(duration delay, std::function<void()> what)
    {
        events_.emplace(now_ + (std::max)(delay, duration{}), std::move(what));
    }

    /// Runs until nothing happens any more.
    void run()
    {
        while (step((clock::time_point::max)()))
            ;
    }

    /// Runs one handler, and lets time pass where none is ready. False if nothing happens any more.
    bool run_one()
    {
        io_.restart();
        return io_.poll_one() != 0 || begin_next((clock::time_point::max)());
    }

    /// Runs what happens within `span`, and lets all of it pass.
    void run_for(duration span)
    {
        const auto end = now_ + span;
        while (step(end))
            ;
        now_ = end;
    }

    /// Time passes at once, as for a process that was stopped: whatever was due meanwhile comes late.
    void jump(duration span) { now_ += span; }

  private:
    friend class simulated_transport;

    // Handlers first: they take no time.
    bool step(clock::time_point end)
    {
        io_.restart();
        return io_.poll() != 0 || begin_next(end);
    }

    bool begin_next(clock::time_point end)
    {
        if (events_.empty() || events_.begin()->first > end)
            return false;
        asio::post(io_,
                   [this] { events_.extract(events_.begin()).mapped()(); }); // none overtakes it meanwhile
        now_ = (std::max)(now_, events_.begin()->first);
        return true;
    }

    asio::io_context io_{1};
    clock::time_point now_{std::chrono::hours{1}};
    std::multimap<clock::time_point, std::function<void()>> events_; // of one time, in their order
};

/// The transport of a simulation: see engine/transport.hpp.
class simulated_transport
{
  public:
    using executor_type = asio::io_context::executor_type;
    using clock = simulation::clock;

    template <class Executor>
    struct rebind_executor
    {
        using other = simulated_transport;
    };

    /// Of this network and clock.
    simulated_transport(simulation& world) noexcept : world_{&world} {}

    [[nodiscard]] executor_type get_executor() const noexcept { return world_->get_executor(); }

    void attach(transport_sink& sink, std::weak_ptr<void> owner)
    {
        sink_ = &sink;
        owner_ = std::move(owner);
    }

    [[nodiscard]] bool has_endpoint(std::size_t lane) const noexcept
    {
        return lane < endpoints_.size() && endpoints_[lane].port() != 0;
    }
    void set_endpoint(std::size_t lane, const asio::ip::udp::endpoint& address)
    {
        endpoints_.resize((std::max)(endpoints_.size(), lane + 1));
        endpoints_[lane] = address;
    }

    submitted submit(std::size_t lane, std::uint8_t generation, std::span<const outgoing> batch)
    {
        open_.resize((std::max)(open_.size(), lane + 1));
        open_[lane] |= std::uint32_t{1} << generation;
        for (const outgoing& one : batch)
            if (world_->on_request)
                world_->on_request(
                    {lane, endpoints_[lane], one.bytes, simulated_peer{lane, generation, *this, owner_}});
        return {batch.size(), {}};
    }

    /// What has arrived by now, be its event still to come.
    void drain(std::size_t lane) { (void)hand_up(lane); }
    void close_generation(std::size_t lane, std::uint8_t generation) noexcept
    {
        if (lane < open_.size())
            open_[lane] &= ~(std::uint32_t{1} << generation);
    }
    [[nodiscard]] clock::time_point now() const noexcept { return world_->now(); }

    void arm(clock::time_point due)
    {
        if (due == armed_)
            return;
        if (due != (clock::time_point::max)())
            world_->after(due - now(), [this, owner = owner_, due] {
                if (const auto alive = owner.lock(); alive && armed_ == due) {
                    armed_ = (clock::time_point::max)();
                    sink_->on_wake();
                }
            });
        armed_ = due;
    }

    void listen()
    {
        if (!listening_ && !world_->reads_at_rest)
            for (std::size_t lane = 0; lane < inbox_.size(); ++lane)
                if (!inbox_[lane].empty() && inbox_[lane].begin()->first <= now())
                    wake_for(lane, {});
        listening_ = true;
    }
    void rest() noexcept { listening_ = false; }
    void close() noexcept
    {
        open_.clear();
        inbox_.clear();
    }
    void release() noexcept {}

  private:
    friend class simulated_peer;

    struct arrival
    {
        std::uint8_t generation;
        std::function<void(transport_sink&)> hand_up;
    };

    // `what` is called with the sink if the socket is still open by then.
    void later(simulation::duration delay, std::size_t lane, std::uint8_t generation,
               std::function<void(transport_sink&)> what)
    {
        delay = (std::max)(delay, simulation::duration{});
        inbox_.resize((std::max)(inbox_.size(), lane + 1));
        wake_for(lane, delay); // first: what is in the inbox is read
        inbox_[lane].emplace(now() + delay, arrival{generation, std::move(what)});
    }

    void wake_for(std::size_t lane, simulation::duration delay)
    {
        world_->after(delay, [this, owner = owner_, lane] {
            const auto alive = owner.lock();
            if (alive && (listening_ || world_->reads_at_rest) && hand_up(lane))
                sink_->on_wake();
        });
    }

    // False if there was nothing.
    bool hand_up(std::size_t lane)
    {
        bool any = false;
        while (lane < inbox_.size() && !inbox_[lane].empty() && inbox_[lane].begin()->first <= now()) {
            const auto next = inbox_[lane].extract(inbox_[lane].begin());
            const arrival& one = next.mapped();
            if (lane >= open_.size() || (open_[lane] >> one.generation & 1U) == 0)
                continue;
            one.hand_up(*sink_);
            any = true;
        }
        return any;
    }

    simulation* world_;
    transport_sink* sink_ = nullptr;
    std::weak_ptr<void> owner_;
    std::vector<asio::ip::udp::endpoint> endpoints_;
    std::vector<std::uint32_t> open_;                              // per lane: one bit per generation
    std::vector<std::multimap<clock::time_point, arrival>> inbox_; // per lane
    clock::time_point armed_ = (clock::time_point::max)();
    bool listening_ = false;
};

inline void simulated_peer::reply(duration delay, bytes_view answer, bool truncated) const
{
    if (const auto alive = owner_.lock())
        from_->later(delay, lane_, generation_,
                     [lane = lane_, generation = generation_, truncated,
                      bytes = std::vector<std::uint8_t>(answer.begin(), answer.end())](transport_sink& sink) {
                         sink.on_datagram(lane, generation, {.bytes = bytes, .truncated = truncated});
                     });
}

inline void simulated_peer::fail(duration delay, std::error_code error, bytes_view quoted) const
{
    if (const auto alive = owner_.lock())
        from_->later(delay, lane_, generation_,
                     [lane = lane_, generation = generation_, error,
                      bytes = std::vector<std::uint8_t>(quoted.begin(), quoted.end())](transport_sink& sink) {
                         sink.on_error(lane, generation, error, bytes);
                     });
}

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_SIMULATION_HPP
