// Reads JSON of shapes that are known beforehand: nothing is built, nothing is allocated.
#ifndef RAIDA_WIRE_DETAIL_JSON_READER_HPP
#define RAIDA_WIRE_DETAIL_JSON_READER_HPP

#include <raida/base/detail/text.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

namespace raida::inline v1::detail {

/// Walks through a text from front to back. Whoever asks knows what must come next; false means that
/// something else does, and there is no going on. Escapes in strings are left as they are: no number has any.
class json_reader
{
  public:
    explicit json_reader(std::string_view text) noexcept : rest_{without_byte_order_mark(text)} {}

    /// An object: `member(key)` must read the value.
    template <class Member>
    bool object(Member member)
    {
        return list('{', '}', [&] {
            const auto key = string();
            return key && take(':') && member(*key);
        });
    }

    /// An array: `element()` must read a value.
    template <class Element>
    bool array(Element element)
    {
        return list('[', ']', element);
    }

    /// What is inside of a string, or a number, true, false or null as they stand there.
    std::optional<std::string_view> scalar() noexcept
    {
        if (peek() == '"')
            return string();
        const auto is_inside = [](char c) {
            return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
        };
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_inside);
        return cut(static_cast<std::size_t>(end - rest_.begin()));
    }

    /// Any value, but none that is nested deeper than this.
    bool skip(std::size_t depth = 16)
    {
        switch (peek()) {
        case '{':
            return depth != 0 && object([&](std::string_view) { return skip(depth - 1); });
        case '[':
            return depth != 0 && array([&] { return skip(depth - 1); });
        default:
            return scalar().has_value();
        }
    }

    /// The character that comes next, or 0 at the end.
    char peek() noexcept
    {
        for (; !rest_.empty(); rest_.remove_prefix(1)) {
            const char c = rest_.front();
            if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
                return c;
            line_ += c == '\n' ? 1U : 0U;
        }
        return 0;
    }

    /// Where it stands, counted from 1.
    [[nodiscard]] std::size_t line() const noexcept { return line_; }

  private:
    template <class Item>
    bool list(char open, char close, Item item)
    {
        if (!take(open))
            return false;
        if (take(close))
            return true;
        do
            if (!item())
                return false;
        while (take(','));
        return take(close);
    }

    bool take(char c) noexcept
    {
        if (peek() != c || rest_.empty())
            return false;
        rest_.remove_prefix(1);
        return true;
    }

    std::optional<std::string_view> string() noexcept
    {
        if (!take('"'))
            return std::nullopt;
        for (std::size_t at = 0; at < rest_.size() && static_cast<unsigned char>(rest_[at]) >= ' '; ++at) {
            if (rest_[at] == '"') {
                const auto inside = rest_.substr(0, at);
                rest_.remove_prefix(at + 1);
                return inside;
            }
            at += rest_[at] == '\\' ? 1U : 0U;
        }
        return std::nullopt;
    }

    std::optional<std::string_view> cut(std::size_t size) noexcept
    {
        const auto taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return size != 0 ? std::optional{taken} : std::nullopt;
    }

    std::string_view rest_;
    std::size_t line_ = 1;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_JSON_READER_HPP
