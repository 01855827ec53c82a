// The journal of a pown in a file: what finds every token again after a crash.
#ifndef RAIDA_EXAMPLES_JOURNAL_FILE_HPP
#define RAIDA_EXAMPLES_JOURNAL_FILE_HPP

#include "bad_input.hpp"
#include "durable_file.hpp"

#include <raida/client/journal_file.hpp>
#include <raida/client/transfer.hpp>

#include <string>
#include <system_error>

namespace support {

// raida::journal_file, whose errors become messages.
class journal_file
{
  public:
    // Throws bad_input, also where another process is using it.
    explicit journal_file(const std::string& path)
    {
        if (exists(path) && !is_plain_file(path)) // by its own name it would have another lock
            throw bad_input{quoted(path) + " is no plain file: name the journal itself"};
        if (const auto error = file_.open(path))
            throw bad_input{
                error == std::errc::file_exists
                    ? quoted(path + ".lock") + " is in the way: a lock is empty"
                    : lock_complaint(path + ".lock", error, quoted(path) + " is in use by another pown")};
    }

    [[nodiscard]] const std::string& path() const noexcept { return file_.path(); }

    // Throws bad_input.
    [[nodiscard]] raida::transfer_record<> read() const
    {
        raida::parse_error error;
        auto record = file_.read(error);
        throw_if(error);
        return record;
    }

    // From now on it is for another transfer. Throws bad_input where the one in it is not over.
    void begin()
    {
        const auto error = file_.begin();
        if (error.code == raida::errc::journal_unfinished)
            throw bad_input{quoted(path()) + " holds a transfer that is not finished: recover it "
                                             "first (pown --recover), or name another --journal"};
        throw_if(error);
    }

    // On disk when it returns without an error. `failure()` says what went wrong in words.
    [[nodiscard]] std::error_code write(const raida::transfer_record<>& record)
    {
        const auto error = file_.write(record);
        failure_ = error ? "cannot write " + quoted(path()) + ": " + error.message() : "";
        return error;
    }

    [[nodiscard]] const std::string& failure() const noexcept { return failure_; }

    // Where the journal of an earlier transfer went, whose numbers may be needed still; empty if there was
    // none.
    [[nodiscard]] const std::string& moved_to() const noexcept { return file_.moved_to(); }

  private:
    void throw_if(const raida::parse_error& error) const
    {
        if (error && error.code.category() == std::generic_category())
            throw bad_input{"cannot read " + quoted(path()) + ": " + error.code.message()};
        if (error)
            throw bad_input{path() + ": " + error.message()};
    }

    raida::journal_file file_;
    std::string failure_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_JOURNAL_FILE_HPP
