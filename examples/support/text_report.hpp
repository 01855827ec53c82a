// The findings for people.
#ifndef RAIDA_EXAMPLES_TEXT_REPORT_HPP
#define RAIDA_EXAMPLES_TEXT_REPORT_HPP

#include "findings.hpp"
#include "table.hpp"
#include "terminal.hpp"

#include <raida/raida.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

class text_report
{
  public:
    text_report(const findings& found, bool grades, const terminal& screen, std::ostream& out)
        : found_{found}, grades_{grades}, screen_{screen}, out_{out}
    {
        for (const auto& of : found.requests)
            for (const raida::request_record& one : of)
                if (one.answer)
                    longest_answer_ = std::max(longest_answer_, one.total);
    }

    void print() const
    {
        servers();
        out_ << '\n';
        tokens();
        out_ << '\n';
        summary();
    }

  private:
    void servers() const
    {
        using enum table::align;
        table lines{{{"server", right},
                     {"answer", left},
                     {"passed", right},
                     {"latency", right},
                     {"", left},
                     {"sent", right}}};
        for (std::size_t server = 0; server < raida::server_count; ++server)
            lines.add(server_line(server));
        lines.print(out_, screen_);
    }

    // Where the batch took several requests, a server's line sums up what it said to all of them.
    [[nodiscard]] std::vector<cell> server_line(std::size_t server) const
    {
        if (found_.is_unasked(server))
            return {{std::to_string(server)}, {found_.why_unasked(server), colour::red}, {}, {}, {}, {"0"}};
        std::vector<std::pair<std::string, std::size_t>> said;
        std::chrono::nanoseconds latency{};
        unsigned sent = 0;
        bool answered = true, timed_out = false, awaited = true;
        for (const raida::request_record& one : found_.requests[server]) {
            const std::string text = words(one);
            const auto same =
                std::find_if(said.begin(), said.end(), [&](auto& s) { return s.first == text; });
            if (same != said.end())
                ++same->second;
            else
                said.emplace_back(text, 1);
            latency = std::max(latency, one.total);
            sent += one.attempts;
            answered = answered && one.answer;
            timed_out = timed_out || one.timed_out;
            awaited = awaited && one.error != raida::errc::not_awaited;
        }
        const bool voted = found_.has_voted(server);
        return {{std::to_string(server)},
                {joined(said), voted      ? colour::green
                               : !awaited ? colour::dim
                               : answered ? colour::yellow
                                          : colour::red},
                {voted ? std::to_string(passed(server)) : ""},
                {awaited ? describe(latency) : ""},
                answered || timed_out ? latency_bar(latency) : cell{},
                {std::to_string(sent)}};
    }

    [[nodiscard]] std::size_t passed(std::size_t server) const
    {
        std::size_t count = 0;
        for (std::size_t token = 0; token < found_.tokens.size(); ++token)
            count += found_.votes.vote(token, server) == raida::vote::pass ? 1 : 0;
        return count;
    }

    // Bars are drawn to the scale of the slowest answer; who did not answer in time waits beyond it.
    [[nodiscard]] cell latency_bar(std::chrono::nanoseconds latency) const
    {
        constexpr std::size_t width = 16;
        if (latency > longest_answer_)
            return {std::string(width - 1, '.') + '>', colour::dim};
        return {bar(milliseconds(latency) / milliseconds(longest_answer_), width, screen_)};
    }

    [[nodiscard]] std::string words(const raida::request_record& one) const
    {
        const auto& hint = found_.hints[one.server];
        if (hint && (!one.answer || findings::complaint(one)))
            return "hint: " + raida::describe(*hint);
        if (!one.answer)
            return one.error.message();
        const std::string said = raida::describe(*one.answer);
        if (found_.key_refused(one.server) && raida::is_error(*one.answer))
            return "key not accepted: " + said;
        return said + (one.verified ? "" : ", not verified");
    }

    [[nodiscard]] static std::string joined(const std::vector<std::pair<std::string, std::size_t>>& said)
    {
        if (said.size() == 1)
            return said.front().first;
        std::string result;
        for (const auto& [text, times] : said)
            result += (result.empty() ? "" : ", ") + std::to_string(times) + " x " + text;
        return result;
    }

    void tokens() const
    {
        using enum table::align;
        table lines{{{"token", left},
                     {"verdict", left},
                     {"grade", left},
                     {"servers 0 to 24", left},
                     {"to heal", left}}};
        std::string seen;
        for (std::size_t token = 0; token < found_.tokens.size(); ++token) {
            seen += found_.votes.pown_string(token);
            lines.add(token_line(token));
        }
        lines.print(out_, screen_);
        legend(seen);
    }

    [[nodiscard]] std::vector<cell> token_line(std::size_t token) const
    {
        std::string heal;
        for (const std::size_t server : found_.votes.servers_to_heal(token))
            heal += (heal.empty() ? "" : ", ") + std::to_string(server);
        return {{raida::to_string(found_.tokens[token].id())},
                verdict(token),
                {grades_ ? std::string{to_string(raida::grade(found_.votes, token))} : ""},
                {found_.votes.pown_string(token)},
                {heal, colour::yellow}};
    }

    [[nodiscard]] cell verdict(std::size_t token) const
    {
        switch (found_.votes.verdict(token)) {
        case raida::verdict::authentic:
            return {found_.votes.fractured(token) ? "authentic, fractured" : "authentic", colour::green};
        case raida::verdict::counterfeit:
            return {"counterfeit", colour::red};
        case raida::verdict::undecided:
            break;
        }
        return {"undecided", colour::yellow};
    }

