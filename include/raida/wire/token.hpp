// Tokens: a denomination, a serial number, and one secret authenticity number per server.
#ifndef RAIDA_WIRE_TOKEN_HPP
#define RAIDA_WIRE_TOKEN_HPP

#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/base/version.hpp>
#include <raida/wire/authenticity_number.hpp>
#include <raida/wire/packet.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace raida::inline v1 {

/// What a token is worth, as a power of ten. Others than -8..6 alias another record on real servers.
struct denomination
{
    std::int8_t value{};

    [[nodiscard]] constexpr bool is_valid() const noexcept { return value >= -8 && value <= 6; }
    friend constexpr auto operator<=>(const denomination&, const denomination&) = default;
};

/// Serial numbers at or over this alias another record on real servers (measured).
inline constexpr std::uint32_t serial_limit = 1'024'000;

struct serial_number
{
    std::uint32_t value{};

    [[nodiscard]] constexpr bool is_valid(std::uint32_t limit = serial_limit) const noexcept
    {
        return value < limit;
    }
    friend constexpr auto operator<=>(const serial_number&, const serial_number&) = default;
};

/// What names a token: no secrets.
struct token_id
{
    raida::denomination denomination{};
    raida::serial_number serial{};

    /// The inverse of to_string(); nothing for other text and for numbers that do not fit their fields.
    /// Whether the numbers are in range is the caller's to check.
    [[nodiscard]] static std::optional<token_id> parse(std::string_view text) noexcept
    {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos)
            return std::nullopt;
        const auto power = detail::parse_number<std::int8_t>(text.substr(0, colon));
        const auto number = detail::parse_number<std::uint32_t>(text.substr(colon + 1));
        if (!power || !number)
            return std::nullopt;
        return token_id{{*power}, {*number}};
    }

    /// Both as one number, the same for the same token and in the same order.
    [[nodiscard]] constexpr std::uint64_t key() const noexcept
    {
        return static_cast<std::uint64_t>(denomination.value + 128) << 32 | serial.value;
    }

    friend constexpr auto operator<=>(const token_id&, const token_id&) = default;
};

/// "denomination:serial", such as "0:12345" or "-2:77".
[[nodiscard]] inline std::string to_string(token_id id)
{
    return std::to_string(id.denomination.value) + ':' + std::to_string(id.serial.value);
}

template <class Traits>
std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out, token_id id)
{
    return out << int{id.denomination.value} << ':' << id.serial.value;
}

/// A token as its owner holds it: `numbers[i]` is what server i knows it by.
template <std::size_t N = server_count>
struct basic_token
{
    raida::denomination denomination{};
    raida::serial_number serial{};
    authenticity_numbers<N> numbers{};

    [[nodiscard]] constexpr token_id id() const noexcept { return {denomination, serial}; }

    /// Prints the token's name, never its secrets.
    template <class Traits>
    friend std::basic_ostream<char, Traits>& operator<<(std::basic_ostream<char, Traits>& out,
                                                        const basic_token& token)
    {
        return out << token.id();
    }
};

// In a namespace of its own, so that parameters named `token`, as Asio calls them too, shadow nothing.
inline namespace aliases {
using token = basic_token<>;
} // namespace aliases

namespace detail {

/// Reads denomination and serial number from the front of a line. Returns the field that is wrong and sets
/// `error`, or null.
inline const char* read_token_id(std::string_view& line, std::uint32_t limit, token_id& into,
                                 errc& error) noexcept
{
    const auto power = parse_number<std::int8_t>(take_until(',', line));
    if (!power || !denomination{*power}.is_valid()) {
        error = errc::invalid_denomination;
        return "denomination";
    }
    const auto number = parse_number<std::uint32_t>(take_until(',', line));
    if (!number || !serial_number{*number}.is_valid(limit)) {
        error = errc::invalid_serial_number;
        return "serial number";
    }
    into = {{*power}, {*number}};
    return nullptr;
}

/// Keys of tokens, each with its line: the first line that repeats an earlier one, 0 if there is none.
inline std::size_t first_repeated_line(std::vector<std::pair<std::uint64_t, std::size_t>> lines)
{
    std::sort(lines.begin(), lines.end());
    std::size_t first = 0;
    for (std::size_t i = 1; i < lines.size(); ++i)
        if (lines[i].first == lines[i - 1].first && (first == 0 || lines[i].second < first))
            first = lines[i].second;
    return first;
}

// Reads denomination, serial number and N authenticity numbers per line. Errors name places, never contents.
template <std::size_t N>
class token_reader
{
  public:
    token_reader(parse_error& error, std::uint32_t limit) noexcept : error_{error}, limit_{limit} {}

