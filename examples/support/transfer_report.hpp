// What became of a pown, for people and for programs.
#ifndef RAIDA_EXAMPLES_TRANSFER_REPORT_HPP
#define RAIDA_EXAMPLES_TRANSFER_REPORT_HPP

#include "json.hpp"
#include "table.hpp"
#include "terminal.hpp"

#include <raida/raida.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace support {

// The last that each server had to say, for those that leave something open.
class last_words
{
  public:
    void operator()(const raida::request_record& record)
    {
        std::string& text = words_[record.server];
        text = record.error    ? record.error.message()
               : record.answer ? raida::describe(*record.answer)
                               : "no answer";
    }
    [[nodiscard]] const std::string& of(std::size_t server) const { return words_[server]; }

  private:
    std::array<std::string, raida::server_count> words_{};
};

class transfer_report
{
  public:
    transfer_report(const raida::transfer<>& result, const last_words& words) : result_{result}, words_{words}
    {}

    // Slots of which nobody knows whether they have the old number or the new one.
    [[nodiscard]] std::size_t open() const { return count(raida::holding::unknown); }

    void print(std::ostream& out, const terminal& screen) const
    {
        using enum table::align;
        table lines{{{"token", left},
                     {"outcome", left},
                     {"new", right},
                     {"old", right},
                     {"neither", right},
                     {"open", right},
                     {"servers 0 to 24", left}}};
        for (std::size_t token = 0; token < result_.token_count(); ++token)
            lines.add(line(token));
        lines.print(out, screen);
        out << screen.paint("n new number, o old number, x neither, ? open: old or new", colour::dim)
            << "\n\n";
        for (std::size_t server = 0; server < raida::server_count; ++server)
            if (const auto slots = open_at(server); slots != 0)
                out << "Server " << server << " leaves " << slots << (slots == 1 ? " token" : " tokens")
                    << " open: " << words_.of(server) << ".\n";
        summary(out);
    }

    [[nodiscard]] json::value document() const
    {
        std::vector<json::value> tokens, servers;
        for (std::size_t token = 0; token < result_.token_count(); ++token)
            tokens.push_back(describe_token(token));
        for (std::size_t server = 0; server < raida::server_count; ++server)
            if (const auto slots = open_at(server); slots != 0)
                servers.push_back(
                    json::object({{"server", server}, {"open", slots}, {"last_words", words_.of(server)}}));
        return json::object(
            {{"tokens", json::array(tokens)},
             {"open_servers", json::array(servers)},
             {"summary", json::object({{"tokens", result_.token_count()},
                                       {"transferred", outcomes(raida::transfer_outcome::transferred)},
                                       {"open", open()},
                                       {"keep_both_until", time(result_.keep_both_until())}})}});
    }

  private:
    using holding = raida::holding;

    [[nodiscard]] static const char* name(raida::transfer_outcome outcome)
    {
        switch (outcome) {
        case raida::transfer_outcome::transferred:
            return "transferred";
        case raida::transfer_outcome::not_transferred:
            return "not transferred";
        case raida::transfer_outcome::split:
            return "split";
        case raida::transfer_outcome::taken:
            return "taken";
        case raida::transfer_outcome::unknown:
            break;
        }
        return "unknown";
    }

    [[nodiscard]] std::vector<cell> line(std::size_t token) const
    {
        const auto outcome = result_.outcome(token);
        const auto how = outcome == raida::transfer_outcome::transferred ? colour::green
                         : outcome == raida::transfer_outcome::taken     ? colour::red
                                                                         : colour::yellow;
        return {{raida::to_string(id(token))},
                {name(outcome), how},
                {std::to_string(result_.count(token, holding::new_number))},
                {std::to_string(result_.count(token, holding::old_number))},
                {std::to_string(result_.count(token, holding::neither))},
                {std::to_string(result_.count(token, holding::unknown))},
                {letters(token)}};
    }

    [[nodiscard]] json::value describe_token(std::size_t token) const
    {
        return json::object({{"denomination", int{id(token).denomination.value}},
                             {"serial", id(token).serial.value},
                             {"outcome", name(result_.outcome(token))},
                             {"new", result_.count(token, holding::new_number)},
                             {"old", result_.count(token, holding::old_number)},
                             {"neither", result_.count(token, holding::neither)},
                             {"unknown", result_.count(token, holding::unknown)},
                             {"servers", letters(token)}});
    }

    void summary(std::ostream& out) const
    {
        const std::size_t all = result_.token_count();
        out << all << (all == 1 ? " token: " : " tokens: ") << outcomes(raida::transfer_outcome::transferred)
            << " transferred";
        for (const auto outcome : {raida::transfer_outcome::not_transferred, raida::transfer_outcome::split,
                                   raida::transfer_outcome::taken, raida::transfer_outcome::unknown})
            if (const auto some = outcomes(outcome); some != 0)
                out << ", " << some << ' ' << name(outcome);
        out << ". Open: " << open() << " of " << all * raida::server_count << " numbers.\n"
            << "Keep old and new numbers until " << time(result_.keep_both_until())
            << ": a server that crashes before it writes to disk forgets the new ones.\n";
    }

    // "2026-01-31 23:59:59 UTC"
    [[nodiscard]] static std::string time(raida::transfer<>::clock::time_point when)
    {
        const std::time_t seconds = raida::transfer<>::clock::to_time_t(when);
        std::tm parts{};
        char text[32];
        if (gmtime_r(&seconds, &parts) == nullptr)
            return "?";
        return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts)};
    }

    [[nodiscard]] raida::token_id id(std::size_t token) const { return result_.record().tokens[token].id(); }

    [[nodiscard]] std::string letters(std::size_t token) const
    {
        std::string text;
        for (std::size_t server = 0; server < raida::server_count; ++server)
            text += "?onx"[static_cast<std::size_t>(result_.at(token, server))];
        return text;
    }

    [[nodiscard]] std::size_t outcomes(raida::transfer_outcome which) const { return result_.count(which); }

    [[nodiscard]] std::size_t count(holding which) const
    {
        std::size_t sum = 0;
        for (std::size_t token = 0; token < result_.token_count(); ++token)
            sum += result_.count(token, which);
        return sum;
    }

    [[nodiscard]] std::size_t open_at(std::size_t server) const
    {
        std::size_t sum = 0;
        for (std::size_t token = 0; token < result_.token_count(); ++token)
            sum += result_.at(token, server) == holding::unknown ? 1 : 0;
        return sum;
    }

    const raida::transfer<>& result_;
    const last_words& words_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_TRANSFER_REPORT_HPP
