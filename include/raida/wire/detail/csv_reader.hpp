// Reads token files of text: a heading or none, then a token a line.
#ifndef RAIDA_WIRE_DETAIL_CSV_READER_HPP
#define RAIDA_WIRE_DETAIL_CSV_READER_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/wire/authenticity_number.hpp>
#include <raida/wire/detail/csv_columns.hpp>
#include <raida/wire/detail/token_checks.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

template <std::size_t N>
class csv_reader
{
  public:
    csv_reader(parse_error& error, std::uint32_t limit,
               std::optional<denomination> legacy_denomination = {}) noexcept
        : error_{error}, checks_{error, limit, places::lines}, legacy_denomination_{legacy_denomination}
    {}

    std::vector<basic_token<N>> read(std::string_view text)
    {
        if (is_utf16(text))
            checks_.refuse(errc::unsupported_format, 0, "UTF-16 (save it as UTF-8)");
        constexpr std::size_t shortest = 3 + 33 * N; // of a line: memory is asked for once
        tokens_.reserve(text.size() / shortest + 1);
        checks_.reserve(text.size() / shortest + 1);
        text_lines lines{text};
        for (std::string_view line; !error_ && lines.next(line);)
            if (!line.empty() && line.front() != '#')
                read_line(line, lines.number());
        if (!error_ && ambiguous_ && !tokens_.empty())
            refuse_ambiguous(0);
        if (!error_)
            checks_.finish();
        if (error_)
            tokens_.clear();
        return std::move(tokens_);
    }

    /// What was read are rows of the old network.
    [[nodiscard]] bool legacy() const noexcept { return columns_.legacy(); }

  private:
    using columns = csv_columns<N>;

    void read_line(std::string_view line, std::size_t number)
    {
        if (!std::exchange(started_, true)) {
            separator_ = separator_of(line);
            if (is_heading(line))
                return read_heading(line, number);
            columns_ = columns{is_legacy(line)};
            ambiguous_ = !columns_.legacy();
        }
        read_row(line, number);
    }

    // Names of columns: no token has letters for its first two numbers.
    bool is_heading(std::string_view line) const noexcept
    {
        const auto first = take_field(separator_, line), second = take_field(separator_, line);
        return !first.empty() && !second.empty() && is_letter(first.front()) && is_letter(second.front());
    }

    void read_heading(std::string_view line, std::size_t number)
    {
        if (const auto wrong = columns_.read_heading(separator_, line); wrong != 0)
            checks_.refuse(errc::malformed_line, number, "heading, column " + std::to_string(wrong));
    }

    // Serial number, value and network before the authenticity numbers.
    bool is_legacy(std::string_view line) const noexcept
    {
        std::size_t fields = 0;
        bool third_is_number = false;
        for (; !line.empty(); ++fields) {
            const auto field = take_field(separator_, line);
            third_is_number = third_is_number || (fields == 2 && parse_number<std::uint8_t>(field));
        }
        return third_is_number && (fields == N + 3 || fields == N + 4); // it may end with a separator
    }

    void read_row(std::string_view line, std::size_t number)
    {
        basic_token<N>& token = tokens_.emplace_back();
        std::optional<std::uint32_t> serial, network;
        std::optional<std::int32_t> worth;
        std::size_t bad = N; // the first server whose number is none
        for (std::size_t i = 0; i < columns_.count(); ++i) {
            const std::size_t what = columns_[i];
            if (what >= N) {
                const auto field = take_field(separator_, line);
                what == columns::denomination
                    ? void(worth = parse_number<std::int32_t>(field))
                    : void((what == columns::serial ? serial : network) = parse_number<std::uint32_t>(field));
            } else if (!read_number(line, token.numbers[what]) && bad == N)
                bad = what;
        }
        const bool named = columns_.legacy() ? name_legacy(token, worth, serial, network, number)
                                             : name(token, worth, serial, number);
        if (named && bad != N)
            checks_.refuse_number(number, bad);
        else if (named && !line.empty())
            checks_.refuse(errc::malformed_line, number, "after the last authenticity number");
    }

    // Most fields are 32 digits right before a separator.
    bool read_number(std::string_view& line, authenticity_number& into) const noexcept
    {
        constexpr std::size_t digits = 2 * authenticity_number::size;
        if (line.size() == digits || (line.size() > digits && line[digits] == separator_))
            if (auto secret = authenticity_number::from_hex(line.substr(0, digits))) {
                line.remove_prefix((std::min)(line.size(), digits + 1));
                into = *std::move(secret);
                return true;
            }
        auto secret = authenticity_number::from_hex(take_field(separator_, line));
        if (!secret)
            return false;
        into = *std::move(secret);
        return true;
    }

    bool name(basic_token<N>& token, std::optional<std::int32_t> power, std::optional<std::uint32_t> serial,
              std::size_t number)
    {
        const bool fits = power && *power >= INT8_MIN && *power <= INT8_MAX;
        const denomination worth{fits ? static_cast<std::int8_t>(*power) : std::int8_t{INT8_MAX}};
        ambiguous_ = ambiguous_ && serial == 1U && power && *power >= 0;
        if (ambiguous_ && !worth.is_valid())
            return refuse_ambiguous(number);
        if (!checks_.take(worth.value, serial, number))
            return false;
        token.denomination = worth;
        token.serial.value = *serial;
        return true;
    }

    bool name_legacy(basic_token<N>& token, std::optional<std::int32_t> value,
                     std::optional<std::uint32_t> serial, std::optional<std::uint32_t> network,
                     std::size_t number)
    {
        if (!network || *network == 0 || *network > UINT8_MAX)
            return checks_.refuse(errc::malformed_line, number, "network");
        const bool has_value = columns_.has(columns::denomination);
        if (has_value && (!value || !serial || static_cast<std::uint32_t>(*value) != legacy_value(*serial)))
            return checks_.refuse(errc::invalid_denomination, number, "value");
        if (!checks_.take_legacy(legacy_denomination_, serial, number))
            return false;
        token.denomination = legacy_denomination_.value_or(denomination{});
        token.serial.value = *serial;
        return true;
    }

    // Without a heading "5,1,..." may be token 5:1, or number 5 of the old network, whose number is 1.
    bool refuse_ambiguous(std::size_t place)
    {
        return checks_.refuse(errc::unsupported_format, place,
                              "rows of a token with serial number 1, or of the old network (put a heading in "
                              "front: denomination,serial number,an0,... or sn,nn,an1,...)");
    }

    parse_error& error_;
    token_checks checks_;
    std::optional<denomination> legacy_denomination_;
    csv_columns<N> columns_;
    char separator_ = ',';
    bool started_ = false;   // a line that says anything was seen
    bool ambiguous_ = false; // so far every row could be one of the old network
    std::vector<basic_token<N>> tokens_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_WIRE_DETAIL_CSV_READER_HPP
