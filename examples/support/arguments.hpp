// Reads "--name value", "--name=value" and "--name" from the command line.
#ifndef RAIDA_EXAMPLES_ARGUMENTS_HPP
#define RAIDA_EXAMPLES_ARGUMENTS_HPP

#include "bad_input.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace support {

// Not a run, but a text: thrown, whatever else is on the command line.
enum class wanted_text
{
    help,
    version
};

// Ask for every option once, then for operands, then call done(): what nobody asked for is an error. All
// errors are bad_input.
class arguments
{
  public:
    // Throws wanted_text for -h, --help and --version.
    arguments(int count, const char* const* values) : left_{values + (count > 0 ? 1 : 0), values + count}
    {
        if (flag("-h") || flag("--help"))
            throw wanted_text::help;
        if (flag("--version"))
            throw wanted_text::version;
    }

    // Is the option there? It takes no value.
    [[nodiscard]] bool flag(std::string_view name) { return std::erase(left_, name) != 0; }

    // The option's value. Where it is given twice, the last one counts.
    [[nodiscard]] std::optional<std::string> value(std::string_view name)
    {
        std::optional<std::string> found;
        for (auto at = left_.begin(); at != left_.end();) {
            const bool has_value = at->starts_with(name) && at->substr(name.size()).starts_with('=');
            if (!has_value && *at != name) {
                ++at;
                continue;
            }
            if (has_value) {
                found = at->substr(name.size() + 1);
                at = left_.erase(at);
                continue;
            }
            if (at + 1 == left_.end() || (at + 1)->starts_with("--"))
                throw bad_input{std::string{name} + " needs a value (--help lists all options)"};
            found = *(at + 1);
            at = left_.erase(at, at + 2);
        }
        return found;
    }

    // The option's value, a whole number from `least` to `most`, or `otherwise` where it is not given.
    template <class Number>
    [[nodiscard]] Number number(std::string_view name, Number least, Number most, Number otherwise)
    {
        const auto text = value(name);
        if (!text)
            return otherwise;
        Number result{};
        const char* const end = text->data() + text->size();
        const auto [stopped, failure] = std::from_chars(text->data(), end, result);
        if (failure != std::errc{} || stopped != end || result < least || result > most)
            throw bad_input{std::string{name} + " takes a whole number from " + std::to_string(least) +
                            " to " + std::to_string(most) + ", not " + support::quoted(*text)};
        return result;
    }

    // As number(), of an option that needs no value: alone it means `usual`. Nothing where it is not given.
    template <class Number>
    [[nodiscard]] std::optional<Number> optional_number(std::string_view name, Number least, Number most,
                                                        Number usual)
    {
        const auto alone = std::adjacent_find(left_.begin(), left_.end(), [&](auto option, auto next) {
            return option == name && (next.empty() || next.front() < '0' || next.front() > '9');
        });
        if (alone != left_.end() || (!left_.empty() && left_.back() == name)) {
            left_.erase(alone != left_.end() ? alone : left_.end() - 1);
            return usual;
        }
        const bool is_there = std::any_of(left_.begin(), left_.end(), [&](std::string_view one) {
            return one == name || (one.starts_with(name) && one.substr(name.size()).starts_with('='));
        });
        return is_there ? std::optional{number<Number>(name, least, most, usual)} : std::nullopt;
    }

    // The next argument that is no option, if there is one.
    [[nodiscard]] std::optional<std::string> operand()
    {
        if (left_.empty() || left_.front().starts_with('-'))
            return std::nullopt;
        std::string found{left_.front()};
        left_.erase(left_.begin());
        return found;
    }

    void done() const
    {
        if (left_.empty())
            return;
        const bool is_option = left_.front().starts_with('-');
        throw bad_input{(is_option ? "unknown option " : "unexpected argument ") +
                        support::quoted(left_.front()) + " (--help lists all options)"};
    }

  private:
    std::vector<std::string_view> left_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_ARGUMENTS_HPP
