// What all calls of one client share: the engine, the request builder, the codec, the addresses in use.
#ifndef RAIDA_CLIENT_DETAIL_CORE_HPP
#define RAIDA_CLIENT_DETAIL_CORE_HPP

#include <raida/async/detail/shutdown_hook.hpp>
#include <raida/client/detail/call_list.hpp>
#include <raida/client/detail/page_locks.hpp>
#include <raida/client/detail/servers_fingerprint.hpp>
#include <raida/client/record.hpp>
#include <raida/client/settings.hpp>
#include <raida/fanout/fanout.hpp>
#include <raida/transport/resolve.hpp>
#include <raida/wire/commands.hpp>

#include <asio/cancellation_signal.hpp>
#include <asio/execution/context.hpp>
#include <asio/execution_context.hpp>

#include <algorithm>
#include <array>
#include <bitset>
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

namespace raida::inline v1::detail {

/// No server takes so little: one that says so must not make everybody's datagrams smaller and smaller.
inline constexpr std::size_t smallest_datagram_limit = 512;

/// Which address each server was asked at.
template <std::size_t N>
using address_versions = std::array<std::uint32_t, N>;

/// Requests on their way, and what came back.
template <std::size_t N>
struct client_attempt
{
    replies<N> answers{};
    std::bitset<N> servers{};  ///< that are meant
    std::bitset<N> outdated{}; ///< answered, but by machines that are asked no longer
    address_versions<N> versions{};
    std::size_t bytes = 0;                                               ///< of one request
    std::unique_ptr<requests<N>> sealed{};                               ///< what opens the answers
    std::unique_ptr<std::array<std::chrono::nanoseconds, N>> timeouts{}; ///< only for a recorder
    std::chrono::system_clock::time_point began{};
    asio::cancellation_signal stop{};
};

template <std::size_t N, class Transport, class Codec, class Random>
class client_core final : private shutdown_hook
{
  public:
    static constexpr std::size_t size = N;
    using executor_type = typename Transport::executor_type;
    using codec_type = Codec;

    client_core(Transport transport, const server_list<N>& servers, client_settings<N> how, Codec how_sealed,
                Random random)
        : shutdown_hook{asio::query(transport.get_executor(), asio::execution::context)},
          settings{std::move(how)},
          executor_{transport.get_executor()},
          servers_{without_gaps(servers)},
          network{std::in_place, std::move(transport), servers_, engine_limits(settings)},
          ask{settings.requests, std::move(random)},
          codec{std::move(how_sealed)}
    {
        datagram_limits_.fill(settings.requests.datagram_limit);
        network->on_event(settings.on_event);
        settings.consensus.encrypted = Codec::encrypts;
    }

    [[nodiscard]] executor_type get_executor() const { return *executor_; }

    /// When a call that begins now must be over.
    [[nodiscard]] std::chrono::steady_clock::time_point
    end_of_budget(std::optional<std::chrono::nanoseconds> given = {}) const
    {
        const auto budget =
            std::min<std::chrono::nanoseconds>(given.value_or(settings.budget), longest_deadline);
        return network ? network->now() + budget : std::chrono::steady_clock::time_point{};
    }

    /// The client is destroyed: its calls end, and their handlers are still called.
    void stop() noexcept
    {
        network.reset();
        try {
            if (executor_)
                calls.wake_all(*executor_);
        } catch (...) { // of a callback, in a turn that could not be posted
        }
    }

    /// The context may be gone, and its executor with it.
    [[nodiscard]] bool has_executor() const noexcept { return executor_.has_value(); }

    /// Calls that wait for a page which is free now try again, after the handler that runs.
    void wake_waiters()
    {
        if (!executor_)
            return;
        std::vector<page_locks::waiter> woken;
        try {
            woken = pages.take_woken();
        } catch (const std::bad_alloc&) {
            return calls.wake_all(*executor_, N);
        }
        calls.wake(*executor_, woken);
    }

