// Reads a journal's text. Errors name places, never contents.
#ifndef RAIDA_CLIENT_DETAIL_JOURNAL_READER_HPP
#define RAIDA_CLIENT_DETAIL_JOURNAL_READER_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/detail/text.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/client/heal_record.hpp>
#include <raida/client/transfer_record.hpp>
#include <raida/wire/challenge.hpp>
#include <raida/wire/detail/token_checks.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace raida::inline v1::detail {

// Letters stand for holdings in the order of their enumerators.
inline constexpr std::string_view journal_name = "raida-journal", journal_version = "2",
                                  journal_without_facts = "1", journal_holdings = "uonx-",
                                  journal_open = "open", journal_finished = "finished";

template <class Record>
inline constexpr bool is_heal_record = false;
template <std::size_t N>
inline constexpr bool is_heal_record<heal_record<N>> = true;

/// What the second line begins with.
template <class Record>
inline constexpr std::string_view journal_facts = is_heal_record<Record> ? "heal" : "transfer";

/// Of the text as it was written, with "\n" at the end of a line: copies as text may have made it "\r\n".
inline std::uint32_t crc32_of(std::string_view text) noexcept
{
    for (std::uint32_t crc = 0;;) {
        const std::size_t end = text.find("\r\n");
        const std::string_view part = text.substr(0, end);
        crc = crc32({reinterpret_cast<const std::uint8_t*>(part.data()), part.size()}, crc);
        if (end == std::string_view::npos)
            return crc;
        text.remove_prefix(end + 1);
    }
}

template <class Record>
class journal_reader
{
    static constexpr std::size_t N = std::tuple_size_v<decltype(Record::servers)>;

  public:
    journal_reader(parse_error& error, std::uint32_t limit) noexcept
        : error_{error}, checks_{error, limit, places::lines}
    {}

    Record read(std::string_view text)
    {
        text = without_blank_end(without_byte_order_mark(text));
        std::string_view rest = text;
        const bool has_facts = read_heading(rest);
        const std::size_t last = text.find_last_of('\n', text.size() - 2) + 1;
        if (!error_ && (!text.ends_with('\n') || !text.substr(last).starts_with("end,"))) {
            line_ = 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
            refuse(errc::truncated);
        }
        if (!error_ && has_facts)
            read_facts(next_line(rest));
        while (!error_ && rest.size() > text.size() - last)
            read_token(next_line(rest));
        if (!error_)
            read_end(next_line(rest), text);
        if (!error_)
            checks_.finish();
        if (error_)
            record_ = {};
        return std::move(record_);
    }

  private:
    // Editors add lines. What was cut off within its last line stays as it is.
    static std::string_view without_blank_end(std::string_view text) noexcept
    {
        const std::size_t last = text.find_last_not_of(" \t\r\n");
        const std::size_t line_end = last == std::string_view::npos ? last : text.find('\n', last);
        return line_end == std::string_view::npos ? text : text.substr(0, line_end + 1);
    }

    std::string_view next_line(std::string_view& text)
    {
        ++line_;
        return take_until('\n', text);
    }

    // True if a line with facts follows.
    bool read_heading(std::string_view& text)
    {
        const bool is_cut =
            is_cut_heading(text, journal_version) || is_cut_heading(text, journal_without_facts);
        std::string_view line = next_line(text);
        const std::string_view name = take_until(',', line), version = take_until(',', line);
        if (is_cut)
            refuse(errc::truncated);
        else if (name != journal_name)
            refuse(errc::malformed_line, "the name of the format");
        else if (version != journal_version && version != journal_without_facts)
            refuse(errc::malformed_line, "the version of the format");
        else if (line != std::to_string(N))
            refuse(errc::wrong_server_count, "number of servers");
        else if (is_heal_record<Record> && version == journal_without_facts)
            refuse(errc::malformed_line, "the line about the heal");
        return version == journal_version;
    }

    static bool is_cut_heading(std::string_view text, std::string_view version)
    {
        const std::string whole =
            std::string{journal_name} + ',' + std::string{version} + ',' + std::to_string(N) + '\n';
        return text.size() < whole.size() && whole.starts_with(text);
    }

