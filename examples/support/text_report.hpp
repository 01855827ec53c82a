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
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

class text_report
{
  public:
    text_report(const findings& found, const terminal& screen, std::ostream& out)
        : found_{found}, screen_{screen}, out_{out}
    {
        for (const part& one : found.parts)
            for (const raida::reply& reply : one.replies)
                if (reply)
                    longest_answer_ = std::max(longest_answer_, reply.latency);
    }

    void print()
    {
        servers();
        out_ << '\n';
        tokens();
        out_ << '\n';
        summary();
    }

  private:
    void servers()
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

    // Where the batch took several fan-outs, a server's line sums up what it said to all of them.
    [[nodiscard]] std::vector<cell> server_line(std::size_t server) const
    {
        std::vector<std::pair<std::string, std::size_t>> said;
        std::chrono::nanoseconds latency{};
        std::size_t passed = 0;
        unsigned sent = 0;
        bool answered = true, voted = true, timed_out = false;
        for (const part& one : found_.parts) {
            const raida::reply& reply = one.replies[server];
            const std::string text = words(one, reply);
            const auto same =
                std::find_if(said.begin(), said.end(), [&](auto& s) { return s.first == text; });
            if (same != said.end())
                ++same->second;
            else
                said.emplace_back(text, 1);
            latency = std::max(latency, reply.latency);
            sent += reply.attempts;
            answered = answered && reply;
            timed_out = timed_out || reply.error == raida::errc::timed_out;
            voted = voted && one.tally.vote(0, server) != raida::vote::none;
            for (std::size_t token = 0; token < one.tokens.size(); ++token)
                passed += one.tally.vote(token, server) == raida::vote::pass ? 1 : 0;
        }
        return {{std::to_string(server)},
                {joined(said), voted      ? colour::green
                               : answered ? colour::yellow
                                          : colour::red},
                {voted ? std::to_string(passed) : ""},
                {sent == 0 ? "" : describe(latency)},
                answered || timed_out ? latency_bar(latency) : cell{},
                {std::to_string(sent)}};
    }

    // Bars are drawn to the scale of the slowest answer; who did not answer in time waits beyond it.
    [[nodiscard]] cell latency_bar(std::chrono::nanoseconds latency) const
    {
        constexpr std::size_t width = 16;
        if (latency > longest_answer_)
            return {std::string(width - 1, '.') + '>', colour::dim};
        return {bar(milliseconds(latency) / milliseconds(longest_answer_), width, screen_)};
    }

    [[nodiscard]] std::string words(const part& of, const raida::reply& reply) const
    {
        if (findings::is_key_refusal(of, reply.server))
            return "key not accepted: " + raida::describe(reply.status());
        if (const auto& hint = found_.hints[reply.server]; hint && (!reply || complaint(reply)))
            return "hint: " + raida::describe(*hint);
        if (!reply)
            return reason(found_, reply);
        return raida::describe(reply.status()) + (reply.verified ? "" : ", not verified");
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

    void tokens()
    {
        using enum table::align;
        table lines{{{"token", left}, {"verdict", left}, {"servers 0 to 24", left}, {"to heal", left}}};
        std::string seen;
        for (const part& one : found_.parts)
            for (std::size_t token = 0; token < one.tokens.size(); ++token) {
                seen += one.tally.pown_string(token);
                lines.add(token_line(one, token));
            }
        lines.print(out_, screen_);
        legend(seen);
    }

    [[nodiscard]] static std::vector<cell> token_line(const part& of, std::size_t token)
    {
        std::string heal;
        for (const std::size_t server : of.tally.servers_to_heal(token))
            heal += (heal.empty() ? "" : ", ") + std::to_string(server);
        return {{raida::to_string(of.tokens[token].id())},
                verdict(of.tally, token),
                {of.tally.pown_string(token)},
                {heal, colour::yellow}};
    }

    [[nodiscard]] static cell verdict(const raida::tally<>& tally, std::size_t token)
    {
        switch (tally.verdict(token)) {
        case raida::verdict::authentic:
            return {tally.fractured(token) ? "authentic, fractured" : "authentic", colour::green};
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
        static constexpr std::pair<char, std::string_view> meanings[] = {
            {'p', "pass"},  {'f', "fail"},        {'n', "no reply in time"}, {'d', "dropped by the network"},
            {'e', "error"}, {'b', "key refused"}, {'u', "untried"}};
        std::string text;
        for (const auto& [letter, meaning] : meanings)
            if (seen.find(letter) != std::string_view::npos)
                ((((text += text.empty() ? "" : ", ") += letter) += ' ') += meaning);
        out_ << screen_.paint(text, colour::dim) << '\n';
    }

    void summary() const
    {
        const std::size_t count = found_.token_count();
        out_ << count << (count == 1 ? " token: " : " tokens: ") << found_.count(raida::verdict::authentic)
             << " authentic, " << found_.count(raida::verdict::counterfeit) << " counterfeit, "
             << found_.count(raida::verdict::undecided) << " undecided.\n";
        advice(raida::status::invalid_coin_id, "does not know the coin: is --coin-id right?",
               "do not know the coin: is --coin-id right?");
        advice(raida::status::invalid_raida_id, "has another number: is the server list in the right order?",
               "have other numbers: is the server list in the right order?");
        refused_key();
        savings();
        dropped();
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

    void savings() const
    {
        const auto in_turn = found_.in_turn();
        if (in_turn <= std::chrono::nanoseconds{} || found_.elapsed <= std::chrono::nanoseconds{})
            return;
        const double times = milliseconds(in_turn) / milliseconds(found_.elapsed);
        const std::chrono::nanoseconds saved = std::max(in_turn - found_.elapsed, std::chrono::nanoseconds{});
        out_ << "Asked in parallel: " << describe(found_.elapsed) << ", as long as the slowest server took.\n"
             << "Asked in turn: " << describe(in_turn) << ". Saved: " << describe(saved) << "; parallel is "
             << fixed(times, 1) << " times as fast.\n";
        if (found_.certain_after && found_.count(raida::verdict::undecided) == 0)
            out_ << "Every verdict was certain after " << describe(*found_.certain_after)
                 << " (raida::when_decided waits no longer).\n";
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
    const terminal& screen_;
    std::ostream& out_;
    std::chrono::nanoseconds longest_answer_{};
};

} // namespace support

#endif // RAIDA_EXAMPLES_TEXT_REPORT_HPP