    /// The call `who` is woken at `when` by the transport's clock, so that its budget ends in time.
    void wake_at(page_locks::owner who, std::chrono::steady_clock::time_point when)
    {
        if (!network)
            return;
        calls.set_alarm(who, when);
        arm_alarm();
    }

    /// The call `who` is over. Its alarm must not keep the context running.
    void end_call(page_locks::owner who) noexcept
    {
        calls.remove(who);
        try {
            if (network && alarm_ != (std::chrono::steady_clock::time_point::max)())
                arm_alarm();
        } catch (const std::bad_alloc&) { // then it rings, and finds nothing to do
        }
    }

    /// What a journal says of the addresses in use.
    [[nodiscard]] auto fingerprint() const { return servers_fingerprint(servers_); }

    void replace(const server_list<N>& servers)
    {
        const server_list<N> before = std::exchange(servers_, without_gaps(servers));
        const std::bitset<N> was_on_mirror = std::exchange(on_mirror_, {});
        for (std::size_t i = 0; i < N; ++i) {
            const auto* const in_use = was_on_mirror[i] ? before.mirror(i) : before.endpoint(i);
            const auto* const wanted = servers_.endpoint(i);
            if (wanted == nullptr)
                leave(i);
            else if (in_use == nullptr || *in_use != *wanted)
                use(i, *wanted);
        }
    }

    /// Servers that have an address: a list may have gaps.
    [[nodiscard]] std::bitset<N> addressed() const
    {
        std::bitset<N> known;
        for (std::size_t i = 0; i < N; ++i)
            known[i] = servers_.endpoint(i) != nullptr;
        return known;
    }

    /// These requests leave now.
    void note_start(client_attempt<N>& into, command_code what, const requests<N>& packets,
                    const deadlines<N>& deadline)
    {
        into.versions = versions_;
        for (const request_view& one : packets)
            into.bytes = (std::max)(into.bytes, one.bytes.size());
        if (!settings.on_record)
            return;
        into.began = std::chrono::system_clock::now();
        into.timeouts = std::make_unique<std::array<std::chrono::nanoseconds, N>>();
        for (std::size_t i = 0; i < N; ++i)
            (*into.timeouts)[i] = network->timeout_for(i, deadline, what, into.bytes);
    }

    /// A slot has ended.
    void note_answer(const client_attempt<N>& from, command_code what, const reply& got)
    {
        if (what == echo_command && got && got.verified && from.versions[got.server] == versions_[got.server])
            last_echo_[got.server] = got.latency;
    }

    /// Tells the caller's recorder how a request went. It may destroy the client, and throw.
    void tell(const client_attempt<N>& from, command_code what, const reply& got)
    {
        if (!settings.on_record || got.attempts == 0 || !from.timeouts)
            return;
        request_record one{.server = got.server,
                           .command = what,
                           .timestamp = from.began,
                           .last_echo = last_echo_[got.server],
                           .timeout = (*from.timeouts)[got.server],
                           .bytes_sent = from.bytes,
                           .bytes_returned = got.datagram.size(),
                           .total = got.latency,
                           .timed_out = got.error == errc::timed_out,
                           .attempts = got.attempts,
                           .verified = got.verified,
                           .hint = got.hint,
                           .error = got.error};
        if (got) {
            one.server_time = got.header().execution_time;
            one.answer = got.status();
        }
        settings.on_record(one);
    }

    /// An answer of a machine that is asked no longer: how to read its body is nobody's knowledge any more,
    /// and what it would teach is wrong of the one that is asked now.
    void drop_outdated(client_attempt<N>& of, std::size_t i) const
    {
        if (const reply& one = of.answers[i]; of.versions[i] != versions_[i] && !one.body().empty()) {
            of.answers.fail(i, errc::not_awaited, one.latency, one.attempts);
            of.outdated.set(i);
        }
    }

    /// How many tokens one request to this server may carry now.
    [[nodiscard]] std::size_t most_tokens(std::size_t server, command_code what) const
    {
        return (std::min)(max_tokens(what, datagram_limits_[server]), codec.most_tokens(server, what));
    }