    // Explains the letters that were used.
    void legend(std::string_view seen) const
    {
        const std::pair<char, std::string_view> meanings[] = {
            {'p', "pass"},
            {'f', "fail"},
            {'n',
             found_.waited_for_all ? "no reply in time" : "no reply in time, or not awaited (--wait all)"},
            {'d', "dropped by the network"},
            {'e', "error"},
            {'b', "key refused"},
            {'u', "untried"}};
        std::string text;
        for (const auto& [letter, meaning] : meanings)
            if (seen.find(letter) != std::string_view::npos)
                ((((text += text.empty() ? "" : ", ") += letter) += ' ') += meaning);
        out_ << screen_.paint(text, colour::dim) << '\n';
    }

    void summary() const
    {
        const auto& votes = found_.votes;
        const std::size_t count = found_.tokens.size();
        out_ << count << (count == 1 ? " token: " : " tokens: ") << votes.count(raida::verdict::authentic)
             << " authentic, " << votes.count(raida::verdict::counterfeit) << " counterfeit, "
             << votes.count(raida::verdict::undecided) << " undecided.\n";
        worth();
        grades();
        advice(raida::status::invalid_coin_id, "does not know the coin: is --coin-id right?",
               "do not know the coin: is --coin-id right?");
        advice(raida::status::invalid_raida_id, "has another number: is the server list in the right order?",
               "have other numbers: is the server list in the right order?");
        refused_key();
        nobody();
        savings();
        dropped();
        if (found_.by == judges::taught)
            out_ << "DEMO: the servers inside this program were told to believe in these tokens. This says "
                    "nothing of\nwhat the tokens are worth: ask real servers, with --servers.\n";
    }

    void worth() const
    {
        const auto sum = [&](raida::verdict which) { return raida::to_string(found_.worth(which), ','); };
        out_ << "Worth: " << raida::to_string(raida::value_of(found_.tokens), ',') << " in all, "
             << sum(raida::verdict::authentic) << " authentic, " << sum(raida::verdict::counterfeit)
             << " counterfeit, " << sum(raida::verdict::undecided) << " undecided.\n";
    }

    // How many of each, and what they are worth.
    void grades() const
    {
        std::map<raida::token_grade, std::pair<std::size_t, raida::amount>> sums;
        for (std::size_t token = 0; grades_ && token < found_.tokens.size(); ++token) {
            auto& [count, worth] = sums[raida::grade(found_.votes, token)];
            ++count;
            worth += raida::value_of(found_.tokens[token]);
        }
        for (const auto& [grade, sum] : sums)
            out_ << "Grade " << to_string(grade) << ": " << sum.first
                 << (sum.first == 1 ? " token, worth " : " tokens, worth ")
                 << raida::to_string(sum.second, ',') << ".\n";
    }

    void refused_key() const
    {
        if (!found_.key)
            return;
        std::string servers;
        for (std::size_t server = 0; server < raida::server_count; ++server)
            if (found_.key_refused(server))
                servers += (servers.empty() ? "" : ", ") + std::to_string(server);
        const bool many = servers.find(',') != std::string::npos;
        out_ << "Encrypted with the key token " << *found_.key
             << (servers.empty() ? ""
                 : many          ? "; not accepted by servers "
                                 : "; not accepted by server ")
             << servers << ".\n";
    }

    void advice(raida::status about, std::string_view one, std::string_view many) const
    {
        const auto servers = std::count(found_.hints.begin(), found_.hints.end(), about);
        if (servers != 0)
            out_ << servers << (servers == 1 ? " server says that it " : " servers say that they ")
                 << (servers == 1 ? one : many) << '\n';
    }

    void nobody() const
    {
        for (std::size_t server = 0; server < raida::server_count; ++server)
            if (found_.hints[server] ||
                std::any_of(found_.requests[server].begin(), found_.requests[server].end(),
                            [](const raida::request_record& one) { return one.answer.has_value(); }))
                return;
        out_ << "Nobody answered: are the addresses and ports right, and may UDP pass?\n";
    }

    void savings() const
    {
        const auto in_turn = found_.in_turn();
        if (in_turn <= std::chrono::nanoseconds{} || found_.elapsed <= std::chrono::nanoseconds{})
            return;
        const bool all = found_.waited_for_all || found_.votes.count(raida::verdict::undecided) != 0;
        const double times = milliseconds(in_turn) / milliseconds(found_.elapsed);
        const std::chrono::nanoseconds saved = std::max(in_turn - found_.elapsed, std::chrono::nanoseconds{});
        out_ << "Asked in parallel: " << describe(found_.elapsed)
             << (all ? ", as long as the slowest server took.\n" : ", until every verdict was certain.\n")
             << "Asked in turn: " << describe(in_turn) << ". Saved: " << describe(saved) << "; parallel is "
             << fixed(times, 1) << " times as fast.\n";
    }

    // Datagrams that came and were nobody's answer.
    void dropped() const
    {
        const raida::lane_statistics& all = found_.traffic;
        std::string text;
        for (const auto& [count, what] :
             {std::pair{all.malformed, " malformed"}, std::pair{all.forged, " forged"},
              std::pair{all.late, " late or repeated"}, std::pair{all.foreign, " foreign"}})
            if (count != 0)
                text += (text.empty() ? "" : ", ") + std::to_string(count) + what;
        if (!text.empty())
            out_ << "Datagrams that were dropped: " << text << ".\n";
    }

    const findings& found_;
    bool grades_;
    const terminal& screen_;
    std::ostream& out_;
    std::chrono::nanoseconds longest_answer_{};
};

} // namespace support

#endif // RAIDA_EXAMPLES_TEXT_REPORT_HPP
