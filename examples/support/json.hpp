// JSON values, written as they are made.
#ifndef RAIDA_EXAMPLES_JSON_HPP
#define RAIDA_EXAMPLES_JSON_HPP

#include <charconv>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support::json {

// Any value as text. Whatever is in a string, the result is valid JSON: bytes that are not ASCII become
// U+FFFD.
class value
{
  public:
    value(std::nullptr_t) : text_{"null"} {}
    template <std::same_as<bool> Bool>
    value(Bool yes) : text_{yes ? "true" : "false"}
    {}
    template <std::integral Number>
    requires(!std::same_as<Number, bool>)
    value(Number number) : text_{std::to_string(number)}
    {}
    value(double number)
    {
        char digits[32];
        const auto end = std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed, 3);
        text_.assign(digits, end.ec == std::errc{} ? end.ptr : digits);
        if (number != number || text_.empty())
            text_ = "null";
    }
    value(const char* text) : value{std::string_view{text}} {}
    value(const std::string& text) : value{std::string_view{text}} {}
    value(std::string_view text)
    {
        text_ = '"';
        for (const char c : text)
            append(c);
        text_ += '"';
    }
    template <class Other>
    value(const std::optional<Other>& maybe) : value{maybe ? value{*maybe} : value{nullptr}}
    {}

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

  private:
    friend value object(std::initializer_list<std::pair<std::string_view, value>>);
    friend value array(const std::vector<value>&);
    struct written
    {};
    value(written, std::string text) : text_{std::move(text)} {}

    void append(char c)
    {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            (text_ += '\\') += c;
        else if (byte >= 128)
            text_ += "\\ufffd";
        else if (byte < 32)
            ((text_ += "\\u00") += "01"[byte >> 4]) += "0123456789abcdef"[byte & 15];
        else
            text_ += c;
    }

    std::string text_;
};

inline value object(std::initializer_list<std::pair<std::string_view, value>> members)
{
    std::string text;
    for (const auto& [name, held] : members)
        text += (text.empty() ? "" : ", ") + value{name}.text() + ": " + held.text();
    return {value::written{}, "{" + text + "}"};
}

// Objects stand on lines of their own.
inline value array(const std::vector<value>& elements)
{
    std::string text;
    for (const value& one : elements) {
        text += text.empty() ? "" : ",";
        text += one.text().starts_with('{') ? "\n" : text.empty() ? "" : " ";
        text += one.text();
    }
    return {value::written{}, "[" + text + "]"};
}

} // namespace support::json

#endif // RAIDA_EXAMPLES_JSON_HPP
