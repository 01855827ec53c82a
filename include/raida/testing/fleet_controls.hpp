// What the servers of a fleet can be told and asked, on real sockets as on the virtual network.
#ifndef RAIDA_TESTING_FLEET_CONTROLS_HPP
#define RAIDA_TESTING_FLEET_CONTROLS_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/testing/body_cipher.hpp>
#include <raida/testing/manners.hpp>
#include <raida/testing/server_rules.hpp>
#include <raida/transport/server_list.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/token.hpp>

#include <asio/ip/udp.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

namespace raida::inline v1::testing {

/// The part of basic_fleet and basic_simulated_fleet that is the same for both. Server numbers beyond N throw
/// std::out_of_range.
template <std::size_t N, class Core>
class fleet_controls
{
    static_assert(N > 0 && N <= 256, "a server's id is one byte");

  public:
    using endpoint_type = asio::ip::udp::endpoint;

    [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }

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

    /// Opens the network again after stop(), at the same addresses; nothing if it runs. Where one cannot be
    /// opened, none is.
    void start()
    {
        raida::detail::or_throw("start", [&](std::error_code& error) { start(error); });
    }
    /// The same, telling errors.
    void start(std::error_code& error) { core_->start(error); }

    /// Takes all servers off the network and drops all answers that wait. The servers forget nothing.
    void stop() { core_->stop(); }
    /// Between start() and stop().
    [[nodiscard]] bool is_running() const noexcept { return core_->is_running(); }

    /// Gives a token to all servers, each with its number; replaces what they held for it.
    void add(const basic_token<N>& token)
    {
        for (std::size_t i = 0; i < N; ++i)
            set_number(i, token.id(), token.numbers[i]);
    }
    /// The same of many tokens.
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
    /// Takes all tokens from all servers.
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
    /// One server knows the token no more: it fails it.
    void forget(std::size_t i, token_id token) { ledger(i).erase(token); }
    /// What one server holds; nothing if it does not know the token.
    [[nodiscard]] std::optional<authenticity_number> number(std::size_t i, token_id token) const
    {
        const authenticity_number* held = ledger(i).find(token);
        return held != nullptr ? std::optional{*held} : std::nullopt;
    }

    /// Does server i hold this very number of the token?
    [[nodiscard]] bool holds(const basic_token<N>& token, std::size_t i) const
    {
        return number(i, token.id()) == token.numbers.at(i);
    }

    /// Gives a locker to all servers: a key for requests of encryption type 2 and nothing else. Server i
    /// encrypts with `numbers[i]`, whose first five bytes name the locker there. A restart forgets it.
    void add_locker(const authenticity_numbers<N>& numbers)
    {
        for (std::size_t i = 0; i < N; ++i)
            ledger(i).set_locker(locker_name(numbers[i]), numbers[i]);
    }
    /// Takes a locker from one server.
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
        raida::detail::or_throw("manners", [&](std::error_code& error) { set(i, std::move(how), error); });
    }
    /// The same, telling errors.
    void set(std::size_t i, testing::manners how, std::error_code& error)
    {
        server(i).manners(std::move(how));
        core_->follow(i, error);
    }
    /// The same manners for all servers.
    void set_all(const testing::manners& how)
    {
        for (std::size_t i = 0; i < N; ++i)
            set(i, how);
    }
    /// As set.
    [[nodiscard]] const testing::manners& manners(std::size_t i) const { return server(i).manners(); }

    /// Ends one server's process: it refuses everybody, and has forgotten its lockers and all that it has
    /// changed since it last wrote to disk (`server_rules::flush_interval`). An orderly end does no better.
    void kill(std::size_t i)
    {
        server(i).kill(core_->now());
        std::error_code ignored;
        core_->follow(i, ignored);
    }

    /// Starts one server's process again, having killed it if it was alive. What the system refuses:
    /// std::system_error.
    void restart(std::size_t i)
    {
        kill(i);
        server(i).start();
        raida::detail::or_throw("restart", [&](std::error_code& error) { core_->follow(i, error); });
    }

    /// Some requests kill a server, too: see `server_rules`.
    [[nodiscard]] bool is_alive(std::size_t i) const { return server(i).is_alive(); }

    /// Three fixes at the same moment leave most servers deaf to the others' questions: these hang until the
    /// server is restarted, and tickets of it confirm nothing.
    [[nodiscard]] bool is_deaf(std::size_t i) const { return server(i).is_deaf(); }

    /// Changes one server's settings.
    void set_rules(std::size_t i, server_rules rules) { server(i).protocol().rules(std::move(rules)); }
    /// As set.
    [[nodiscard]] const server_rules& rules(std::size_t i) const { return server(i).protocol().rules(); }

    /// What one server, or all together, have done since the fleet was made.
    [[nodiscard]] const server_counters& counters(std::size_t i) const { return server(i).counters(); }
    /// What all servers together have done.
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
        core_->servers().observe(std::move(observer));
    }

  protected:
    /// For the fleets.
    explicit fleet_controls(std::shared_ptr<Core> core) noexcept : core_{std::move(core)} {}
    fleet_controls(fleet_controls&&) noexcept = default;
    ~fleet_controls()
    {
        if (core_)
            core_->stop();
    }

    /// For the fleets.
    [[nodiscard]] const std::shared_ptr<Core>& core() const noexcept { return core_; }

  private:
    static std::array<std::uint8_t, 5> locker_name(const authenticity_number& number) noexcept
    {
        std::array<std::uint8_t, 5> name{};
        std::copy_n(number.bytes().begin(), name.size(), name.begin());
        return name;
    }

    [[nodiscard]] auto& server(std::size_t i) const { return core_->servers()[i]; }
    [[nodiscard]] auto& ledger(std::size_t i) const { return server(i).protocol().tokens(); }

    std::shared_ptr<Core> core_;
};

} // namespace raida::inline v1::testing

#endif // RAIDA_TESTING_FLEET_CONTROLS_HPP
