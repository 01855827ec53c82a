// What a detection has found, for whoever reports it.
#ifndef RAIDA_EXAMPLES_FINDINGS_HPP
#define RAIDA_EXAMPLES_FINDINGS_HPP

#include <raida/raida.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace support {

// One fan-out: at most as many tokens as fit into a datagram.
struct part
{
    std::span<const raida::token> tokens;
    raida::requests<> asked{}; // as they were sent
    raida::replies<> replies{};
    raida::tally<> tally{};
};

struct findings
{
    raida::server_list<> servers;
    std::vector<part> parts;
    std::chrono::nanoseconds elapsed{};                      // from the first send to the last answer
    std::optional<std::chrono::nanoseconds> certain_after{}; // nothing could change any verdict any more
    std::array<std::optional<raida::status>, raida::server_count> hints{}; // why a server is silent, perhaps
    std::optional<raida::token_id> key{}; // what the requests were encrypted with
    raida::lane_statistics traffic{};

    findings(const raida::server_list<>& asked, std::span<const raida::token> tokens) : servers{asked}
    {
        const std::size_t most = raida::max_tokens(raida::detect_command);
        for (; !tokens.empty(); tokens = tokens.subspan(parts.back().tokens.size()))
            parts.push_back({.tokens = tokens.first(std::min(most, tokens.size()))});
    }

    [[nodiscard]] std::size_t count(raida::verdict which) const
    {
        std::size_t sum = 0;
        for (const part& one : parts)
            sum += one.tally.count(which);
        return sum;
    }

    [[nodiscard]] std::size_t token_count() const
    {
        std::size_t sum = 0;
        for (const part& one : parts)
            sum += one.tokens.size();
        return sum;
    }

    // Did the server not accept the key, at least once?
    [[nodiscard]] bool key_refused(std::size_t server) const
    {
        return std::any_of(parts.begin(), parts.end(),
                           [&](const part& one) { return is_key_refusal(one, server); });
    }

    [[nodiscard]] static bool is_key_refusal(const part& of, std::size_t server)
    {
        return of.tally.pown_letter(0, server) == 'b';
    }

    // What the same questions would have taken one after another. Answers to several parts at once wait for
    // each other at the server; in turn each would come as fast as that server's fastest.
    [[nodiscard]] std::chrono::nanoseconds in_turn() const
    {
        std::chrono::nanoseconds sum{};
        for (std::size_t server = 0; server < raida::server_count; ++server) {
            auto fastest = std::chrono::nanoseconds::max();
            for (const part& one : parts)
                if (one.replies[server])
                    fastest = std::min(fastest, one.replies[server].latency);
            for (const part& one : parts)
                sum += one.replies[server] ? fastest : one.replies[server].latency;
        }
        return sum;
    }
};

// What a server refuses before it knows whose request it is. Even with our echo it may be about another
// one's: such answers carry the echo of an earlier request, which can be the same as ours.
inline std::optional<raida::status> complaint(const raida::reply& reply)
{
    if (reply.hint || !reply || reply.verified)
        return reply.hint;
    const raida::status said = reply.status();
    const bool for_anybody = raida::is_header_error(said) || said == raida::status::invalid_encryption_code;
    return for_anybody ? std::optional{said} : std::nullopt;
}

// Why a slot has no answer, as precisely as it is known.
inline std::string reason(const findings& found, const raida::reply& reply)
{
    if (reply.error == raida::errc::no_endpoint && found.servers.error(reply.server))
        return found.servers.error(reply.server).message();
    return reply.error.message();
}

} // namespace support

#endif // RAIDA_EXAMPLES_FINDINGS_HPP
