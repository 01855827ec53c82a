// Files that a crash leaves either as they were or as they should be, and that only their owner can read.
#ifndef RAIDA_EXAMPLES_DURABLE_FILE_HPP
#define RAIDA_EXAMPLES_DURABLE_FILE_HPP

#include "bad_input.hpp"

#include <raida/base/errc.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace support {

inline std::error_code last_error()
{
    return {errno != 0 ? errno : EIO, std::generic_category()};
}

class file_descriptor
{
  public:
    explicit file_descriptor(int number) noexcept : number_{number} {}
    file_descriptor(const file_descriptor&) = delete;
    file_descriptor& operator=(const file_descriptor&) = delete;
    ~file_descriptor()
    {
        if (number_ >= 0)
            close(number_);
    }
    [[nodiscard]] int get() const noexcept { return number_; }

  private:
    int number_;
};

// On to the disk itself, as far as the system can promise that.
inline bool flush_to_disk(int file)
{
#if defined(F_FULLFSYNC)
    if (fcntl(file, F_FULLFSYNC) == 0)
        return true;
#endif
    return fsync(file) == 0;
}

inline std::error_code write_all(const std::string& path, std::string_view text)
{
    const file_descriptor file{
        open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (file.get() < 0)
        return last_error();
    while (!text.empty()) {
        const ssize_t written = write(file.get(), text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return last_error();
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return flush_to_disk(file.get()) ? std::error_code{} : last_error();
}

// What is written beside a file, gone afterwards: once renamed it has this name no more.
struct part_file
{
    std::string name;
    ~part_file() { unlink(name.c_str()); }
};

// Replaces the file, or makes it: written beside it with mode 0600, flushed, renamed, the folder flushed.
// Where that fails, or `before_rename` throws, the file is as it was.
template <class Check>
[[nodiscard]] std::error_code write_durably(const std::string& path, std::string_view text,
                                            Check before_rename)
{
    const part_file part{path + ".part"}; // one that a crash has left behind is of no use
    if (unlink(part.name.c_str()) != 0 && errno != ENOENT)
        return last_error();
    if (const auto error = write_all(part.name, text))
        return error;
    before_rename();
    if (std::rename(part.name.c_str(), path.c_str()) != 0)
        return last_error();
    const auto parent = std::filesystem::path{path}.parent_path();
    const file_descriptor folder{
        open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (folder.get() < 0 || (fsync(folder.get()) != 0 && errno != EINVAL)) // EINVAL: it has no such thing
        return last_error();
    return {};
}

[[nodiscard]] inline bool exists(const std::string& path)
{
    struct stat status = {};
    return lstat(path.c_str(), &status) == 0;
}

// A link is none: replaced, it would no longer lead to the file that it names.
[[nodiscard]] inline bool is_plain_file(const std::string& path)
{
    struct stat status = {};
    return lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// Two names of one file, be it there already or not?
[[nodiscard]] inline bool is_same_file(const std::string& one, const std::string& other)
{
    const auto real = [](const std::string& name) {
        std::error_code error;
        const auto full = std::filesystem::absolute(name, error);
        const auto found = std::filesystem::weakly_canonical(full, error);
        return error ? full.lexically_normal() : found;
    };
    std::error_code error; // one of them is not there
    return std::filesystem::equivalent(one, other, error) || real(one) == real(other);
}

// Why a lock was not to be had: only one that another process holds is in use.
[[nodiscard]] inline std::string lock_complaint(const std::string& path, std::error_code error,
                                                const std::string& in_use)
{
    return error == raida::errc::journal_in_use || error.value() == EWOULDBLOCK
               ? in_use
               : "cannot lock " + support::quoted(path) + ": " + error.message();
}

} // namespace support

#endif // RAIDA_EXAMPLES_DURABLE_FILE_HPP
