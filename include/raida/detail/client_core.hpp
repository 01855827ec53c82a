// What all calls of one client share: the engine, the request builder, the codec, the addresses in use.
#ifndef RAIDA_DETAIL_CLIENT_CORE_HPP
#define RAIDA_DETAIL_CLIENT_CORE_HPP

#include <raida/client_settings.hpp>
#include <raida/commands.hpp>
#include <raida/detail/page_order.hpp>
#include <raida/fanout.hpp>
#include <raida/record.hpp>
#include <raida/servers.hpp>

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

template <std::size_t N, class Transport, class Codec, class Random>
class client_core
{
  public:
    static constexpr std::size_t size = N;
    using executor_type = typename Transport::executor_type;
    using codec_type = Codec;

    client_core(Transport transport, const server_list<N>& servers, client_settings<N> how, Codec how_sealed,
                Random random)
        : settings{std::move(how)},
          executor_{transport.get_executor()},
          network{std::in_place, std::move(transport), servers, settings.engine},
          ask{settings.requests, std::move(random)},
          codec{std::move(how_sealed)},
          datagram_limit{settings.requests.datagram_limit},
          servers_{servers}
    {
        settings.consensus.encrypted = Codec::encrypts;
    }

    [[nodiscard]] executor_type get_executor() const { return executor_; }

    /// When a call that begins now must be over.
    [[nodiscard]] std::chrono::steady_clock::time_point end_of_budget() const
    {
        return network ? network->now() + settings.budget : std::chrono::steady_clock::time_point{};
    }

    void replace(const server_list<N>& servers)
    {
        servers_ = servers;
        on_mirror_.reset();
        for (std::size_t i = 0; i < N; ++i)
            if (const auto* address = servers.endpoint(i))
                use(i, *address);
    }

    /// Which address each server was asked at: so that only a failure of the one in use makes the client
    /// change.
    using address_versions = std::array<std::uint32_t, N>;
    [[nodiscard]] const address_versions& versions() const noexcept { return versions_; }

    /// The server did not answer at the address of `asked`. True if there is another one, which is in use
    /// from now on.
    bool change_address(std::size_t server, std::uint32_t asked)
    {
        const auto* primary = servers_.endpoint(server);
        const auto* mirror = servers_.mirror(server);
        if (primary == nullptr || mirror == nullptr || !network)
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
        for (std::size_t i = 0; i < count && !error; ++i) {
            ask.random().fill(bytes, error);
            auto& set = numbers.emplace_back();
            for (std::size_t server = 0; server < N; ++server)
                set[server] = authenticity_number{std::span{bytes}.subspan(16 * server).template first<16>()};
        }
        wipe(bytes.data(), bytes.size());
        return error;
    }

    /// Tells the caller's recorder how each request of a finished fan-out went.
    void record(const requests<N>& asked, const replies<N>& answers,
                std::chrono::system_clock::time_point began)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (!asked[i].bytes.empty() && answers[i].attempts != 0)
                record(asked[i].bytes, answers[i], began);
    }

    client_settings<N> settings;

  private:
    executor_type executor_; // a lazy call may begin when the client is gone

  public:
    std::optional<fanout<N, Transport>> network; // empty once the client was destroyed
    commands<N, Random> ask;
    Codec codec;
    busy_pages pages;
    std::size_t datagram_limit; ///< in force: it shrinks when a server says that a packet was too long

  private:
    void use(std::size_t server, const asio::ip::udp::endpoint& address)
    {
        ++versions_[server];
        codec.forget(server); // another machine may count otherwise
        network->set_server(server, address);
    }

    void record(bytes_view sent, const reply& got, std::chrono::system_clock::time_point began)
    {
        const auto header = request_header::parse(sent).value_or(request_header{});
        if (header.what == echo_command && got && got.verified)
            last_echo_[got.server] = got.latency;
        if (!settings.on_record)
            return;
        request_record one;
        one.server = got.server;
        one.command = header.what;
        one.timestamp = began;
        one.last_echo = last_echo_[got.server];
        one.timeout = settings.deadline.for_server(got.server, network->learned_round_trips()[got.server],
                                                   header.what, sent.size());
        one.bytes_sent = sent.size();
        one.bytes_returned = got.datagram.size();
        one.total = got.latency;
        one.timed_out = got.error == errc::timed_out;
        one.attempts = got.attempts;
        one.error = got.error;
        if (got) {
            one.server_time = got.header().execution_time;
            one.answer = got.status();
        }
        settings.on_record(one);
    }

    server_list<N> servers_;
    std::bitset<N> on_mirror_;
    address_versions versions_{};
    std::array<std::optional<std::chrono::nanoseconds>, N> last_echo_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_DETAIL_CLIENT_CORE_HPP
