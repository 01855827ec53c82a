// A detection as a picture and as a page.
#ifndef RAIDA_EXAMPLES_DETECT_PICTURES_HPP
#define RAIDA_EXAMPLES_DETECT_PICTURES_HPP

#include "findings.hpp"
#include "heat_map.hpp"
#include "json_report.hpp"
#include "page.hpp"
#include "svg.hpp"
#include "table.hpp"
#include "waterfall.hpp"

#include <raida/raida.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace support {

class detect_pictures
{
  public:
    explicit detect_pictures(const findings& found) : found_{found} {}

    // To follow svg::mark.
    [[nodiscard]] std::string svg_document() const
    {
        svg out{picture_width, title(), summary() + " " + waterfall_note, 1.6};
        out.text(12, 26, title(), "start", svg::title);
        out.text(12, 46, summary(), "start", svg::small);
        double y = waterfall{found_.when, decided()}.draw(out, 56);
        out.text(12, y + 22, heat_title, "start", svg::title);
        y = heat_map{found_.tokens, found_.votes}.draw(out, y + 28);
        return out.document(y);
    }

    // To follow page::mark.
    [[nodiscard]] std::string html_document() const
    {
        page out{title(), summary()};
        svg times{picture_width, times_title, waterfall_note, 1.6};
        times.text(12, 26, times_title, "start", svg::title);
        out.add_picture(times.document(waterfall{found_.when, decided()}.draw(times, 34)));
        const heat_map votes{found_.tokens, found_.votes};
        svg heat{picture_width, heat_title, votes.note(), 1.6};
        heat.text(12, 26, heat_title, "start", svg::title);
        out.add_picture(heat.document(votes.draw(heat, 34)));
        out.add_table("Servers",
                      {"server", "address", "requests", "answer", "round trip, ms", "pass", "fail"},
                      servers());
        out.add_table("Tokens", {"token", "verdict", "pass", "fail", "unknown", "each server"}, tokens());
        return out.document();
    }

  private:
    static constexpr const char* times_title = "When each server answered";
    static constexpr const char* heat_title = "What each server said";
    static constexpr const char* waterfall_note = "A row for each server: its requests from send to answer "
                                                  "or deadline on one time axis, and the moment "
                                                  "when every token was decided.";

    [[nodiscard]] std::string title() const
    {
        return std::to_string(found_.tokens.size()) + (found_.tokens.size() == 1 ? " token" : " tokens") +
               ", 25 servers" + (found_.by == judges::real ? "" : " inside the program");
    }
    [[nodiscard]] std::string summary() const
    {
        return raida::to_string(found_.votes) + ", in " + describe(found_.elapsed) + ".";
    }

    // When the last token had its verdict. Who waits for all is not told; the 13th equal vote tells, where
    // each server was asked once.
    [[nodiscard]] std::optional<double> decided() const
    {
        const auto& votes = found_.votes;
        if (votes.count(raida::verdict::undecided) != 0)
            return std::nullopt;
        if (!found_.waited_for_all)
            return found_.when.decided;
        if (votes.chunks().size() != 1)
            return std::nullopt;
        double last = 0;
        for (std::size_t token = 0; token < found_.tokens.size(); ++token) {
            const auto wanted =
                votes.verdict(token) == raida::verdict::authentic ? raida::vote::pass : raida::vote::fail;
            std::vector<double> times;
            for (std::size_t server = 0; server < raida::server_count; ++server)
                if (const auto& of = found_.when.servers[server];
                    !of.empty() && votes.vote(token, server) == wanted)
                    times.push_back(of.back().end);
            constexpr std::size_t quorum = raida::server_count / 2 + 1;
            if (times.size() < quorum)
                return std::nullopt;
            std::sort(times.begin(), times.end());
            last = std::max(last, times[quorum - 1]);
        }
        return last;
    }

    [[nodiscard]] std::vector<std::vector<std::string>> servers() const
    {
        std::vector<std::vector<std::string>> rows;
        for (std::size_t server = 0; server < raida::server_count; ++server) {
            std::size_t pass = 0, fail = 0;
            for (std::size_t token = 0; token < found_.tokens.size(); ++token) {
                pass += found_.votes.vote(token, server) == raida::vote::pass ? 1 : 0;
                fail += found_.votes.vote(token, server) == raida::vote::fail ? 1 : 0;
            }
            const auto& of = found_.requests[server];
            const bool answered = !of.empty() && of.back().answer;
            rows.push_back({std::to_string(server), found_.address(server).value_or(""),
                            std::to_string(of.size()),
                            of.empty() ? found_.why_unasked(server)
                            : answered ? raida::describe(*of.back().answer)
                                       : of.back().error.message(),
                            answered ? fixed(milliseconds(of.back().total), 1) : "", std::to_string(pass),
                            std::to_string(fail)});
        }
        return rows;
    }

    [[nodiscard]] std::vector<std::vector<std::string>> tokens() const
    {
        const auto& votes = found_.votes;
        std::vector<std::vector<std::string>> rows;
        for (std::size_t token = 0; token < found_.tokens.size(); ++token)
            rows.push_back({raida::to_string(found_.tokens[token].id()), name_of(votes.verdict(token)),
                            std::to_string(votes.passes(token)), std::to_string(votes.fails(token)),
                            std::to_string(votes.unknowns(token)), votes.pown_string(token)});
        return rows;
    }

    const findings& found_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_DETECT_PICTURES_HPP
