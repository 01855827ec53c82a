// Requests for all servers: echo, version, detect, pown, find, and any other command. Not encrypted (type 0).
#ifndef RAIDA_WIRE_COMMANDS_HPP
#define RAIDA_WIRE_COMMANDS_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/detail/system_error.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/random_source.hpp>
#include <raida/wire/challenge.hpp>
#include <raida/wire/command_payload.hpp>
#include <raida/wire/detail/token_checks.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/request.hpp>
#include <raida/wire/status.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1 {

/// What is the same for all requests of one `commands`.
struct command_settings
{
    std::uint16_t coin = default_coin;                   ///< whose tokens
    std::size_t datagram_limit = default_datagram_limit; ///< bytes of a request; TCP allows up to 65,567
    std::uint32_t serial_limit = raida::serial_limit;    ///< serial numbers at or over it are refused
    std::uint8_t shard = 0;                              ///< 0 on the deployed network
};

/// Bytes that one token takes in the payload; 0 for commands without tokens.
[[nodiscard]] constexpr std::size_t record_size(command_code what) noexcept
{
    if (what == detect_command)
        return 1 + 4 + 16;
    if (what == pown_command || what == find_command)
        return 1 + 4 + 16 + 16;
    return 0;
}

/// How many tokens one request of at most `datagram_limit` bytes carries; by default 64 for detect, 36 for
/// pown and find.
[[nodiscard]] constexpr std::size_t max_tokens(command_code what,
                                               std::size_t datagram_limit = default_datagram_limit) noexcept
{
    constexpr std::size_t overhead = header_size + challenge_size + terminator_size;
    const std::size_t limit = (std::min)(datagram_limit, header_size + max_body);
    return record_size(what) == 0 || limit < overhead ? 0 : (limit - overhead) / record_size(what);
}

/// Builds one request per server, each with a fresh challenge and an echo that the server's lane has not seen
/// for 65,534 requests. The answer to each must carry the challenge, which `expected_signature` says.
///
/// Every command comes twice: with a trailing error_code, which on failure is set and no request is returned
/// (all are empty), and without, throwing std::system_error.
/// Errors: no_randomness; with tokens also no_tokens, too_many_tokens (beyond the datagram limit),
/// packet_too_large (a limit too small for one),
/// invalid_denomination, invalid_serial_number, duplicate_token (servers would alias or count twice), and
/// invalid_authenticity where there is not one set of new numbers per token, where a new number is missing
/// (zero), and where no server is left to be asked.
/// A number that is missing proves nothing: a server for which any of the tokens has none is left out (its
/// request is empty). Ask about such tokens apart from the others, as the client does.
/// Object lifetimes: nothing that is passed in is kept.
/// Thread safety: distinct objects safe, shared objects unsafe.
template <std::size_t N = server_count, random_source Random = system_random>
class commands
{
    static_assert(N > 0 && N <= 256, "a server's number is one byte");

  public:
    using tokens_view = std::span<const basic_token<N>>;               ///< any contiguous tokens
    using new_numbers_view = std::span<const authenticity_numbers<N>>; ///< one set per token, in their order

    /// Nothing is asked of `random` yet.
    explicit commands(command_settings settings = {}, Random random = {})
        : settings_{settings}, random_{std::move(random)}
    {}

    // A copy would hand out the same echoes again.
    commands(const commands&) = delete;
    commands& operator=(const commands&) = delete;
    commands(commands&&) = default;
    commands& operator=(commands&&) = default;
    ~commands() = default;

    /// Are you there?
    [[nodiscard]] requests<N> echo(std::error_code& error) { return custom(echo_command, {}, error); }
    /// The same, throwing.
    [[nodiscard]] requests<N> echo()
    {
        return detail::or_throw("echo", [&](std::error_code& error) { return echo(error); });
    }

    /// Which version do you run? parse_version() reads the answer.
    [[nodiscard]] requests<N> version(std::error_code& error) { return custom(version_command, {}, error); }
    /// The same, throwing.
    [[nodiscard]] requests<N> version()
    {
        return detail::or_throw("version", [&](std::error_code& error) { return version(error); });
    }

