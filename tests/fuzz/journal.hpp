// Any text may be given as a journal.
#ifndef RAIDA_TESTS_FUZZ_JOURNAL_HPP
#define RAIDA_TESTS_FUZZ_JOURNAL_HPP

#include "check.hpp"
#include "token_csv.hpp"

#include <raida/client/journal.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fuzz {

// With an end line that fits, so that more than the checksum is looked at.
inline std::string with_end(std::string_view text)
{
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    const std::size_t heading = text.starts_with("raida-journal,2") ? 2 : 1;
    std::string whole{text};
    whole += "end," + std::to_string(lines - std::min(lines, heading)) + ",open,";
    const std::uint32_t crc =
        raida::crc32({reinterpret_cast<const std::uint8_t*>(whole.data()), whole.size()});
    for (int shift = 28; shift >= 0; shift -= 4)
        whole += "0123456789abcdef"[(crc >> shift) & 15U];
    return whole + "\n";
}

inline bool is_journal(std::string_view text)
{
    raida::parse_error error;
    const auto record = raida::parse_journal<2>(text, error);
    check(record.tokens.empty() == static_cast<bool>(error), "there are tokens or there is an error");
    check(record.new_numbers.size() == record.tokens.size() && record.holdings.size() == record.tokens.size(),
          "every token has all that belongs to it");
    if (error) {
        const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
        check(error.line <= lines, "an error is in a line that exists");
        check(longest_hex(error.message()) < 8, "an error tells no secret");
        return false;
    }
    const auto again = raida::parse_journal<2>(raida::write_journal(record).text(), error);
    const auto same = [](const auto& left, const auto& right) {
        return left.id() == right.id() && left.numbers == right.numbers;
    };
    check(std::equal(record.tokens.begin(), record.tokens.end(), again.tokens.begin(), again.tokens.end(),
                     same) &&
              record.new_numbers == again.new_numbers && record.holdings == again.holdings &&
              record.finished == again.finished,
          "what is read can be written");
    return true;
}

inline bool is_heal_journal(std::string_view text)
{
    raida::parse_error error;
    const auto record = raida::parse_heal_journal<2>(text, error);
    check(record.tokens.empty() == static_cast<bool>(error), "there are tokens or there is an error");
    check(record.holdings.size() == record.tokens.size(), "every token has all that belongs to it");
    if (error) {
        check(longest_hex(error.message()) < 8, "an error tells no secret");
        return false;
    }
    const auto again = raida::parse_heal_journal<2>(raida::write_journal(record).text(), error);
    check(!error && record.seeds == again.seeds && record.holdings == again.holdings &&
              record.finished == again.finished && record.tokens.size() == again.tokens.size(),
          "what is read can be written");
    return true;
}

/// Read as a journal of two servers, a pown's and a heal's, as it is and with an end line that fits. True if
/// it is one as it is.
inline bool journal(raida::bytes_view input)
{
    const std::string_view text{reinterpret_cast<const char*>(input.data()), input.size()};
    const auto ended = with_end(text.substr(0, text.rfind("end,")));
    is_journal(ended);
    is_heal_journal(ended);
    return is_journal(text) || is_heal_journal(text);
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_JOURNAL_HPP