    /// A server says that so many tokens are too long a datagram. True if fewer are worth a try.
    bool shorten(std::size_t server, command_code what, std::size_t tokens) noexcept
    {
        if (tokens <= max_tokens(what, smallest_datagram_limit))
            return false; // short datagrams are never too long
        const auto half =
            header_size + challenge_size + (tokens + 1) / 2 * record_size(what) + terminator_size;
        datagram_limits_[server] =
            (std::min)(datagram_limits_[server], (std::max)(smallest_datagram_limit, half));
        return true;
    }

    /// The server did not answer at the address of `asked`. True if there is another one, which is in use
    /// from now on.
    bool change_address(std::size_t server, std::uint32_t asked)
    {
        const auto* primary = servers_.endpoint(server);
        const auto* mirror = servers_.mirror(server);
        if (primary == nullptr || mirror == nullptr || *primary == *mirror || !network)
            return false;
        if (versions_[server] == asked) {
            on_mirror_.flip(server);
            use(server, on_mirror_[server] ? *mirror : *primary);
        }
        return true;
    }

    /// Random numbers for a transfer: one set per token.
    [[nodiscard]] std::error_code fresh_numbers(std::vector<authenticity_numbers<N>>& numbers,
                                                std::size_t count)
    {
        std::error_code error;
        std::array<std::uint8_t, 16 * N> bytes{};
        numbers.clear();
        numbers.reserve(count);
        for (std::size_t i = 0; i < count && !error; ++i) {
            ask.random().fill(bytes, error);
            auto& set = numbers.emplace_back();
            for (std::size_t server = 0; server < N; ++server)
                set[server] = authenticity_number{std::span{bytes}.subspan(16 * server).template first<16>()};
        }
        wipe(bytes.data(), bytes.size());
        return error;
    }

    client_settings<N> settings;

  private:
    // A strand must not outlive its context. Calls that wait for nothing in it are owned here, and own this.
    void on_context_shutdown() noexcept override
    {
        executor_.reset();
        const auto dropped = calls.take_all();
    }

    void arm_alarm()
    {
        const auto next = calls.next_alarm();
        if (next == alarm_)
            return;
        network->wake_at(next, [this] {
            alarm_ = (std::chrono::steady_clock::time_point::max)();
            calls.ring(*executor_, network->now());
            arm_alarm();
        });
        alarm_ = next;
    }

    std::optional<executor_type> executor_; // a lazy call may begin when the client is gone
    server_list<N> servers_;

  public:
    std::optional<fanout<N, Transport>> network; // empty once the client was destroyed
    commands<N, Random> ask;
    Codec codec;
    page_locks pages;
    call_list calls;

  private:
    // Where a primary is missing, or its name could not be resolved, its mirror stands in for it.
    static server_list<N> without_gaps(server_list<N> servers)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (const auto* mirror = servers.mirror(i); mirror != nullptr && servers.endpoint(i) == nullptr)
                servers.set(i, *mirror);
        return servers;
    }

    void use(std::size_t server, const asio::ip::udp::endpoint& address)
    {
        leave(server);
        network->set_server(server, address);
    }

    void leave(std::size_t server)
    {
        ++versions_[server];
        codec.forget(server); // another machine may count otherwise, and take longer datagrams
        datagram_limits_[server] = settings.requests.datagram_limit;
    }

    // A call has a budget; what waits for its turn is a matter of the call alone.
    static limits engine_limits(const client_settings<N>& settings)
    {
        limits allowed = settings.engine;
        allowed.queue_wait = (std::max)(allowed.queue_wait, settings.budget);
        return allowed;
    }

    std::chrono::steady_clock::time_point alarm_ = (std::chrono::steady_clock::time_point::max)();
    std::bitset<N> on_mirror_;
    address_versions<N> versions_{};
    std::array<std::size_t, N> datagram_limits_{}; ///< in force
    std::array<std::optional<std::chrono::nanoseconds>, N> last_echo_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_CORE_HPP
