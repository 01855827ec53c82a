// The findings for programs: one JSON document.
#ifndef RAIDA_EXAMPLES_JSON_REPORT_HPP
#define RAIDA_EXAMPLES_JSON_REPORT_HPP

#include "findings.hpp"
#include "json.hpp"
#include "table.hpp"

#include <raida/raida.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace support {

[[nodiscard]] inline const char* name_of(raida::verdict which)
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

class json_report
{
  public:
    json_report(const findings& found, bool grades) : found_{found}, grades_{grades} {}

    [[nodiscard]] std::string text() const
    {
        std::vector<json::value> servers, tokens;
        for (std::size_t server = 0; server < raida::server_count; ++server)
            servers.push_back(describe_server(server));
        for (std::size_t token = 0; token < found_.tokens.size(); ++token)
            tokens.push_back(describe_token(token));
        return json::object({{"servers", json::array(servers)},
                             {"tokens", json::array(tokens)},
                             {"summary", summary()}})
            .text();
    }

  private:
    [[nodiscard]] json::value describe_server(std::size_t server) const
    {
        std::vector<json::value> answers;
        for (const raida::request_record& one : found_.requests[server])
            answers.push_back(describe_request(one));
        const bool unasked = found_.is_unasked(server);
        return json::object({{"server", server},
                             {"address", found_.address(server)},
                             {"unasked", unasked ? std::optional{found_.why_unasked(server)} : std::nullopt},
                             {"hint", describe_status(found_.hints[server])},
                             {"key_refused", found_.key_refused(server)},
                             {"replies", json::array(answers)}});
    }

    [[nodiscard]] static json::value describe_status(std::optional<raida::status> status)
    {
        if (!status)
            return nullptr;
        return json::object(
            {{"status", static_cast<unsigned>(*status)}, {"name", raida::to_string(*status)}});
    }

    [[nodiscard]] static json::value describe_request(const raida::request_record& one)
    {
        return json::object({{"answer", describe_status(one.answer)},
                             {"error", one.error ? std::optional{one.error.message()} : std::nullopt},
                             {"verified", one.verified},
                             {"latency_ms", milliseconds(one.total)},
                             {"attempts", one.attempts}});
    }

    [[nodiscard]] json::value describe_token(std::size_t token) const
    {
        const auto& votes = found_.votes;
        std::vector<json::value> heal;
        for (const std::size_t server : votes.servers_to_heal(token))
            heal.emplace_back(server);
        const raida::token_id id = found_.tokens[token].id();
        const auto grade = grades_ ? std::optional{to_string(raida::grade(votes, token))} : std::nullopt;
        return json::object({{"denomination", int{id.denomination.value}},
                             {"serial", id.serial.value},
                             {"verdict", name_of(votes.verdict(token))},
                             {"grade", grade},
                             {"passes", votes.passes(token)},
                             {"fails", votes.fails(token)},
                             {"unknowns", votes.unknowns(token)},
                             {"pown", votes.pown_string(token)},
                             {"fractured", votes.fractured(token)},
                             {"servers_to_heal", json::array(heal)}});
    }

    // Sums are texts: no program that reads them makes floating point of them unasked.
    [[nodiscard]] json::value summary() const
    {
        const auto key = found_.key ? std::optional{raida::to_string(*found_.key)} : std::nullopt;
        const auto worth = [&](raida::verdict which) { return raida::to_string(found_.worth(which)); };
        return json::object({{"tokens", found_.tokens.size()},
                             {"demo", found_.by != judges::real},
                             {"servers_were_taught_the_tokens", found_.by == judges::taught},
                             {"encrypted_with", key},
                             {"authentic", found_.votes.count(raida::verdict::authentic)},
                             {"counterfeit", found_.votes.count(raida::verdict::counterfeit)},
                             {"undecided", found_.votes.count(raida::verdict::undecided)},
                             {"worth", raida::to_string(raida::value_of(found_.tokens))},
                             {"worth_authentic", worth(raida::verdict::authentic)},
                             {"worth_counterfeit", worth(raida::verdict::counterfeit)},
                             {"worth_undecided", worth(raida::verdict::undecided)},
                             {"waited_for", found_.waited_for_all ? "all" : "decided"},
                             {"fanouts", found_.votes.chunks().size()},
                             {"parallel_ms", milliseconds(found_.elapsed)},
                             {"in_turn_ms", milliseconds(found_.in_turn())}});
    }

    const findings& found_;
    bool grades_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_JSON_REPORT_HPP