    void read_facts(std::string_view line)
    {
        if (take_until(',', line) != journal_facts<Record>)
            return refuse(errc::malformed_line, "the line about the " + std::string{journal_facts<Record>});
        if (const auto coin = take_until(',', line); coin != "-") {
            record_.coin = parse_number<std::uint16_t>(coin);
            if (!record_.coin)
                return refuse(errc::malformed_line, "coin");
        }
        if (const auto servers = take_until(',', line); servers != "-") {
            std::array<std::uint8_t, 4 * N> bytes{};
            if (!from_hex(servers, bytes))
                return refuse(errc::malformed_line, "fingerprints of the servers");
            for (std::size_t i = 0; i < N; ++i)
                record_.servers[i] = load_big<4>(bytes.data() + 4 * i);
        }
        if constexpr (is_heal_record<Record>) {
            read_numbers(line, record_.seeds, "seed ");
            refuse_rest(line);
        } else if (line != "-") {
            read_until(line);
        }
    }

    void read_until(std::string_view text)
    {
        using moment = std::chrono::system_clock::time_point;
        const auto until = parse_number<std::int64_t>(text);
        const auto last = std::chrono::floor<std::chrono::seconds>((moment::max)()).time_since_epoch();
        if (!until || *until <= 0 || *until > last.count())
            return refuse(errc::malformed_line, "until when both numbers are needed");
        record_.keep_both_until = moment{std::chrono::seconds{*until}};
    }

    void read_token(std::string_view line)
    {
        basic_token<N>& token = record_.tokens.emplace_back();
        const auto power = parse_number<std::int8_t>(take_until(',', line));
        const auto serial = parse_number<std::uint32_t>(take_until(',', line));
        if (!checks_.take(power, serial, line_))
            return;
        token.denomination.value = *power;
        token.serial.value = *serial;
        const std::string_view letters = take_until(',', line);
        if (letters.size() != N || letters.find_first_not_of(journal_holdings) != std::string_view::npos)
            return refuse(errc::malformed_line, "what the servers hold");
        auto& holdings = record_.holdings.emplace_back();
        std::transform(letters.begin(), letters.end(), holdings.begin(),
                       [](char c) { return static_cast<holding>(journal_holdings.find(c)); });
        read_numbers(line, token.numbers);
        if constexpr (!is_heal_record<Record>)
            read_numbers(line, record_.new_numbers.emplace_back(), "new ");
        refuse_rest(line);
    }

    void refuse_rest(std::string_view line)
    {
        if (!error_ && !line.empty())
            refuse(errc::malformed_line, "after the last authenticity number");
    }

    void read_numbers(std::string_view& line, authenticity_numbers<N>& into, const char* which = "")
    {
        for (std::size_t server = 0; server < N && !error_; ++server) {
            auto secret = authenticity_number::from_hex(take_until(',', line));
            if (!secret)
                return void(checks_.refuse_number(line_, server, which));
            into[server] = *std::move(secret);
        }
    }

    void read_end(std::string_view line, std::string_view text)
    {
        take_until(',', line);
        if (parse_number<std::size_t>(take_until(',', line)) != record_.tokens.size())
            return refuse(errc::damaged, "number of tokens");
        const std::string_view state = take_until(',', line);
        if (state != journal_open && state != journal_finished)
            return refuse(errc::malformed_line, "state");
        record_.finished = state == journal_finished;
        std::array<std::uint8_t, 4> checksum{};
        if (!from_hex(line, checksum))
            return refuse(errc::malformed_line, "checksum");
        const auto covered = static_cast<std::size_t>(line.data() - text.data());
        if (load_big<4>(checksum.data()) != crc32_of(text.substr(0, covered)))
            return refuse(errc::damaged, "checksum");
        if (record_.tokens.empty())
            refuse(errc::no_tokens);
    }

    void refuse(errc code, std::string field = {}) { checks_.refuse(code, line_, std::move(field)); }

    parse_error& error_;
    token_checks checks_;
    std::size_t line_ = 0;
    Record record_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_JOURNAL_READER_HPP