    /// Are these tokens authentic? aggregate() reads the answers.
    [[nodiscard]] requests<N> detect(tokens_view tokens, std::error_code& error)
    {
        return build(detect_command, tokens, {}, error);
    }
    /// The same, throwing.
    [[nodiscard]] requests<N> detect(tokens_view tokens)
    {
        return detail::or_throw("detect", [&](std::error_code& error) { return detect(tokens, error); });
    }

    /// Which of two authenticity numbers does each token have? parse_find() reads the answers.
    [[nodiscard]] requests<N> find(tokens_view tokens, new_numbers_view new_numbers, std::error_code& error)
    {
        return build(find_command, tokens, new_numbers, error);
    }
    /// The same, throwing.
    [[nodiscard]] requests<N> find(tokens_view tokens, new_numbers_view new_numbers)
    {
        return detail::or_throw("find",
                                [&](std::error_code& error) { return find(tokens, new_numbers, error); });
    }

    /// Take ownership: give these tokens new authenticity numbers. Never send one twice; keep the old and the
    /// new numbers until find() says which of them each server has.
    [[nodiscard]] requests<N> pown(tokens_view tokens, new_numbers_view new_numbers, std::error_code& error)
    {
        return build(pown_command, tokens, new_numbers, error);
    }
    /// The same, throwing.
    [[nodiscard]] requests<N> pown(tokens_view tokens, new_numbers_view new_numbers)
    {
        return detail::or_throw("pown",
                                [&](std::error_code& error) { return pown(tokens, new_numbers, error); });
    }

    /// Whatever else servers understand: `payload` stands between challenge and terminator as it is.
    /// Errors: no_randomness; packet_too_large beyond the datagram limit.
    [[nodiscard]] requests<N> custom(command_code what, const command_payload<N>& payload,
                                     std::error_code& error)
    {
        std::array<std::size_t, N> sizes;
        for (std::size_t server = 0; server < N; ++server)
            sizes[server] = payload[server].size();
        requests<N> packets = frame(what, sizes, error);
        for (std::size_t server = 0; server < N && !error; ++server)
            if (payload.leaves_out(server))
                packets.skip(server);
            else
                std::copy_n(payload[server].data(), sizes[server], payload_of(packets, server));
        return packets;
    }
    /// The same, throwing.
    [[nodiscard]] requests<N> custom(command_code what, const command_payload<N>& payload)
    {
        return detail::or_throw("custom",
                                [&](std::error_code& error) { return custom(what, payload, error); });
    }

    /// As given.
    [[nodiscard]] const command_settings& settings() const noexcept { return settings_; }

    /// Where the challenges come from.
    [[nodiscard]] Random& random() noexcept { return random_; }

  private:
    using challenges = std::array<std::uint8_t, 12 * N>;

    requests<N> build(command_code what, tokens_view tokens, new_numbers_view new_numbers,
                      std::error_code& error)
    {
        error = refuse(what, tokens, new_numbers);
        if (error)
            return {};
        std::array<std::size_t, N> sizes;
        sizes.fill(tokens.size() * record_size(what));
        requests<N> packets = frame(what, sizes, error);
        if (error)
            return {};
        const std::bitset<N> lacking = write_payloads(packets, tokens, new_numbers);
        if (lacking.all())
            error = errc::invalid_authenticity;
        for (std::size_t server = 0; server < N; ++server)
            if (lacking[server])
                packets.skip(server);
        return packets;
    }

