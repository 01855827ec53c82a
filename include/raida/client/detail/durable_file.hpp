// Files that a crash leaves either as they were or as they should be, and that only their owner can read.
// POSIX.
#ifndef RAIDA_CLIENT_DETAIL_DURABLE_FILE_HPP
#define RAIDA_CLIENT_DETAIL_DURABLE_FILE_HPP

#if defined(_WIN32)
#error "raida: journal files need POSIX (flock, fsync, rename); give pown_options a journal of your own"
#endif

#include <raida/base/secret_bytes.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace raida::inline v1::detail {

inline std::error_code last_error() noexcept
{
    return {errno != 0 ? errno : EIO, std::generic_category()};
}

class file_descriptor
{
  public:
    file_descriptor() noexcept = default;
    file_descriptor(const std::string& path, int flags, mode_t mode = 0) noexcept
    {
        do
            number_ = ::open(path.c_str(), flags | O_CLOEXEC, mode);
        while (number_ < 0 && errno == EINTR);
    }
    file_descriptor(file_descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    file_descriptor& operator=(file_descriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~file_descriptor()
    {
        if (number_ >= 0)
            ::close(number_);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return number_ >= 0; }
    [[nodiscard]] int get() const noexcept { return number_; }

  private:
    int number_ = -1;
};

// On to the disk itself, as far as the system can promise that.
inline std::error_code flush_to_disk(int file) noexcept
{
#if defined(F_FULLFSYNC)
    if (::fcntl(file, F_FULLFSYNC) == 0)
        return {};
#endif
    return ::fsync(file) == 0 ? std::error_code{} : last_error();
}

inline std::error_code write_all(int file, std::string_view text) noexcept
{
    while (!text.empty()) {
        const auto written = ::write(file, text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return last_error();
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return flush_to_disk(file);
}

// After a rename, which is a change of the folder.
inline std::error_code flush_folder_of(const std::string& path)
{
    const auto slash = path.find_last_of('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const file_descriptor opened{folder, O_RDONLY | O_DIRECTORY};
    if (!opened)
        return last_error();
    const auto error = flush_to_disk(opened.get());
    return error == std::errc::invalid_argument ? std::error_code{} : error; // it has no such thing
}

/// Replaces the file, or makes it: written beside it with mode 0600, flushed, renamed, the folder flushed.
/// Where that fails before the rename the file is as it was.
[[nodiscard]] inline std::error_code write_durably(const std::string& path, std::string_view text)
{
    const std::string part = path + ".part"; // one that a crash has left behind is of no use
    if (::unlink(part.c_str()) != 0 && errno != ENOENT)
        return last_error();
    std::error_code error;
    {
        const file_descriptor made{part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600};
        error = made ? write_all(made.get(), text) : last_error();
    }
    if (!error && std::rename(part.c_str(), path.c_str()) != 0)
        error = last_error();
    if (error) {
        ::unlink(part.c_str());
        return error;
    }
    return flush_folder_of(path);
}

[[nodiscard]] inline secret_bytes read_all(const std::string& path, std::error_code& error)
{
    const file_descriptor opened{path, O_RDONLY};
    struct stat status = {};
    if (!opened || ::fstat(opened.get(), &status) != 0) {
        error = last_error();
        return {};
    }
    secret_bytes bytes(static_cast<std::size_t>(std::max<decltype(status.st_size)>(status.st_size, 0)));
    for (std::size_t done = 0; done < bytes.size();) {
        const auto got = ::read(opened.get(), bytes.data() + done, bytes.size() - done);
        if (got == 0)
            errno = EIO; // it has become shorter
        if (got <= 0 && !(got < 0 && errno == EINTR)) {
            error = last_error();
            return {};
        }
        done += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    error = {};
    return bytes;
}

[[nodiscard]] inline bool exists(const std::string& path) noexcept
{
    struct stat status = {};
    return ::lstat(path.c_str(), &status) == 0 || errno != ENOENT;
}

/// A file that one owner at a time holds. The system lets go of it when the process ends, however that may
/// be.
class file_lock
{
  public:
    file_lock() noexcept = default;
    file_lock(file_lock&& other) noexcept
        : path_{std::exchange(other.path_, {})}, file_{std::move(other.file_)}
    {}
    file_lock& operator=(file_lock&& other) noexcept
    {
        path_.swap(other.path_);
        file_ = std::move(other.file_);
        return *this;
    }
    ~file_lock()
    {
        if (file_)
            ::unlink(path_.c_str());
    }

    /// Makes the file. std::errc::operation_would_block: another one holds it. file_exists: somebody's file
    /// has this name, and is left alone. Any other error is the system's.
    [[nodiscard]] std::error_code take(std::string path)
    {
        for (;;) {
            file_descriptor made{path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600};
            struct stat status = {};
            if (!made || ::fstat(made.get(), &status) != 0)
                return last_error();
            if (status.st_size != 0 || !S_ISREG(status.st_mode))
                return std::make_error_code(std::errc::file_exists);
            int locked = 0;
            do
                locked = ::flock(made.get(), LOCK_EX | LOCK_NB);
            while (locked != 0 && errno == EINTR);
            if (locked != 0)
                return errno == EWOULDBLOCK ? std::make_error_code(std::errc::operation_would_block)
                                            : last_error();
            if (::fstat(made.get(), &status) != 0)
                return last_error();
            if (status.st_nlink == 0)
                continue; // whoever held it before has just removed it: make another one
            path_ = std::move(path);
            file_ = std::move(made);
            return {};
        }
    }

  private:
    std::string path_;
    file_descriptor file_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_DURABLE_FILE_HPP
