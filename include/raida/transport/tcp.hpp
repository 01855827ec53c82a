// TCP: one connection per request, one connect at a time per server. Opt-in.
#ifndef RAIDA_TRANSPORT_TCP_HPP
#define RAIDA_TRANSPORT_TCP_HPP

#include <raida/async/detail/wake_timer.hpp>
#include <raida/base/errc.hpp>
#include <raida/engine/deadlines.hpp>
#include <raida/engine/limits.hpp>
#include <raida/engine/transport.hpp>
#include <raida/transport/detail/addresses.hpp>
#include <raida/transport/detail/tcp_exchange.hpp>
#include <raida/wire/packet.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/basic_endpoint.hpp>
#include <asio/ip/tcp.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::transport {

/// How a TCP transport treats one server. The defaults are public guidance (protocol.md).
struct tcp_options
{
    /// How long a connection may take to stand. A slot's own deadline may end it earlier.
    std::chrono::nanoseconds connect_deadline = std::chrono::seconds{5};

    /// How long it may take from then on until the answer is complete.
    std::chrono::nanoseconds read_deadline = std::chrono::seconds{10};

    /// Connections to one server at the same time; even then one connects after another. More than one is for
    /// servers that are known to bear it: real ones stop accepting for good when two clients connect at the
    /// same moment (measured), and a client cannot see when its connection was accepted, only that it was
    /// answered.
    std::size_t connections = 1;
};

/// A transport of raida::fanout over connections: the same bytes as by UDP, but batches of up to 65,567
/// bytes.
///
///     raida::fanout<25, raida::transport::tcp> network{io, servers};
///
/// The server answers and closes, and so does this side. The first answer is the only one: a header error,
/// which comes with echo and signature zero and then a reset, ends its slot too. A connection that ends
/// before its answer is complete ends its slot with `asio::error::eof` or the operating system's error.
///
/// Requests that wait for a connection wait in the engine, as those over a lane's limit do: they are not sent
/// yet, and their deadlines have not begun.
template <class Executor = asio::any_io_executor>
class basic_tcp : private detail::tcp_observer
{
  public:
    using executor_type = Executor;
    using endpoint = asio::ip::tcp::endpoint;
    using clock = std::chrono::steady_clock;

    template <class Other>
    struct rebind_executor
    {
        using other = basic_tcp<Other>;
    };

    /// The longest request: the body length field caps it.
    static constexpr std::size_t max_packet = header_size + max_body;

    /// `allowed` is to be the engine's too. Deadlines beyond an hour count as an hour.
    explicit basic_tcp(const executor_type& executor, const limits& allowed = {}, const tcp_options& how = {})
        : executor_{executor}, how_{how}, max_reply_{allowed.max_reply}
    {
        how_.connect_deadline =
            std::clamp<std::chrono::nanoseconds>(how.connect_deadline, {}, longest_deadline);
        how_.read_deadline = std::clamp<std::chrono::nanoseconds>(how.read_deadline, {}, longest_deadline);
        how_.connections = std::max<std::size_t>(how.connections, 1);
    }

    basic_tcp(basic_tcp&&) = default;
    ~basic_tcp() { close(); }

    [[nodiscard]] executor_type get_executor() const noexcept { return *executor_; }

    // ---- the seam: see engine/transport.hpp

    void attach(transport_sink& sink, std::weak_ptr<void> owner)
    {
        sink_ = &sink;
        timer_.attach(sink, owner);
        owner_ = std::move(owner);
    }

    [[nodiscard]] bool has_endpoint(std::size_t lane) const noexcept
    {
        return lane < lanes_.size() && lanes_[lane].address.port() != 0;
    }

    /// Server lists name UDP's endpoints; TCP has the same port.
    template <class Protocol>
    void set_endpoint(std::size_t lane, const asio::ip::basic_endpoint<Protocol>& address)
    {
        lanes_.resize((std::max)(lanes_.size(), lane + 1));
        lanes_[lane].address = {detail::unmapped(address.address()), address.port()};
    }

    submitted submit(std::size_t lane, std::uint8_t generation, std::span<const outgoing> batch)
    {
        auto& in = lanes_[lane].exchanges;
        remove(in, [&](const exchange& one) { return is_given_up(lane, one.id, batch); });
        for (std::size_t count = 0; count < batch.size(); ++count) {
            if (!has_place(lanes_[lane]))
                return {count, std::make_error_code(std::errc::operation_would_block)};
            ++sink_->counts(lane).sockets;
            if (const auto error = start(lane, generation, batch[count]))
                return {count, error};
        }
        return {batch.size(), {}};
    }

    void drain(std::size_t lane)
    {
        if (lane >= lanes_.size())
            return;
        const auto all = lanes_[lane].exchanges; // those that end leave the list
        const draining_guard guard{draining_};
        for (const auto& one : all)
            one->drain();
    }

