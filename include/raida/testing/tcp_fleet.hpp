// A fleet that listens for TCP clients on the same ports.
#ifndef RAIDA_TESTING_TCP_FLEET_HPP
#define RAIDA_TESTING_TCP_FLEET_HPP

#include <raida/async/detail/thread_check.hpp>
#include <raida/base/detail/system_error.hpp>
#include <raida/testing/detail/tcp_front.hpp>
#include <raida/testing/fleet.hpp>
#include <raida/testing/tcp_manners.hpp>
#include <raida/wire/packet.hpp>

#include <asio/error.hpp>
#include <asio/execution_context.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace raida::inline v1::testing {

/// All that a basic_fleet is, with the same tokens behind TCP connections, one request each: the bytes are
/// the same, the datagram limit does not hold, and errors found in a header come with echo and signature zero
/// and then a reset.
///
///     raida::testing::tcp_fleet servers{io};
///     servers.set_tcp(3, {.delay = 20ms, .piece = 1});
///     raida::fanout<25, raida::transport::tcp> network{io, servers.servers()};
///
/// `manners` are about datagrams alone, but for `wrong_tokens`, and observers see datagrams alone. Executor,
/// object lifetimes, thread safety: as basic_fleet.
template <std::size_t N = server_count>
class basic_tcp_fleet : public basic_fleet<N>
{
    using base = basic_fleet<N>;

  public:
    using typename base::executor_type;

    /// Starts all servers. Throws std::system_error if that fails: a port is taken, or beyond 65535. Where
    /// the kernel picks the ports it is asked again if TCP has one of them taken.
    explicit basic_tcp_fleet(const executor_type& executor, const fleet_options& options = {},
                             const tcp_manners& how = {})
        : basic_tcp_fleet{make(executor, options, how)}
    {}

    /// On an execution context's executor.
    template <std::derived_from<asio::execution_context> Context>
    explicit basic_tcp_fleet(Context& context, const fleet_options& options = {}, const tcp_manners& how = {})
        : basic_tcp_fleet{executor_type{raida::detail::one_thread(context).get_executor()}, options, how}
    {}

    basic_tcp_fleet(basic_tcp_fleet&& other) noexcept = default;
    ~basic_tcp_fleet()
    {
        if (front_)
            front_->stop();
    }

    /// Opens all sockets again after stop(), on the same ports. Where one cannot be opened, none is.
    void start()
    {
        raida::detail::or_throw("start", [&](std::error_code& error) { start(error); });
    }
    /// The same, telling errors.
    void start(std::error_code& error)
    {
        base::start(error);
        if (!error)
            front_->start(error);
        if (error)
            base::stop();
    }

    /// Closes all sockets and connections.
    void stop()
    {
        front_->stop();
        base::stop();
    }

    /// Changes one server's manners towards connections: the next step of each heeds them. `closed` closes
    /// the socket and its connections at once, anything else opens it again, which fails if somebody has
    /// taken the port in between: std::system_error, or `error`.
    void set_tcp(std::size_t i, const tcp_manners& how)
    {
        raida::detail::or_throw("manners", [&](std::error_code& error) { set_tcp(i, how, error); });
    }
    /// The same, telling errors.
    void set_tcp(std::size_t i, const tcp_manners& how, std::error_code& error)
    {
        front_->manners(i, how, error);
    }
    /// The same manners for all servers.
    void set_all_tcp(const tcp_manners& how)
    {
        for (std::size_t i = 0; i < N; ++i)
            set_tcp(i, how);
    }
    /// As set.
    [[nodiscard]] const testing::tcp_manners& tcp(std::size_t i) const { return front_->manners(i); }

    /// Two clients connected at the same moment: each connection hangs from now on until the next one comes.
    [[nodiscard]] bool is_wedged(std::size_t i) const { return front_->is_wedged(i); }

    /// Lets one server accept again, as a new start would: connections that hang are closed.
    void unwedge(std::size_t i)
    {
        raida::detail::or_throw("unwedge", [&](std::error_code& error) { front_->unwedge(i, error); });
    }

    /// What one server has seen of TCP clients.
    [[nodiscard]] const testing::tcp_counters& tcp_counters(std::size_t i) const
    {
        return front_->counters(i);
    }

  private:
    struct parts
    {
        base datagrams;
        std::shared_ptr<detail::tcp_front> front;
    };

    explicit basic_tcp_fleet(parts&& made) : base{std::move(made.datagrams)}, front_{std::move(made.front)} {}

    static parts make(const executor_type& executor, const fleet_options& options, const tcp_manners& how)
    {
        for (int tries = 20;; --tries) {
            const auto core = std::make_shared<detail::fleet_core>(executor, N, options);
            const auto front = std::make_shared<detail::tcp_front>(core, N, how, options.seed);
            parts made{base{core}, front}; // closes everything where it does not come into being
            std::error_code error;
            if (options.port_base == 0)
                front->start(error);
            if (!error)
                core->start(error);
            if (!error && options.port_base != 0)
                front->start(error);
            if (!error)
                return made;
            front->stop();
            if (error != asio::error::address_in_use || options.port_base != 0 || tries == 0)
                throw std::system_error{error, "start"};
        }
    }

    std::shared_ptr<detail::tcp_front> front_;
};

/// The 25 servers.
using tcp_fleet = basic_tcp_fleet<>;

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_TCP_FLEET_HPP
