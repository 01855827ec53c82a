// The journal of a pown in a file: what finds every token again after a crash.
#ifndef RAIDA_EXAMPLES_JOURNAL_FILE_HPP
#define RAIDA_EXAMPLES_JOURNAL_FILE_HPP

#include "bad_input.hpp"
#include "durable_file.hpp"
#include "secret_file.hpp"

#include <raida/client/journal.hpp>
#include <raida/client/transfer.hpp>

#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

namespace support {

// In use by one process at a time. Never overwritten but by what continues it.
class journal_file
{
  public:
    // Throws bad_input, also where another process is using it.
    explicit journal_file(std::string path)
        : path_{std::move(path)},
          lock_{path_ + ".lock", support::quoted(path_) + " is in use by another pown"}
    {
        if (exists(path_) && !is_plain_file(path_)) // by its own name it would have another lock
            throw bad_input{support::quoted(path_) + " is no plain file: name the journal itself"};
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    // Throws bad_input.
    [[nodiscard]] raida::transfer_record<> read() const
    {
        const secret_file file{path_};
        raida::parse_error error;
        auto record = raida::parse_journal(file.text(), error);
        if (error)
            throw bad_input{path_ + ": " + error.message()};
        return record;
    }

    // From now on it is for another transfer. Throws bad_input where the one in it is not over.
    void begin()
    {
        if (!exists(path_))
            return;
        const auto record = read();
        if (!record.finished || !raida::transfer<>{record}.complete())
            throw bad_input{support::quoted(path_) + " holds a transfer that is not finished: recover it "
                                                     "first (pown --recover), or name another --journal"};
        move_aside_ = true;
    }

    // On disk when it returns without an error. `failure()` says what went wrong in words.
    [[nodiscard]] std::error_code write(const raida::transfer_record<>& record)
    {
        std::error_code error;
        const auto text = raida::write_journal(record, error);
        if (!error && std::exchange(move_aside_, false))
            error = move_aside();
        if (!error)
            error = write_durably(path_, text.text(), [] {});
        failure_ = error ? "cannot write " + support::quoted(path_) + ": " + error.message() : "";
        return error;
    }

    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

    // Where the journal of an earlier transfer went, whose numbers may be needed still; empty if there was
    // none.
    [[nodiscard]] const std::string& moved_to() const noexcept { return moved_to_; }

  private:
    std::error_code move_aside()
    {
        for (int number = 1; moved_to_.empty() || exists(moved_to_); ++number)
            moved_to_ = path_ + "." + std::to_string(number);
        return std::rename(path_.c_str(), moved_to_.c_str()) == 0 ? std::error_code{} : last_error();
    }

    std::string path_;
    file_lock lock_;
    bool move_aside_ = false;
    std::string moved_to_, failure_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_JOURNAL_FILE_HPP
