// What a detection has found, for whoever reports it.
#ifndef RAIDA_EXAMPLES_FINDINGS_HPP
#define RAIDA_EXAMPLES_FINDINGS_HPP

#include "timeline.hpp"

#include <raida/raida.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace support {

// Who judges: the servers of a list, or those inside this program.
enum class judges
{
    real,
    own_tokens, // embedded servers, tokens of their own
    taught      // embedded servers that were told to believe in the tokens
};

struct findings
{
    raida::server_list<> servers;
    std::span<const raida::token> tokens;
    judges by = judges::real;
    bool waited_for_all = false;

    raida::batch_tally<> votes{};
    std::array<std::vector<raida::request_record>, raida::server_count> requests{}; // as each of them went
    std::array<std::optional<raida::status>, raida::server_count> hints{}; // why a server is silent, perhaps
    std::chrono::nanoseconds elapsed{};                                    // from the first send to the end
    std::optional<raida::token_id> key{}; // what the requests were encrypted with
    raida::lane_statistics traffic{};
    timeline when{};

    // For client_settings::on_record.
    void take(const raida::request_record& one)
    {
        if (one.command == raida::detect_command) {
            requests[one.server].push_back(one);
            when.take(one);
        }
        if (const auto said = complaint(one))
            hints[one.server] = said;
    }

    // Was it never asked, for want of an address or of numbers?
    [[nodiscard]] bool is_unasked(std::size_t server) const { return requests[server].empty(); }

    // Where it is, if that is known.
    [[nodiscard]] std::optional<std::string> address(std::size_t server) const
    {
        const auto* endpoint = servers.endpoint(server);
        if (endpoint == nullptr)
            return std::nullopt;
        std::ostringstream text;
        text << *endpoint;
        return text.str();
    }

    // Why it was not asked.
    [[nodiscard]] std::string why_unasked(std::size_t server) const
    {
        if (servers.endpoint(server) != nullptr || servers.mirror(server) != nullptr)
            return "no number for this server";
        const std::error_code why = servers.error(server);
        return why ? why.message() : make_error_code(raida::errc::no_endpoint).message();
    }

    // Did it leave everything that it was asked unanswered, though it was given the time?
    [[nodiscard]] bool is_silent(std::size_t server) const
    {
        const auto& of = requests[server];
        return !of.empty() && std::all_of(of.begin(), of.end(), [](const raida::request_record& one) {
            return one.error == raida::errc::timed_out;
        });
    }

    // Has it judged every token?
    [[nodiscard]] bool has_voted(std::size_t server) const
    {
        return std::none_of(votes.chunks().begin(), votes.chunks().end(), [&](const auto& chunk) {
            return chunk.votes.vote(0, server) == raida::vote::none;
        });
    }

    // Did it not accept the key, at least once?
    [[nodiscard]] bool key_refused(std::size_t server) const
    {
        return std::any_of(votes.chunks().begin(), votes.chunks().end(),
                           [&](const auto& chunk) { return chunk.votes.pown_letter(0, server) == 'b'; });
    }

    // What the tokens with this verdict are worth.
    [[nodiscard]] raida::amount worth(raida::verdict which) const
    {
        raida::amount sum;
        for (std::size_t token = 0; token < tokens.size(); ++token)
            if (votes.verdict(token) == which)
                sum += raida::value_of(tokens[token]);
        return sum;
    }

    // What the same questions would have taken one after another. Answers to several requests at once wait
    // for each other at the server; in turn each would come as fast as that server's fastest.
    [[nodiscard]] std::chrono::nanoseconds in_turn() const
    {
        std::chrono::nanoseconds sum{};
        for (const auto& of : requests) {
            auto fastest = std::chrono::nanoseconds::max();
            for (const raida::request_record& one : of)
                if (one.answer)
                    fastest = std::min(fastest, one.total);
            for (const raida::request_record& one : of)
                sum += one.answer ? fastest : one.total;
        }
        return sum;
    }

    // What a server refuses before it knows whose request it is. Even with our echo it may be about another
    // one's: such answers carry the echo of an earlier request, which can be the same as ours.
    [[nodiscard]] static std::optional<raida::status> complaint(const raida::request_record& one)
    {
        if (one.hint || !one.answer || one.verified)
            return one.hint;
        const bool for_anybody =
            raida::is_header_error(*one.answer) || *one.answer == raida::status::invalid_encryption_code;
        return for_anybody ? one.answer : std::nullopt;
    }
};

} // namespace support

#endif // RAIDA_EXAMPLES_FINDINGS_HPP
