// A whole network of servers inside this process: real UDP sockets on loopback that misbehave on request.
#ifndef RAIDA_TESTING_FLEET_HPP
#define RAIDA_TESTING_FLEET_HPP

#include <raida/base/version.hpp>
#include <raida/testing/body_cipher.hpp>
#include <raida/testing/detail/fleet_core.hpp>
#include <raida/testing/fleet_options.hpp>
#include <raida/testing/latency.hpp>
#include <raida/testing/manners.hpp>
#include <raida/testing/server_rules.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/transport/resolve.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/token.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/udp.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

namespace raida::inline v1 {
namespace testing {

template <std::size_t N>
class basic_tcp_fleet;

/// N servers that hold tokens and answer echo, version, detect, pown and find byte for byte as real ones do,
/// on real UDP sockets of the caller's executor.
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
class basic_fleet
{
    static_assert(N > 0 && N <= 256, "a server's id is one byte");

  public:
    using executor_type = asio::any_io_executor;
    using endpoint_type = asio::ip::udp::endpoint;

    /// Starts all servers. Throws std::system_error if that fails: a port is taken, or beyond 65535.
    explicit basic_fleet(const executor_type& executor, fleet_options options = {})
        : core_{std::make_shared<detail::fleet_core>(executor, N, std::move(options))}
    {
        start();
    }

    /// The same, telling errors.
    basic_fleet(const executor_type& executor, fleet_options options, std::error_code& error)
        : core_{std::make_shared<detail::fleet_core>(executor, N, std::move(options))}
    {
        start(error);
    }

    template <std::derived_from<asio::execution_context> Context>
    explicit basic_fleet(Context& context, fleet_options options = {})
        : basic_fleet{executor_type{context.get_executor()}, std::move(options)}
    {}

    template <std::derived_from<asio::execution_context> Context>
    basic_fleet(Context& context, fleet_options options, std::error_code& error)
        : basic_fleet{executor_type{context.get_executor()}, std::move(options), error}
    {}

    basic_fleet(basic_fleet&& other) noexcept = default;
    basic_fleet(const basic_fleet&) = delete;
    basic_fleet& operator=(basic_fleet&&) = delete;
    basic_fleet& operator=(const basic_fleet&) = delete;
    ~basic_fleet()
    {
        if (core_)
            core_->stop();
    }

    [[nodiscard]] executor_type get_executor() const { return core_->executor(); }
    [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }

    /// Opens the sockets again after stop(), on the same ports; nothing if it runs. Where one cannot be
    /// opened, none is.
    void start()
    {
        std::error_code error;
        start(error);
        if (error)
            throw std::system_error{error, "start"};
    }
    void start(std::error_code& error) { core_->start(error); }

    /// Closes the sockets and forgets all answers that wait. Tokens, manners and counters stay.
    void stop() { core_->stop(); }
    [[nodiscard]] bool is_running() const noexcept { return core_->is_running(); }

    /// Where server i listens, or listened when it was last open.
    [[nodiscard]] const endpoint_type& endpoint(std::size_t i) const { return core_->address(i); }

    /// All of them, for an engine; those that never listened are absent.
    [[nodiscard]] server_list<N> servers() const
    {
        server_list<N> list;
        std::error_code never_listened;
        for (std::size_t i = 0; i < N; ++i)
            list.set(i, endpoint(i), never_listened);
        return list;
    }

    /// Gives a token to all servers, each with its number; replaces what they held for it.
    void add(const basic_token<N>& token)
    {
        for (std::size_t i = 0; i < N; ++i)
            set_number(i, token.id(), token.numbers[i]);
    }
    void add(std::span<const basic_token<N>> tokens)
    {
        for (const basic_token<N>& token : tokens)
            add(token);
    }

    /// Takes a token from all servers; unknown ones are fine.
    void remove(token_id token)
    {
        for (std::size_t i = 0; i < N; ++i)
            forget(i, token);
    }
    void remove_all()
    {
        for (std::size_t i = 0; i < N; ++i)
            ledger(i).clear();
    }

