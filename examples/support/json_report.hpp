// The findings for programs: one JSON document.
#ifndef RAIDA_EXAMPLES_JSON_REPORT_HPP
#define RAIDA_EXAMPLES_JSON_REPORT_HPP

#include "findings.hpp"
#include "json.hpp"
#include "table.hpp"

#include <raida/raida.hpp>

#include <cstddef>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace support {

class json_report
{
  public:
    explicit json_report(const findings& found) : found_{found} {}

    [[nodiscard]] std::string text() const
    {
        std::vector<json::value> servers, tokens;
        for (std::size_t server = 0; server < raida::server_count; ++server)
            servers.push_back(describe_server(server));
        for (const part& one : found_.parts)
            for (std::size_t token = 0; token < one.tokens.size(); ++token)
                tokens.push_back(describe_token(one, token));
        return json::object({{"servers", json::array(servers)},
                             {"tokens", json::array(tokens)},
                             {"summary", summary()}})
            .text();
    }

  private:
    [[nodiscard]] json::value describe_server(std::size_t server) const
    {
        std::vector<json::value> answers;
        for (const part& one : found_.parts)
            answers.push_back(describe_reply(one.replies[server]));
        return json::object({{"server", server},
                             {"address", address(server)},
                             {"hint", describe_status(found_.hints[server])},
                             {"key_refused", found_.key_refused(server)},
                             {"replies", json::array(answers)}});
    }

    [[nodiscard]] std::optional<std::string> address(std::size_t server) const
    {
        const auto* endpoint = found_.servers.endpoint(server);
        if (endpoint == nullptr)
            return std::nullopt;
        std::ostringstream text;
        text << *endpoint;
        return text.str();
    }

    [[nodiscard]] static json::value describe_status(std::optional<raida::status> status)
    {
        if (!status)
            return nullptr;
        return json::object(
            {{"status", static_cast<unsigned>(*status)}, {"name", raida::to_string(*status)}});
    }

    [[nodiscard]] json::value describe_reply(const raida::reply& reply) const
    {
        const std::optional<raida::status> status = reply ? std::optional{reply.status()} : std::nullopt;
        return json::object({{"answer", describe_status(status)},
                             {"error", reply ? std::nullopt : std::optional{reason(found_, reply)}},
                             {"verified", reply.verified},
                             {"latency_ms", milliseconds(reply.latency)},
                             {"attempts", reply.attempts}});
    }

    [[nodiscard]] static json::value describe_token(const part& of, std::size_t token)
    {
        const raida::tally<>& tally = of.tally;
        std::vector<json::value> heal;
        for (const std::size_t server : tally.servers_to_heal(token))
            heal.emplace_back(server);
        return json::object({{"denomination", int{of.tokens[token].denomination.value}},
                             {"serial", of.tokens[token].serial.value},
                             {"verdict", name(tally.verdict(token))},
                             {"passes", tally.passes(token)},
                             {"fails", tally.fails(token)},
                             {"unknowns", tally.unknowns(token)},
                             {"pown", tally.pown_string(token)},
                             {"fractured", tally.fractured(token)},
                             {"servers_to_heal", json::array(heal)}});
    }

    [[nodiscard]] static const char* name(raida::verdict which)
    {
        switch (which) {
        case raida::verdict::authentic:
            return "authentic";
        case raida::verdict::counterfeit:
            return "counterfeit";
        case raida::verdict::undecided:
            break;
        }
        return "undecided";
    }

    [[nodiscard]] json::value summary() const
    {
        std::optional<double> certain;
        if (found_.certain_after)
            certain = milliseconds(*found_.certain_after);
        const auto key = found_.key ? std::optional{raida::to_string(*found_.key)} : std::nullopt;
        return json::object({{"tokens", found_.token_count()},
                             {"encrypted_with", key},
                             {"authentic", found_.count(raida::verdict::authentic)},
                             {"counterfeit", found_.count(raida::verdict::counterfeit)},
                             {"undecided", found_.count(raida::verdict::undecided)},
                             {"fanouts", found_.parts.size()},
                             {"parallel_ms", milliseconds(found_.elapsed)},
                             {"in_turn_ms", milliseconds(found_.in_turn())},
                             {"certain_after_ms", certain}});
    }

    const findings& found_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_JSON_REPORT_HPP
