// A transfer_record or heal_record as text, for a file: what a crash must not take along.
#ifndef RAIDA_CLIENT_JOURNAL_HPP
#define RAIDA_CLIENT_JOURNAL_HPP

#include <raida/base/detail/system_error.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/client/detail/journal_reader.hpp>
#include <raida/client/heal_record.hpp>
#include <raida/client/transfer_record.hpp>
#include <raida/wire/detail/secret_writer.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace raida::inline v1 {

/// A journal's text, full of secrets: wiped when it dies.
class journal_text
{
  public:
    journal_text() noexcept = default;
    /// These bytes.
    explicit journal_text(secret_bytes bytes) noexcept : bytes_{std::move(bytes)} {}

    /// Valid as long as this object; a move takes the memory along.
    [[nodiscard]] std::string_view text() const noexcept
    {
        return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    }

  private:
    secret_bytes bytes_;
};

namespace detail {

// What the kind of record has beside coin and servers.
template <std::size_t N>
void put_facts(secret_writer& out, const transfer_record<N>& record)
{
    using std::chrono::seconds;
    const auto until = std::chrono::floor<seconds>(record.keep_both_until).time_since_epoch().count();
    out.put(',');
    until > 0 ? out.put(until) : out.put('-');
}
template <std::size_t N>
void put_facts(secret_writer& out, const heal_record<N>& record)
{
    put_numbers(out, record.seeds);
}

// What is not known is "-", or unknown.
template <class Record>
journal_text make_journal(const Record& record)
{
    constexpr std::size_t N = std::tuple_size_v<decltype(record.servers)>;
    constexpr std::size_t frame = 192 + (8 + 33) * N, numbers = 32, line = numbers + N + 2 * N * 33;
    secret_writer out{frame + record.tokens.size() * line};
    out.put(journal_name, ',', journal_version, ',', N, '\n', journal_facts<Record>, ',');
    record.coin ? out.put(*record.coin) : out.put('-');
    out.put(',');
    if (record.servers == decltype(record.servers){})
        out.put('-');
    else
        for (const std::uint32_t server : record.servers)
            out.put_hex(server);
    put_facts(out, record);
    for (std::size_t i = 0; i < record.tokens.size(); ++i) {
        const basic_token<N>& one = record.tokens[i];
        out.put('\n', int{one.denomination.value}, ',', one.serial.value, ',');
        for (std::size_t server = 0; server < N; ++server) {
            const auto which = i < record.holdings.size() ? record.holdings[i][server] : holding::unknown;
            out.put(
                journal_holdings[(std::min)(static_cast<std::size_t>(which), journal_holdings.size() - 1)]);
        }
        put_numbers(out, one.numbers);
        if constexpr (!is_heal_record<Record>)
            put_numbers(out, record.new_numbers[i]);
    }
    out.put("\nend,", record.tokens.size(), ',', record.finished ? journal_finished : journal_open, ',');
    out.put_hex(crc32_of(out.text()));
    out.put('\n');
    return journal_text{out.take()};
}

} // namespace detail

/// The text of a record, as client::async_pown() gives one to its journal: a heading; a line with the coin,
/// the servers' fingerprints in hex, and the second until which both numbers are needed (since 1970, UTC),
/// each "-" where it is not known; one line per token with denomination, serial number, a letter per server
/// for what it holds (u unknown, o old, n new, x neither, - not asked), N old and N new authenticity numbers
/// in hex; an end line with count, state and CRC-32, so that a cut or damaged text is noticed. Holdings that
/// are missing are written as unknown.
/// Errors: no_tokens; invalid_authenticity unless there is one set of new numbers per token. Then it is
/// empty.
template <std::size_t N>
[[nodiscard]] journal_text write_journal(const transfer_record<N>& record, std::error_code& error)
{
    error = {};
    if (record.tokens.empty())
        error = errc::no_tokens;
    else if (record.new_numbers.size() != record.tokens.size())
        error = errc::invalid_authenticity;
    return error ? journal_text{} : detail::make_journal(record);
}

/// The same of a heal: its second line has coin, fingerprints and N seeds, and there are no new numbers,
/// which are made of the seeds.
template <std::size_t N>
[[nodiscard]] journal_text write_journal(const heal_record<N>& record, std::error_code& error)
{
    error = record.tokens.empty() ? make_error_code(errc::no_tokens) : std::error_code{};
    return error ? journal_text{} : detail::make_journal(record);
}

/// The same, but throws std::system_error.
template <class Record>
[[nodiscard]] journal_text write_journal(const Record& record)
{
    return detail::or_throw("write_journal",
                            [&](std::error_code& error) { return write_journal(record, error); });
}

/// Reads what write_journal() has written, now or in version 1, which had no second line.
/// Errors: if anything is wrong, `error` is set and the result is empty: truncated (the end line is missing),
/// damaged (count or checksum do not fit), wrong_server_count, malformed_line, invalid_denomination,
/// invalid_serial_number (at or over `limit`), invalid_authenticity, duplicate_token, no_tokens. It names
/// line and field, and never repeats a secret.
template <std::size_t N = server_count>
[[nodiscard]] transfer_record<N> parse_journal(std::string_view text, parse_error& error,
                                               std::uint32_t limit = serial_limit)
{
    error = {};
    return detail::journal_reader<transfer_record<N>>{error, limit}.read(text);
}

/// The journal of a heal. Errors: as above; a pown's is malformed_line, as this one's is there.
template <std::size_t N = server_count>
[[nodiscard]] heal_record<N> parse_heal_journal(std::string_view text, parse_error& error,
                                                std::uint32_t limit = serial_limit)
{
    error = {};
    return detail::journal_reader<heal_record<N>>{error, limit}.read(text);
}

/// The same, but throws std::system_error, whose text names line and field.
template <std::size_t N = server_count>
[[nodiscard]] transfer_record<N> parse_journal(std::string_view text, std::uint32_t limit = serial_limit)
{
    parse_error error;
    auto record = parse_journal<N>(text, error, limit);
    error.throw_if_set();
    return record;
}

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_JOURNAL_HPP