    /// What one server holds for one token. Numbers change by pown, too.
    void set_number(std::size_t i, token_id token, const authenticity_number& number)
    {
        ledger(i).set(token, number);
    }
    void forget(std::size_t i, token_id token) { ledger(i).erase(token); }
    [[nodiscard]] std::optional<authenticity_number> number(std::size_t i, token_id token) const
    {
        const authenticity_number* held = ledger(i).find(token);
        return held != nullptr ? std::optional{*held} : std::nullopt;
    }

    /// Gives a locker to all servers: a key for requests of encryption type 2 and nothing else. Server i
    /// encrypts with `numbers[i]`, whose first five bytes name the locker there.
    void add_locker(const authenticity_numbers<N>& numbers)
    {
        for (std::size_t i = 0; i < N; ++i)
            ledger(i).set_locker(locker_name(numbers[i]), numbers[i]);
    }
    void forget_locker(std::size_t i, const authenticity_numbers<N>& numbers)
    {
        ledger(i).erase_locker(locker_name(numbers.at(i)));
    }

    /// How bodies are encrypted: enable_encryption() in testing/encryption.hpp calls this. Empty: not at all.
    void set_cipher(const body_cipher& cipher)
    {
        for (std::size_t i = 0; i < N; ++i)
            server(i).protocol().cipher(cipher);
    }

    /// Changes one server's manners, from its next datagram on; what already waits leaves as planned.
    /// `closed` refuses everybody at once and drops what waits; nobody else gets the port meanwhile. Anything
    /// else listens there again. What the system refuses: std::system_error, or `error`.
    void set(std::size_t i, testing::manners how)
    {
        std::error_code error;
        set(i, std::move(how), error);
        if (error)
            throw std::system_error{error, "manners"};
    }
    void set(std::size_t i, testing::manners how, std::error_code& error)
    {
        core_->manners(i, std::move(how), error);
    }
    void set_all(const testing::manners& how)
    {
        for (std::size_t i = 0; i < N; ++i)
            set(i, how);
    }
    [[nodiscard]] const testing::manners& manners(std::size_t i) const { return server(i).manners(); }

    /// Changes one server's settings.
    void set_rules(std::size_t i, server_rules rules) { server(i).protocol().rules(std::move(rules)); }
    [[nodiscard]] const server_rules& rules(std::size_t i) const { return server(i).protocol().rules(); }

    /// What one server, or all together, have done since the fleet was made.
    [[nodiscard]] const server_counters& counters(std::size_t i) const { return server(i).counters(); }
    [[nodiscard]] server_counters counters() const
    {
        server_counters sum;
        for (std::size_t i = 0; i < N; ++i)
            sum += counters(i);
        return sum;
    }

    /// Calls `observer(server, bytes)` for every datagram that comes in, before the server sees it. The bytes
    /// are valid during the call and hold secrets. It may call anything here, and destroy the fleet. Empty:
    /// no observer.
    void on_request(std::function<void(std::size_t, bytes_view)> observer)
    {
        core_->observe(std::move(observer));
    }

  private:
    static std::array<std::uint8_t, 5> locker_name(const authenticity_number& number) noexcept
    {
        std::array<std::uint8_t, 5> name{};
        std::copy_n(number.bytes().begin(), name.size(), name.begin());
        return name;
    }

    template <std::size_t>
    friend class basic_tcp_fleet;

    explicit basic_fleet(std::shared_ptr<detail::fleet_core> core) noexcept : core_{std::move(core)} {}

    [[nodiscard]] auto& server(std::size_t i) const { return core_->server(i); }
    [[nodiscard]] detail::ledger& ledger(std::size_t i) const { return server(i).protocol().tokens(); }

    std::shared_ptr<detail::fleet_core> core_;
};

/// The 25 servers.
using fleet = basic_fleet<>;

} // namespace testing
} // namespace raida::inline v1

#endif // RAIDA_TESTING_FLEET_HPP