    // Everything but the payloads, of these sizes.
    requests<N> frame(command_code what, std::array<std::size_t, N> sizes, std::error_code& error)
    {
        for (std::size_t& size : sizes)
            size += header_size + challenge_size + terminator_size;
        challenges random{};
        error = {};
        if (*std::max_element(sizes.begin(), sizes.end()) >
            (std::min)(settings_.datagram_limit, header_size + max_body))
            error = errc::packet_too_large;
        else
            draw(random, error);
        if (error)
            return {};
        requests<N> packets{sizes};
        request_header header{.shard = settings_.shard, .what = what, .coin = settings_.coin};
        for (std::size_t server = 0; server < N; ++server) {
            header.server = static_cast<std::uint8_t>(server);
            header.body_size = static_cast<std::uint16_t>(sizes[server] - header_size);
            header.echo(next_echo(server));
            std::array<std::uint8_t, 12> fresh;
            std::copy_n(random.begin() + 12 * server, fresh.size(), fresh.begin());
            const signature challenge = make_challenge(fresh);
            const auto packet = packets.writable(server);
            header.write(packet.data());
            std::copy(challenge.begin(), challenge.end(), packet.data() + header_size);
            std::fill(packet.end() - terminator_size, packet.end(), terminator_byte);
            packets.expect(server, challenge);
        }
        return packets;
    }

    static std::uint8_t* payload_of(requests<N>& packets, std::size_t server) noexcept
    {
        return packets.writable(server).data() + header_size + challenge_size;
    }

    // Every server gets its own authenticity numbers and nobody else's. Token after token, so that each is
    // read once. Returns those for which a token lacks its number.
    static std::bitset<N> write_payloads(requests<N>& packets, tokens_view tokens,
                                         new_numbers_view new_numbers) noexcept
    {
        std::bitset<N> lacking;
        std::array<std::uint8_t*, N> ends;
        for (std::size_t server = 0; server < N; ++server)
            ends[server] = payload_of(packets, server);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            std::array<std::uint8_t, 5> id;
            id[0] = static_cast<std::uint8_t>(tokens[i].denomination.value);
            detail::store_big<4>(id.data() + 1, tokens[i].serial.value);
            for (std::size_t server = 0; server < N; ++server) {
                const authenticity_number& number = tokens[i].numbers[server];
                std::uint8_t* to = append(number, std::copy(id.begin(), id.end(), ends[server]));
                ends[server] = new_numbers.empty() ? to : append(new_numbers[i][server], to);
                if (number.is_zero())
                    lacking.set(server);
            }
        }
        return lacking;
    }

    static std::uint8_t* append(const authenticity_number& number, std::uint8_t* to) noexcept
    {
        return std::copy_n(number.bytes().data(), authenticity_number::size, to);
    }

    std::error_code refuse(command_code what, tokens_view tokens, new_numbers_view new_numbers)
    {
        if (tokens.empty())
            return errc::no_tokens;
        const std::size_t most = max_tokens(what, settings_.datagram_limit);
        if (most == 0)
            return errc::packet_too_large;
        if (tokens.size() > most)
            return errc::too_many_tokens;
        if (what != detect_command && new_numbers.size() != tokens.size())
            return errc::invalid_authenticity;
        if (const auto error = detail::check_tokens(tokens, settings_.serial_limit, keys_))
            return error;
        for (const authenticity_numbers<N>& set : new_numbers)
            for (const authenticity_number& number : set)
                if (number.is_zero())
                    return errc::invalid_authenticity;
        return {};
    }

    void draw(challenges& random, std::error_code& error)
    {
        if (!started_) { // echoes start anywhere: replies to an earlier program on this port rarely fit
            std::array<std::uint8_t, 2 * N> starts{};
            random_.fill(starts, error);
            if (error)
                return;
            for (std::size_t server = 0; server < N; ++server)
                echoes_[server] = detail::load_big<2, std::uint16_t>(starts.data() + 2 * server);
            started_ = true;
        }
        random_.fill(random, error);
    }

    std::uint16_t next_echo(std::size_t server) noexcept
    {
        std::uint16_t& echo = echoes_[server];
        if (++echo == 0) // servers that could not read a header answer with echo 0: never ours
            ++echo;
        return echo;
    }

    command_settings settings_;
    Random random_;
    bool started_ = false;
    std::array<std::uint16_t, N> echoes_{}; // the last one handed out per server
    std::vector<std::uint64_t> keys_;       // kept for its memory only
};

} // namespace raida::inline v1

#endif // RAIDA_WIRE_COMMANDS_HPP
