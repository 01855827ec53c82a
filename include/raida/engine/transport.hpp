// The seam between the engine, which decides, and a transport, which moves bytes.
//
// A transport is a class that can be moved, with
//
//   executor_type, get_executor()
//   rebind_executor<E>::other
//       optional: for an engine that is to be rebound
//   max_packet
//       optional: bytes of the longest request, if that is not max_datagram
//   attach(transport_sink&, std::weak_ptr<void> owner)
//       the owner keeps sink and transport alive: every asynchronous operation locks it
//   has_endpoint(lane), set_endpoint(lane, endpoint)
//       a new address is used from the lane's next generation on
//   submit(lane, generation, batch) -> submitted
//       never blocks; may call the sink's on_error()
//   drain(lane)
//       hands up what has arrived already
//   close_generation(lane, generation)
//       nobody waits for that generation's answers any more
//   now(), arm(time_point)
//       on_wake() is called at that time or earlier; time_point::max(): nothing is due
//   listen(), rest()
//       between the two it reads, and holds work
//   close()
//       gives up every resource without blocking; nothing is sent afterwards
//   release()
//       after close(): the execution context dies, so drop the executor too
//   notify_fork(asio::execution_context::fork_event)
//       optional: the child shares no socket with its parent
//
// All calls, in both directions, are made on the transport's executor.
#ifndef RAIDA_ENGINE_TRANSPORT_HPP
#define RAIDA_ENGINE_TRANSPORT_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/engine/statistics.hpp>
#include <raida/wire/packet.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>

namespace raida::inline v1 {

/// Names one request in flight to a transport that knows which request an answer belongs to, as a connection
/// does.
enum class request_id : std::uint64_t
{
    unknown = 0xFFFF'FFFF'FFFF'FFFF
};

/// A request on its way out. The bytes stay valid during submit(), and with `id` until its slot is settled.
struct outgoing
{
    bytes_view bytes; ///< the datagram
    request_id id;    ///< where the transport can use one
};

/// Bytes of a packet that it refuses which a system quotes at least: Linux over IPv4 520.
inline constexpr std::size_t least_quoted = 500;

/// How far submit() came: `count` requests left. If that is fewer than were given, `error` says why the next
/// one did not: std::errc::operation_would_block when on_wake() will tell that it is worth trying again,
/// anything else is that request's own failure. Without an error the rest is to be submitted again.
struct submitted
{
    std::size_t count = 0;   ///< requests that left
    std::error_code error{}; ///< why the next one did not
    bool as_one = false; ///< they left as one packet: an error that quotes more than the first is about all,
                         ///< and one that tells of no end of it may be
    bool is_stale = false; ///< the lane's next generation may send what this one cannot
};

/// Something that arrived.
struct incoming
{
    bytes_view bytes;                             ///< at most the limit that the transport was given
    bool truncated = false;                       ///< there was more
    request_id id = request_id::unknown;          ///< whose answer it is, if the transport knows
    std::chrono::steady_clock::time_point when{}; ///< it was read, if the transport knows
};

/// Bytes of the longest request that a transport carries.
template <class Transport>
inline constexpr std::size_t max_packet_of = max_datagram;

/// As `Transport::max_packet` says.
template <class Transport>
requires requires { Transport::max_packet; }
inline constexpr std::size_t max_packet_of<Transport> = Transport::max_packet;

/// What the engine is to a transport.
class transport_sink
{
  public:
    /// An answer, or anything else, on a lane's socket of this generation.
    virtual void on_datagram(std::size_t lane, std::uint8_t generation, const incoming& arrived) = 0;

    /// The network reported an error. `quoted` is the start of the datagram that it is about, if that is
    /// known.
    virtual void on_error(std::size_t lane, std::uint8_t generation, std::error_code error, bytes_view quoted,
                          request_id id = request_id::unknown) = 0;

    /// Everything that had arrived is handed up, or the armed time has come, or sending is possible again.
    virtual void on_wake() = 0;

    /// Does a slot still wait for this request's answer? A transport that does work for one request alone may
    /// then stop.
    [[nodiscard]] virtual bool is_awaited(std::size_t, request_id) noexcept { return true; }

    /// Where a transport counts what only it can see.
    virtual lane_statistics& counts(std::size_t lane) noexcept = 0;

  protected:
    ~transport_sink() = default;
};

/// A transport, as said above, that takes addresses of this type.
template <class Transport, class Endpoint>
concept transport_to =
    std::move_constructible<Transport> &&
    requires(Transport& transport, const Transport& seen, transport_sink& sink, std::weak_ptr<void> owner,
             const Endpoint& endpoint, std::size_t lane, std::uint8_t generation,
             std::span<const outgoing> batch, std::chrono::steady_clock::time_point when) {
        typename Transport::executor_type;
        { seen.get_executor() } -> std::same_as<typename Transport::executor_type>;
        transport.attach(sink, owner);
        { seen.has_endpoint(lane) } -> std::convertible_to<bool>;
        transport.set_endpoint(lane, endpoint);
        { transport.submit(lane, generation, batch) } -> std::same_as<submitted>;
        transport.drain(lane);
        transport.close_generation(lane, generation);
        { seen.now() } -> std::same_as<std::chrono::steady_clock::time_point>;
        transport.arm(when);
        transport.listen();
        transport.rest();
        transport.close();
        transport.release();
    };

} // namespace raida::inline v1

#endif // RAIDA_ENGINE_TRANSPORT_HPP
