// Is a text well-formed markup, and does it need nothing but itself?
#ifndef RAIDA_TESTS_MARKUP_CHECK_HPP
#define RAIDA_TESTS_MARKUP_CHECK_HPP

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace program_support {

// XML as our pictures and pages are written: every element is closed, attributes stand in double quotes, and
// "<", ">" and "&" in texts are escaped. Scripts and styles hold any text but "<" and "&".
class markup_check
{
  public:
    [[nodiscard]] static bool is_document(std::string_view text)
    {
        constexpr std::string_view doctype = "<!DOCTYPE html>\n";
        if (text.starts_with(doctype))
            text.remove_prefix(doctype.size());
        return markup_check{}.reads(text);
    }

    // Nothing is fetched: the only address is the name of SVG itself.
    [[nodiscard]] static bool needs_no_network(std::string text)
    {
        constexpr std::string_view name = "xmlns=\"http://www.w3.org/2000/svg\"";
        for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name))
            text.erase(at, name.size());
        constexpr std::string_view fetching[] = {"://",  "href",  "src=",      "@import",
                                                 "url(", "fetch", "@font-face"};
        return std::none_of(std::begin(fetching), std::end(fetching),
                            [&](std::string_view one) { return text.find(one) != std::string::npos; });
    }

  private:
    bool reads(std::string_view text)
    {
        bool has_root = false;
        while (!text.empty()) {
            const std::size_t open = std::min(text.find('<'), text.size());
            if (!is_text(text.substr(0, open)))
                return false;
            text.remove_prefix(open);
            if (text.empty())
                break;
            const std::size_t end = text.find('>');
            if (end == std::string_view::npos || (has_root && open_.empty()) ||
                !take_tag(text.substr(1, end - 1)))
                return false;
            has_root = true;
            text.remove_prefix(end + 1);
        }
        return has_root && open_.empty();
    }

    [[nodiscard]] bool is_text(std::string_view text) const
    {
        const bool is_code = !open_.empty() && (open_.back() == "script" || open_.back() == "style");
        if (open_.empty())
            return text.find_first_not_of("\n") == std::string_view::npos;
        if (!is_code && text.find('>') != std::string_view::npos)
            return false;
        for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
            const auto rest = text.substr(at);
            if (!rest.starts_with("&lt;") && !rest.starts_with("&gt;") && !rest.starts_with("&amp;") &&
                !rest.starts_with("&quot;"))
                return false;
        }
        return true;
    }

    // What stands between "<" and ">".
    bool take_tag(std::string_view tag)
    {
        if (tag.starts_with('/')) {
            if (open_.empty() || open_.back() != tag.substr(1))
                return false;
            open_.pop_back();
            return true;
        }
        const bool is_closed = tag.ends_with('/');
        tag.remove_suffix(is_closed ? 1 : 0);
        const std::size_t end = std::min(tag.find(' '), tag.size());
        if (end == 0 || !have_values(tag.substr(end)))
            return false;
        if (!is_closed)
            open_.emplace_back(tag.substr(0, end));
        return true;
    }

    // ` name="value"`, again and again.
    [[nodiscard]] static bool have_values(std::string_view text)
    {
        while (!text.empty()) {
            const std::size_t open = text.find("=\"");
            if (!text.starts_with(' ') || open == std::string_view::npos || open < 2 ||
                text.substr(1, open - 1).find_first_of(" \"=") != std::string_view::npos)
                return false;
            const std::size_t end = text.find('"', open + 2);
            if (end == std::string_view::npos)
                return false;
            text.remove_prefix(end + 1);
        }
        return true;
    }

    std::vector<std::string> open_;
};

} // namespace program_support

#endif // RAIDA_TESTS_MARKUP_CHECK_HPP