    void close_generation(std::size_t lane, std::uint8_t generation) noexcept
    {
        if (lane < lanes_.size())
            remove(lanes_[lane].exchanges, [&](const exchange& one) { return one.generation == generation; });
    }

    [[nodiscard]] clock::time_point now() const noexcept { return clock::now(); }
    void arm(clock::time_point due) { timer_.arm(*executor_, due); }

    /// Connections read from their beginning to their end; those that nobody waits for any more end here.
    void listen()
    {
        for (std::size_t lane = 0; lane < lanes_.size(); ++lane)
            remove(lanes_[lane].exchanges,
                   [&](const exchange& one) { return is_given_up(lane, one.id, {}); });
    }

    void rest()
    {
        close_all();
        timer_.rest();
    }

    void notify_fork(asio::execution_context::fork_event event) noexcept
    {
        if (event == asio::execution_context::fork_child)
            close_all(); // the answers are the parent's
    }

    void close() noexcept
    {
        close_all();
        timer_.close();
    }

    void release() noexcept { executor_.reset(); }

  private:
    using exchange = detail::tcp_exchange<Executor>;
    using exchange_list = std::vector<std::shared_ptr<exchange>>;

    struct lane_state
    {
        endpoint address;
        exchange_list exchanges;
    };

    struct draining_guard
    {
        bool& flag;

        explicit draining_guard(bool& set) noexcept : flag{set} { flag = true; }
        ~draining_guard() { flag = false; }
        draining_guard(const draining_guard&) = delete;
        draining_guard& operator=(const draining_guard&) = delete;
    };

    // Nothing is left of an exchange that could not be started.
    [[nodiscard]] std::error_code start(std::size_t lane, std::uint8_t generation, const outgoing& request)
    {
        lane_state& in = lanes_[lane];
        std::shared_ptr<exchange> made;
        std::error_code error;
        try {
            made = std::make_shared<exchange>(*executor_, lane, generation, request, max_reply_);
            in.exchanges.push_back(made);
            error = made->start(in.address, how_.connect_deadline, how_.read_deadline, *this, owner_);
        } catch (const std::bad_alloc&) {
            error = std::make_error_code(std::errc::not_enough_memory);
        } catch (const std::system_error& failed) { // Asio's own descriptors, the first time in a context
            error = failed.code();
        }
        if (error)
            remove(in.exchanges, [&](const exchange& one) { return &one == made.get(); });
        return error;
    }

    // A request that waits to be sent again has missed its deadline, and its old connection is in the way.
    [[nodiscard]] bool is_given_up(std::size_t lane, request_id id, std::span<const outgoing> waiting) const
    {
        return !sink_->is_awaited(lane, id) ||
               std::any_of(waiting.begin(), waiting.end(), [&](const outgoing& one) { return one.id == id; });
    }

    // A server that was replaced may take its time: its successor does not wait for it.
    [[nodiscard]] bool has_place(const lane_state& in) const noexcept
    {
        std::size_t open = 0;
        for (const auto& one : in.exchanges) {
            if (one->remote() != in.address)
                continue;
            ++open;
            if (!one->connected)
                return false;
        }
        return open < how_.connections;
    }

    template <class Predicate>
    static void remove(exchange_list& from, Predicate which) noexcept
    {
        std::erase_if(from, [&](const auto& one) {
            const bool found = which(*one);
            if (found)
                one->close();
            return found;
        });
    }

    void close_all() noexcept
    {
        for (lane_state& one : lanes_)
            remove(one.exchanges, [](const exchange&) { return true; });
    }

    // ---- tcp_observer

    void on_connected() override
    {
        if (how_.connections > 1)
            sink_->on_wake(); // the next one may connect
    }

    void on_finished(detail::tcp_exchange_base& done, std::error_code error) override
    {
        std::erase_if(lanes_[done.lane].exchanges, [&](const auto& one) { return one.get() == &done; });
        if (error)
            sink_->on_error(done.lane, done.generation, error, {}, done.id);
        else
            sink_->on_datagram(done.lane, done.generation,
                               {.bytes = done.answer.bytes(),
                                .truncated = done.answer.state() == detail::tcp_answer::progress::oversize,
                                .id = done.id});
        if (!draining_) // whoever drains goes on by itself
            sink_->on_wake();
    }

    std::optional<executor_type> executor_;
    tcp_options how_;
    std::size_t max_reply_;
    transport_sink* sink_ = nullptr;
    std::weak_ptr<void> owner_;
    std::vector<lane_state> lanes_;
    detail::wake_timer<Executor> timer_;
    bool draining_ = false;
};

/// TCP on any executor.
using tcp = basic_tcp<>;

} // namespace raida::inline v1::transport

#endif // RAIDA_TRANSPORT_TCP_HPP
