// What became of a heal, for people and for programs.
#ifndef RAIDA_EXAMPLES_HEAL_REPORT_HPP
#define RAIDA_EXAMPLES_HEAL_REPORT_HPP

#include "json.hpp"
#include "table.hpp"
#include "terminal.hpp"

#include <raida/client/healing.hpp>
#include <raida/wire/token.hpp>

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace support {

class heal_report
{
  public:
    explicit heal_report(const raida::healing<>& result) : result_{result} {}

    void print(std::ostream& out, const terminal& screen) const
    {
        using enum table::align;
        table lines{{{"token", left}, {"outcome", left}, {"healed", right}, {"servers 0 to 24", left}}};
        std::size_t healed = 0, whole = 0;
        for (std::size_t token = 0; token < result_.token_count(); ++token) {
            const auto [text, how] = outcome(token);
            const std::size_t here = result_.count(token, state::healed);
            healed += here;
            whole += result_.is_whole(token) ? 1 : 0;
            lines.add({{raida::to_string(id(token))},
                       {text, how},
                       {here != 0 ? std::to_string(here) : ""},
                       {letters(token)}});
        }
        lines.print(out, screen);
        out << screen.paint("p passes, H healed, ? fixed but not confirmed, u said nothing, - no number; "
                            "failed still: a not authentic, t too few tickets, x refused, o not tried",
                            colour::dim)
            << "\n\n"
            << whole << " of " << result_.token_count() << " tokens are whole, " << healed
            << " numbers were healed.\n";
    }

    [[nodiscard]] json::value document() const
    {
        std::vector<json::value> tokens;
        for (std::size_t token = 0; token < result_.token_count(); ++token)
            tokens.push_back(json::object({{"denomination", int{id(token).denomination.value}},
                                           {"serial", id(token).serial.value},
                                           {"outcome", outcome(token).first},
                                           {"healed", result_.count(token, state::healed)},
                                           {"servers", letters(token)}}));
        return json::object({{"tokens", json::array(tokens)}, {"healed", result_.count(state::healed)}});
    }

  private:
    using state = raida::heal_state;

    // The first of these that is so anywhere.
    [[nodiscard]] std::pair<const char*, colour> outcome(std::size_t token) const
    {
        const std::pair<state, const char*> bad[] = {{state::not_authentic, "not authentic"},
                                                     {state::unconfirmed, "not confirmed: recover"},
                                                     {state::few_tickets, "too few servers vouch"},
                                                     {state::refused, "refused"},
                                                     {state::not_tried, "not tried"}};
        for (const auto& [which, text] : bad)
            if (result_.count(token, which) != 0)
                return {text, which == state::not_authentic ? colour::red : colour::yellow};
        return {result_.count(token, state::healed) != 0 ? "healed" : "healthy", colour::green};
    }

    [[nodiscard]] raida::token_id id(std::size_t token) const { return result_.record().tokens[token].id(); }

    [[nodiscard]] std::string letters(std::size_t token) const
    {
        std::string text;
        for (std::size_t server = 0; server < raida::server_count; ++server)
            text += "u-pH?atxo"[static_cast<std::size_t>(result_.at(token, server))];
        return text;
    }

    const raida::healing<>& result_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_HEAL_REPORT_HPP
