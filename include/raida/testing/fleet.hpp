// A whole network of servers inside this process: real UDP sockets on loopback that misbehave on request.
#ifndef RAIDA_TESTING_FLEET_HPP
#define RAIDA_TESTING_FLEET_HPP

#include <raida/async/detail/thread_check.hpp>
#include <raida/testing/detail/fleet_core.hpp>
#include <raida/testing/fleet_controls.hpp>
#include <raida/testing/fleet_options.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/wire/packet.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace raida::inline v1::testing {

template <std::size_t N>
class basic_tcp_fleet;

/// N servers that hold tokens and answer echo, version, detect, pown, find, get ticket and fix byte for byte
/// as real ones do, on real UDP sockets of the caller's executor. For a fix they ask each other without a
/// network: a peer that is `silent` makes it hang, one that is `closed` or dead confirms nothing.
///
///     asio::io_context io;
///     raida::testing::fleet servers{io};
///     servers.add(raida::testing::make_tokens(10));
///     servers.set(3, {.silent = true});
///     servers.set(4, {.delay = 20ms, .lose_replies = 0.1});
///     raida::fanout<> network{io, servers.servers()};
///
/// A running fleet holds work: `io.run()` returns after stop() or after the fleet's destruction. Encryption
/// types 1 and 2 are answered with status::invalid_encryption until enable_encryption() in
/// testing/encryption.hpp was called; types above with status::invalid_encryption_code. Nothing is allocated
/// per datagram once warm, but by `hold_back`.
///
/// Errors: server numbers beyond N throw std::out_of_range.
/// Executor: the executor must be a strand unless one thread runs the context; all calls are made on it.
/// Object lifetimes: must not outlive its execution context; may be destroyed at any moment, inside a handler
/// or the observer too. Thread safety: distinct objects safe, shared objects unsafe.
template <std::size_t N = server_count>
class basic_fleet : public fleet_controls<N, detail::fleet_core>
{
    using controls = fleet_controls<N, detail::fleet_core>;

  public:
    using executor_type = asio::any_io_executor;

    /// Starts all servers. Throws std::system_error if that fails: a port is taken, or beyond 65535.
    explicit basic_fleet(const executor_type& executor, fleet_options options = {})
        : controls{std::make_shared<detail::fleet_core>(executor, N, std::move(options))}
    {
        controls::start();
    }

    /// The same, telling errors.
    basic_fleet(const executor_type& executor, fleet_options options, std::error_code& error)
        : controls{std::make_shared<detail::fleet_core>(executor, N, std::move(options))}
    {
        controls::start(error);
    }

    /// On an execution context's executor.
    template <std::derived_from<asio::execution_context> Context>
    explicit basic_fleet(Context& context, fleet_options options = {})
        : basic_fleet{executor_type{raida::detail::one_thread(context).get_executor()}, std::move(options)}
    {}

    /// The same, telling errors.
    template <std::derived_from<asio::execution_context> Context>
    basic_fleet(Context& context, fleet_options options, std::error_code& error)
        : basic_fleet{executor_type{raida::detail::one_thread(context).get_executor()}, std::move(options),
                      error}
    {}

    [[nodiscard]] executor_type get_executor() const { return controls::core()->executor(); }

  private:
    template <std::size_t>
    friend class basic_tcp_fleet;

    explicit basic_fleet(std::shared_ptr<detail::fleet_core> core) noexcept : controls{std::move(core)} {}
};

/// The 25 servers.
using fleet = basic_fleet<>;

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_FLEET_HPP
