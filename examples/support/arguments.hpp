// Reads "--name value", "--name=value" and "--name" from the command line.
#ifndef RAIDA_EXAMPLES_ARGUMENTS_HPP
#define RAIDA_EXAMPLES_ARGUMENTS_HPP

#include "bad_input.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace support {

// Not a run, but a text: thrown, whatever else is on the command line.
enum class wanted_text
{
    help,
    version
};

// How many letters must be changed, added or left out.
[[nodiscard]] inline std::size_t changes(std::string_view from, std::string_view to)
{
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t before = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < to.size(); ++j)
            before = std::exchange(
                row[j + 1], std::min({before + (from[i] == to[j] ? 0U : 1U), row[j] + 1, row[j + 1] + 1}));
    }
    return row.back();
}

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
    [[nodiscard]] bool flag(std::string_view name)
    {
        known_.push_back(name);
        return std::erase(left_, name) != 0;
    }

    // The option's value. Where it is given twice, the last one counts.
    [[nodiscard]] std::optional<std::string> value(std::string_view name)
    {
        known_.push_back(name);
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

    // The option's value, a whole number from `least` to `most`, or `otherwise` where it is not given. `unit`
    // is for the error: " of seconds".
    template <class Number>
    [[nodiscard]] Number number(std::string_view name, Number least, Number most, Number otherwise,
                                std::string_view unit = {})
    {
        const auto text = value(name);
        if (!text)
            return otherwise;
        Number result{};
        const char* const end = text->data() + text->size();
        const auto [stopped, failure] = std::from_chars(text->data(), end, result);
        if (failure != std::errc{} || stopped != end || result < least || result > most)
            throw bad_input{std::string{name} + " takes a whole number" + std::string{unit} + " from " +
                            std::to_string(least) + " to " + std::to_string(most) + ", not " +
                            support::quoted(*text)};
        return result;
    }

    // As number(), of an option that needs no value: alone it means `usual`. Nothing where it is not given.
    template <class Number>
    [[nodiscard]] std::optional<Number> optional_number(std::string_view name, Number least, Number most,
                                                        Number usual)
    {
        known_.push_back(name);
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
        const std::string_view wrong = left_.front();
        const std::string_view name = wrong.substr(0, wrong.find('='));
        if (std::find(known_.begin(), known_.end(), name) != known_.end())
            throw bad_input{std::string{name} +
                            (name == wrong ? " is there more than once" : " takes no value")};
        const std::string_view meant = wrong.starts_with('-') ? nearest(name) : "";
        throw bad_input{(wrong.starts_with('-') ? "unknown option " : "unexpected argument ") +
                        support::quoted(wrong) +
                        (meant.empty() ? "" : ": did you mean " + std::string{meant} + "?") +
                        " (--help lists all options)"};
    }

  private:
    // What the user may have meant: an option that differs in two letters at most, or one of the two begins
    // with the other. Empty where there is none.
    [[nodiscard]] std::string_view nearest(std::string_view wrong) const
    {
        const auto bare = [](std::string_view name) {
            return name.substr(std::min(name.find_first_not_of('-'), name.size()));
        };
        wrong = bare(wrong);
        std::size_t least = std::min<std::size_t>(3, wrong.size()); // of four letters one remains
        std::string_view found;
        for (const std::string_view name : known_) {
            const std::string_view right = bare(name);
            const bool is_part = std::min(wrong.size(), right.size()) > 2 &&
                                 (right.starts_with(wrong) || wrong.starts_with(right));
            if (const auto distance = is_part ? 0 : changes(wrong, right); distance < least) {
                least = distance;
                found = name;
            }
        }
        return found;
    }

    std::vector<std::string_view> left_, known_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_ARGUMENTS_HPP
