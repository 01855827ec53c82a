// Is a text one JSON document?
#ifndef RAIDA_TESTS_JSON_CHECK_HPP
#define RAIDA_TESTS_JSON_CHECK_HPP

#include <cstddef>
#include <string_view>

namespace program_support {

class json_check
{
  public:
    [[nodiscard]] static bool is_document(std::string_view text)
    {
        json_check check{text};
        return check.value() && check.peek() == '\0' && check.text_.empty();
    }

  private:
    explicit json_check(std::string_view text) : text_{text} {}

    char peek()
    {
        const std::size_t blanks = text_.find_first_not_of(" \t\r\n");
        text_.remove_prefix(blanks == std::string_view::npos ? text_.size() : blanks);
        return text_.empty() ? '\0' : text_.front();
    }

    bool take(std::string_view expected)
    {
        peek();
        const bool there = text_.starts_with(expected);
        text_.remove_prefix(there ? expected.size() : 0);
        return there;
    }

    bool value()
    {
        switch (peek()) {
        case '{':
            return list("{", "}", [this] { return string() && take(":") && value(); });
        case '[':
            return list("[", "]", [this] { return value(); });
        case '"':
            return string();
        default:
            return take("true") || take("false") || take("null") || number();
        }
    }

    template <class Element>
    bool list(std::string_view open, std::string_view close, Element element)
    {
        if (!take(open))
            return false;
        if (take(close))
            return true;
        do {
            if (!element())
                return false;
        } while (take(","));
        return take(close);
    }

    bool string()
    {
        if (!take("\""))
            return false;
        for (; !text_.empty() && text_.front() != '"'; text_.remove_prefix(1)) {
            if (static_cast<unsigned char>(text_.front()) < 32)
                return false;
            if (text_.front() == '\\')
                text_.remove_prefix(1);
            if (text_.empty())
                return false;
        }
        return take("\"");
    }

    bool digits()
    {
        const std::size_t end = text_.find_first_not_of("0123456789");
        const std::size_t count = end == std::string_view::npos ? text_.size() : end;
        text_.remove_prefix(count);
        return count != 0;
    }

    bool number()
    {
        if (text_.starts_with('-'))
            text_.remove_prefix(1);
        if (!digits())
            return false;
        if (!text_.starts_with('.'))
            return true;
        text_.remove_prefix(1);
        return digits();
    }

    std::string_view text_;
};

} // namespace program_support

#endif // RAIDA_TESTS_JSON_CHECK_HPP
