// UDP lanes on Asio's own sockets: for every platform.
#ifndef RAIDA_TRANSPORT_DETAIL_PORTABLE_SOCKETS_HPP
#define RAIDA_TRANSPORT_DETAIL_PORTABLE_SOCKETS_HPP

#include <raida/engine/limits.hpp>
#include <raida/engine/transport.hpp>

#include <asio/basic_datagram_socket.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/udp.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// The same as linux_sockets one datagram at a time, and without the quotes of refused datagrams: a refusal
/// can only be charged to the sole request in flight.
template <class Executor>
class portable_sockets
{
  public:
    using endpoint = asio::ip::udp::endpoint;

    portable_sockets(const Executor& executor, const limits& allowed)
        : executor_{executor}, max_reply_{allowed.max_reply}, receive_buffer_{allowed.receive_buffer}
    {}

    void attach(transport_sink& sink, std::weak_ptr<void> owner)
    {
        sink_ = &sink;
        owner_ = std::move(owner);
    }

    [[nodiscard]] bool is_open(std::size_t lane, std::uint8_t generation) const noexcept
    {
        return const_cast<portable_sockets*>(this)->find(lane, generation) != nullptr;
    }

    [[nodiscard]] std::error_code open(std::size_t lane, std::uint8_t generation, const endpoint& to)
    {
        sockets_.resize((std::max)(sockets_.size(), lane + 1));
        buffer_.resize(max_reply_ + 1); // one more, to see what was longer
        std::error_code error;
        auto made = connected(generation, to, error);
        if (!error &&
            made->handle.local_endpoint(error) == to) // where nobody listens: it must not keep the port
            made = connected(generation, to, error);
        if (error)
            return error;
        if (receive_buffer_ != 0) { // a system that refuses still works, less well
            const auto size = static_cast<int>(std::min<std::size_t>(receive_buffer_, 0x4000'0000));
            std::error_code ignored;
            made->handle.set_option(asio::socket_base::receive_buffer_size(size), ignored);
        }
        auto& both = sockets_[lane];
        both[both[0] ? 1 : 0] = std::move(made); // the turn that opens it ends with listen()
        return {};
    }

    [[nodiscard]] submitted send(std::size_t lane, std::uint8_t generation, std::span<const outgoing> batch)
    {
        lane_socket& from = *find(lane, generation);
        submitted done;
        while (done.count < batch.size() && !done.error) {
            const bytes_view bytes = batch[done.count].bytes;
            std::error_code pending;
            from.handle.send(asio::buffer(bytes.data(), bytes.size()), 0, done.error);
            if (done.error && done.error != asio::error::would_block &&
                done.error != asio::error::no_buffer_space) {
                pending = done.error; // of an earlier datagram, maybe: then this one was not sent
                from.handle.send(asio::buffer(bytes.data(), bytes.size()), 0, done.error);
            }
            if (pending && pending != done.error)
                sink_->on_error(lane, generation, pending, {});
            if (done.error == asio::error::would_block)
                done.error = await_space(lane, from);
            else if (!done.error)
                ++done.count;
        }
        return done;
    }

    void drain(std::size_t lane)
    {
        if (lane < sockets_.size())
            for (std::size_t i = 0; i < 2; ++i)
                if (sockets_[lane][i])
                    receive(lane, *sockets_[lane][i]);
    }

    void close(std::size_t lane, std::uint8_t generation) noexcept
    {
        if (lane < sockets_.size())
            for (auto& one : sockets_[lane])
                if (one && one->generation == generation)
                    one.reset();
    }

    void close_all() noexcept
    {
        sockets_.clear();
        listening_ = false;
    }

    void release() noexcept { executor_.reset(); }

    void notify_fork(asio::execution_context::fork_event event) noexcept
    {
        if (event == asio::execution_context::fork_child)
            close_all(); // the answers are the parent's
    }

    void listen()
    {
        listening_ = true;
        for (std::size_t lane = 0; lane < sockets_.size(); ++lane)
            for (const auto& one : sockets_[lane])
                if (one && !one->awaited)
                    await(lane, one->generation);
    }

    void rest()
    {
        listening_ = false;
        for (auto& both : sockets_)
            for (auto& one : both)
                if (one && one->awaited)
                    one->handle.cancel();
    }

  private:
    struct lane_socket
    {
        explicit lane_socket(const Executor& executor) : handle{executor} {}

        asio::basic_datagram_socket<asio::ip::udp, Executor> handle;
        std::uint8_t generation = 0;
        bool awaited = false;
        bool awaits_space = false;
    };

    [[nodiscard]] std::unique_ptr<lane_socket> connected(std::uint8_t generation, const endpoint& to,
                                                         std::error_code& error) const
    {
        auto made = std::make_unique<lane_socket>(*executor_);
        made->generation = generation;
        made->handle.open(to.protocol(), error);
        if (!error)
            made->handle.non_blocking(true, error);
        if (error)
            return made;
        made->handle.connect(to, error);
        if (error == asio::error::no_buffer_space) // so Asio calls it that no port is free
            error = std::make_error_code(std::errc::address_not_available);
        return made;
    }

    [[nodiscard]] lane_socket* find(std::size_t lane, std::uint8_t generation) noexcept
    {
        if (lane < sockets_.size())
            for (const auto& one : sockets_[lane])
                if (one && one->generation == generation)
                    return one.get();
        return nullptr;
    }

    // Calls `then` unless the socket was closed meanwhile, and maybe opened again.
    template <class Then>
    void wait_for(asio::socket_base::wait_type what, std::size_t lane, lane_socket& one, Then then)
    {
        one.handle.async_wait(what, [this, owner = owner_.lock(), lane, generation = one.generation,
                                     waits = &one, then](std::error_code error) {
            if (lane_socket* const from = find(lane, generation); from == waits)
                then(*from, error);
        });
    }

    void await(std::size_t lane, std::uint8_t generation)
    {
        lane_socket& one = *find(lane, generation);
        wait_for(asio::socket_base::wait_read, lane, one,
                 [this, lane](lane_socket& from, std::error_code error) {
                     from.awaited = false;
                     if (!error) {
                         receive(lane, from);
                         sink_->on_wake();
                     } else if (listening_) { // a rest that was over before it began
                         await_again(lane, from.generation);
                     }
                 });
        one.awaited = true;
    }

    // Short of memory the engine tries it, in a turn of its own.
    void await_again(std::size_t lane, std::uint8_t generation)
    {
        try {
            await(lane, generation);
        } catch (const std::bad_alloc&) {
            sink_->on_wake();
        }
    }

    // What the request that found no space is told: to wait, if something will wake it.
    [[nodiscard]] std::error_code await_space(std::size_t lane, lane_socket& one)
    {
        try {
            if (!one.awaits_space)
                wait_for(asio::socket_base::wait_write, lane, one,
                         [this](lane_socket& from, std::error_code error) {
                             from.awaits_space = false;
                             if (!error || listening_)
                                 sink_->on_wake();
                         });
            one.awaits_space = true;
            return std::make_error_code(std::errc::operation_would_block);
        } catch (const std::bad_alloc&) {
            return std::make_error_code(std::errc::not_enough_memory);
        }
    }

    void receive(std::size_t lane, lane_socket& from)
    {
        for (std::size_t left = longest_drain; left != 0; --left) {
            std::error_code error;
            const auto size = from.handle.receive(asio::buffer(buffer_), 0, error);
            if (error == asio::error::would_block)
                return;
            if (error && !(tells_of_cuts && error == asio::error::message_size)) {
                sink_->on_error(lane, from.generation, error, {});
                continue;
            }
            const bool truncated = error || size > max_reply_;
            sink_->on_datagram(
                lane, from.generation,
                {.bytes = bytes_view{buffer_}.first((std::min)(size, max_reply_)), .truncated = truncated});
        }
    }

    // Windows says so of an answer that was cut off; elsewhere a request was too long for its path.
#if defined(_WIN32)
    static constexpr bool tells_of_cuts = true;
#else
    static constexpr bool tells_of_cuts = false;
#endif
    static constexpr std::size_t longest_drain = 2048; // datagrams: then others get their turn

    std::optional<Executor> executor_;
    transport_sink* sink_ = nullptr;
    std::weak_ptr<void> owner_;
    std::vector<std::array<std::unique_ptr<lane_socket>, 2>>
        sockets_; // per lane: the current one and its predecessor
    std::vector<std::uint8_t> buffer_;
    std::size_t max_reply_;
    std::size_t receive_buffer_;
    bool listening_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_TRANSPORT_DETAIL_PORTABLE_SOCKETS_HPP
