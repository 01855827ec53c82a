// A picture of the votes: a row for each token, a column for each server.
#ifndef RAIDA_EXAMPLES_HEAT_MAP_HPP
#define RAIDA_EXAMPLES_HEAT_MAP_HPP

#include "svg.hpp"
#include "waterfall.hpp"

#include <raida/raida.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace support {

class heat_map
{
  public:
    heat_map(std::span<const raida::token> tokens, const raida::batch_tally<>& votes)
        : tokens_{tokens}, votes_{votes}
    {}

    // However many tokens there are, there are at most so many rows: each then stands for several.
    static constexpr std::size_t most_rows = 64;

    [[nodiscard]] std::size_t tokens_per_row() const { return (tokens_.size() + most_rows - 1) / most_rows; }

    // How to read it, in a line.
    [[nodiscard]] std::string note() const
    {
        if (const std::size_t many = tokens_per_row(); many > 1)
            return "a row is " + std::to_string(many) + " tokens, a cell their worst answer";
        return "a row is a token, a cell a server's answer";
    }

    // Draws from `top` down, and returns where it ends.
    double draw(svg& out, double top) const
    {
        legend(out, top + 8);
        out.text(12, top + 38, note(), "start", svg::small);
        for (std::size_t server = 0; server < raida::server_count; server += 4)
            out.text(left + cell * (static_cast<double>(server) + 0.5), top + 58, std::to_string(server),
                     "middle", svg::small);
        out.text(left - 8, top + 58, "token / server", "end", svg::small);
        const std::size_t per_row = std::max<std::size_t>(tokens_per_row(), 1);
        double y = top + 64;
        for (std::size_t first = 0; first < tokens_.size(); first += per_row, y += row)
            draw(out, first, std::min(first + per_row, tokens_.size()), y);
        return y + 12;
    }

  private:
    static constexpr double left = 116, cell = 9.4, row = 13;

    // The worst comes last.
    enum class said
    {
        pass,
        nothing,
        fail
    };

    [[nodiscard]] said worst(std::size_t first, std::size_t last, std::size_t server) const
    {
        said result = said::pass;
        for (std::size_t token = first; token < last; ++token) {
            const raida::vote vote = votes_.vote(token, server);
            result = std::max(result, vote == raida::vote::pass   ? said::pass
                                      : vote == raida::vote::fail ? said::fail
                                                                  : said::nothing);
        }
        return result;
    }

    // Neighbours that say the same are one rectangle.
    void draw(svg& out, std::size_t first, std::size_t last, double y) const
    {
        out.text(left - 8, y + 10, raida::to_string(tokens_[first].id()), "end", svg::small);
        for (std::size_t server = 0; server < raida::server_count;) {
            const said what = worst(first, last, server);
            std::size_t next = server + 1;
            while (next < raida::server_count && worst(first, last, next) == what)
                ++next;
            const double width = cell * static_cast<double>(next - server);
            const double inset =
                what == said::nothing ? 4 : 0; // silence is small: it is seen without colours
            out.rectangle(left + cell * static_cast<double>(server), y + inset, width - 1,
                          row - 1 - 2 * inset, colours[static_cast<std::size_t>(what)]);
            server = next;
        }
        out.text(left + cell * raida::server_count + 6, y + 10, conclusion(first, last), "start", svg::small);
    }

    [[nodiscard]] std::string conclusion(std::size_t first, std::size_t last) const
    {
        std::size_t authentic = 0, counterfeit = 0;
        for (std::size_t token = first; token < last; ++token) {
            authentic += votes_.verdict(token) == raida::verdict::authentic ? 1 : 0;
            counterfeit += votes_.verdict(token) == raida::verdict::counterfeit ? 1 : 0;
        }
        if (counterfeit != 0)
            return "counterfeit";
        return authentic == last - first ? "authentic" : "undecided";
    }

    static void legend(svg& out, double top)
    {
        static constexpr std::string_view names[] = {"pass", "no vote", "fail"};
        double x = 12;
        for (std::size_t i = 0; i < 3; ++i, x += 80) {
            const double inset = i == 1 ? 3 : 0;
            out.rectangle(x, top + inset, 10, 10 - 2 * inset, colours[i]);
            out.text(x + 14, top + 10, names[i], "start", svg::small);
        }
    }

    static constexpr std::string_view colours[] = {"blue", "grey", "orange"};

    std::span<const raida::token> tokens_;
    const raida::batch_tally<>& votes_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_HEAT_MAP_HPP
