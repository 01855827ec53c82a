// The health of the network as a picture and as a page.
#ifndef RAIDA_EXAMPLES_ECHO_PICTURES_HPP
#define RAIDA_EXAMPLES_ECHO_PICTURES_HPP

#include "health_report.hpp"
#include "page.hpp"
#include "svg.hpp"
#include "timeline.hpp"
#include "waterfall.hpp"

#include <cstddef>
#include <string>

namespace support {

class echo_pictures
{
  public:
    static constexpr std::size_t rounds = 300; // the latest, of which pictures are drawn

    echo_pictures(const health& seen, const timeline& when) : seen_{seen}, report_{seen}, when_{when} {}

    // To follow svg::mark. One round is drawn as a waterfall, several as round trips over time.
    [[nodiscard]] std::string svg_document() const
    {
        const bool many = seen_.rounds > 1;
        const std::string title = many ? "Round trips of 25 servers" : "One echo to each of 25 servers";
        svg out{picture_width, title, report_.summary(), 1.6};
        out.text(12, 26, title, "start", svg::title);
        out.text(12, 46,
                 std::to_string(seen_.well()) + " of 25 are well" +
                     (many ? " after " + std::to_string(seen_.rounds) + " rounds." : "."),
                 "start", svg::small);
        return out.document(many ? lanes{when_}.draw(out, 52) : waterfall{when_}.draw(out, 52));
    }

    // To follow page::mark.
    [[nodiscard]] std::string html_document() const
    {
        page out{"The health of 25 servers", report_.summary()};
        out.add_picture(svg_document());
        out.add_table("Servers", report_.headings(), report_.rows());
        return out.document();
    }

  private:
    const health& seen_;
    health_report report_;
    const timeline& when_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_ECHO_PICTURES_HPP