    std::vector<basic_token<N>> read(std::string_view text)
    {
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF"; // spreadsheets write it
        if (text.starts_with(byte_order_mark))
            text.remove_prefix(byte_order_mark.size());
        while (!text.empty() && !error_) {
            ++line_;
            read_line(take_until('\n', text));
        }
        if (!error_)
            refuse_duplicates();
        if (!error_ && tokens_.empty())
            error_.code = errc::no_tokens;
        if (error_)
            tokens_.clear();
        return std::move(tokens_);
    }

  private:
    void read_line(std::string_view line)
    {
        if (line.empty() || line.front() == '#')
            return;
        if (!std::exchange(started_, true) && is_heading(line))
            return;
        basic_token<N>& token = tokens_.emplace_back();
        token_id id;
        errc wrong{};
        if (const char* const field = read_token_id(line, limit_, id, wrong))
            return refuse(wrong, field);
        token.denomination = id.denomination;
        token.serial = id.serial;
        lines_.emplace_back(id.key(), line_);
        for (std::size_t server = 0; server < N; ++server) {
            auto secret = authenticity_number::from_hex(take_until(',', line));
            if (!secret)
                return refuse(errc::invalid_authenticity,
                              "authenticity number of server " + std::to_string(server));
            token.numbers[server] = *std::move(secret);
        }
        if (!line.empty())
            refuse(errc::malformed_line, "after the last authenticity number");
    }

    // Names of columns: no token has letters for its first two numbers.
    static bool is_heading(std::string_view line) noexcept
    {
        const std::string_view first = take_until(',', line), second = take_until(',', line);
        return !first.empty() && !second.empty() && is_letter(first.front()) && is_letter(second.front());
    }

    void refuse_duplicates()
    {
        if (const auto first = first_repeated_line(std::move(lines_)); first != 0)
            error_ = {make_error_code(errc::duplicate_token), first, {}};
    }

    void refuse(errc code, std::string field) { error_ = {make_error_code(code), line_, std::move(field)}; }

    parse_error& error_;
    std::uint32_t limit_;
    std::size_t line_ = 0;
    bool started_ = false; // a line that says anything was seen
    std::vector<basic_token<N>> tokens_;
    std::vector<std::pair<std::uint64_t, std::size_t>> lines_; // each token's key and line
};

} // namespace detail

/// Reads a token file: CSV, one token a line: denomination, serial number, then N authenticity numbers as 32
/// hexadecimal digits each, server 0 first. Blank lines, lines that start with '#', CRLF and a first line
/// with the names of the columns are fine.
/// Errors: if anything is wrong, `error` is set and the result is empty: invalid_denomination,
/// invalid_serial_number (at or over `limit`), invalid_authenticity (missing, or not 32 digits),
/// malformed_line (more fields than that), duplicate_token, no_tokens. It names line and field, and never
/// repeats a secret.
template <std::size_t N = server_count>
[[nodiscard]] std::vector<basic_token<N>> parse_tokens(std::string_view text, parse_error& error,
                                                       std::uint32_t limit = serial_limit)
{
    error = {};
    return detail::token_reader<N>{error, limit}.read(text);
}

/// The same, but throws std::system_error, whose text names line and field.
template <std::size_t N = server_count>
[[nodiscard]] std::vector<basic_token<N>> parse_tokens(std::string_view text,
                                                       std::uint32_t limit = serial_limit)
{
    parse_error error;
    auto tokens = parse_tokens<N>(text, error, limit);
    error.throw_if_set();
    return tokens;
}

} // namespace raida::inline v1

#endif // RAIDA_WIRE_TOKEN_HPP
