// The journal of a pown or a heal in a file: what finds every token again after a crash. POSIX; not part of
// client.hpp.
#ifndef RAIDA_CLIENT_JOURNAL_FILE_HPP
#define RAIDA_CLIENT_JOURNAL_FILE_HPP

#include <raida/base/errc.hpp>
#include <raida/base/parse_error.hpp>
#include <raida/client/detail/durable_file.hpp>
#include <raida/client/heal_record.hpp>
#include <raida/client/journal.hpp>
#include <raida/client/transfer_record.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace raida::inline v1 {

/// A file that is on the disk when write() returns, readable by its owner alone, in use by one process at a
/// time, and never overwritten but by what continues it.
///
///     raida::journal_file journal;
///     std::error_code error = journal.open("tokens.journal");
///     if (!error)
///         error = journal.begin(); // or: record = journal.read(...), for async_recover()
///     client.async_pown(tokens, {.journal = [&](const auto& record) { return journal.write(record); }},
///     done);
///
/// write() waits for the disk. A program whose loop must not hands record and raida::journal_done to a
/// thread of its own, which writes there and posts `done` to the client's executor.
///
/// Object lifetimes: must outlive the calls that write to it. Thread safety: distinct objects safe, shared
/// objects unsafe. Throws nothing but std::bad_alloc.
///
/// `Record`: transfer_record<N>, or heal_record<N>.
template <std::size_t N = server_count, class Record = transfer_record<N>>
class basic_journal_file
{
  public:
    /// Locks `path` + ".lock" until this object dies. Does not touch the file itself.
    /// Errors: errc::journal_in_use, if another process or object has it; std::errc::file_exists, if the name
    /// of the lock is taken by another file; the system's.
    [[nodiscard]] std::error_code open(std::string path)
    {
        detail::file_lock made;
        const auto error = made.take(path + ".lock");
        if (error == std::errc::operation_would_block)
            return errc::journal_in_use;
        if (error)
            return error;
        lock_ = std::move(made);
        path_ = std::move(path);
        moved_to_.clear();
        move_aside_ = false;
        return {};
    }

    /// As given to open().
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// What the file holds. Errors: the system's, with line 0; those of parse_journal().
    [[nodiscard]] Record read(parse_error& error, std::uint32_t limit = serial_limit) const
    {
        error = {};
        const auto bytes = detail::read_all(path_, error.code);
        if (error)
            return {};
        return detail::journal_reader<Record>{error, limit}.read(
            {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }

    /// What comes next is another transfer. An earlier one that is over is moved aside by the first write(),
    /// since its numbers may be needed still.
    /// Errors: errc::journal_unfinished, if the earlier one is not over: recover it first; those of read().
    [[nodiscard]] parse_error begin(std::uint32_t limit = serial_limit)
    {
        parse_error error;
        if (!detail::exists(path_))
            return error;
        earlier_ = read(error, limit);
        if (!error && (!earlier_.finished || is_any_unknown(earlier_)))
            error = {make_error_code(errc::journal_unfinished), 0, {}};
        move_aside_ = !error;
        return error;
    }

    /// After begin(): does the earlier transfer concern one of these tokens, and are its numbers needed
    /// still? Then another transfer would put the tokens at risk: a server may yet forget the first.
    [[nodiscard]] bool is_needed_for(std::span<const basic_token<N>> tokens,
                                     std::chrono::system_clock::time_point now) const
    {
        return earlier_.keep_both_until > now &&
               std::any_of(tokens.begin(), tokens.end(), [&](const basic_token<N>& one) {
                   return std::any_of(earlier_.tokens.begin(), earlier_.tokens.end(),
                                      [&](const basic_token<N>& other) { return one.id() == other.id(); });
               });
    }

    /// On the disk when it returns without an error. Errors: those of write_journal(); the system's. Then the
    /// file is as it was, but for an error of the folder, when it is new.
    [[nodiscard]] std::error_code write(const Record& record)
    {
        std::error_code error;
        const auto text = write_journal(record, error);
        if (!error && move_aside_)
            error = move_aside();
        if (!error)
            error = detail::write_durably(path_, text.text());
        return error;
    }

    /// Where the journal of the earlier transfer went; empty if there was none.
    [[nodiscard]] const std::string& moved_to() const noexcept { return moved_to_; }

  private:
    static bool is_any_unknown(const Record& record)
    {
        return record.holdings.size() < record.tokens.size() ||
               std::any_of(
                   record.holdings.begin(), record.holdings.end(),
                   [](const auto& of) {
                       return std::find(of.begin(), of.end(), holding::unknown) != of.end();
                   });
    }

    std::error_code move_aside()
    {
        std::string free;
        for (int number = 1; free.empty() || detail::exists(free); ++number)
            free = path_ + '.' + std::to_string(number);
        if (std::rename(path_.c_str(), free.c_str()) != 0)
            return detail::last_error();
        move_aside_ = false;
        moved_to_ = std::move(free);
        return {};
    }

    std::string path_;
    detail::file_lock lock_;
    Record earlier_;
    bool move_aside_ = false;
    std::string moved_to_;
};

/// For client::async_pown().
using journal_file = basic_journal_file<>;
/// For client::async_heal().
using heal_journal_file = basic_journal_file<server_count, heal_record<>>;

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_JOURNAL_FILE_HPP
