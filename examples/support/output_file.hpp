// A file of ours that may replace an earlier one of its kind and nothing else of the user's.
#ifndef RAIDA_EXAMPLES_OUTPUT_FILE_HPP
#define RAIDA_EXAMPLES_OUTPUT_FILE_HPP

#include "bad_input.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>
#include <system_error>

namespace support {

// Begins with `mark`, by which the next run knows it again; close() tells whether all of it was written.
class output_file
{
  public:
    // Throws bad_input if the file cannot be written. `holds` and `option` are for the message.
    output_file(const std::string& path, std::string_view mark, std::string_view holds,
                std::string_view option)
        : path_{path}
    {
        if (!may_overwrite(path, mark))
            throw bad_input{quoted(path) + " exists and holds no " + std::string{holds} +
                            ": name another file with " + std::string{option}};
        errno = 0;
        file_.open(path, std::ios::binary | std::ios::trunc);
        file_ << mark << std::flush;
        check();
    }

    void write(std::string_view text) { file_ << text; }

    // The rest of it.
    void finish(std::string_view text)
    {
        write(text);
        close();
    }

    void close()
    {
        errno = 0;
        file_.close();
        check();
    }

  private:
    // Earlier ones, and what is no file, such as a pipe. Anything else may be the user's only copy.
    [[nodiscard]] static bool may_overwrite(const std::string& path, std::string_view mark)
    {
        std::error_code ignored;
        if (!std::filesystem::is_regular_file(path, ignored))
            return true;
        std::string begin(mark.size(), '\0');
        std::ifstream file{path, std::ios::binary};
        if (!file.read(begin.data(), static_cast<std::streamsize>(begin.size())))
            return file.is_open() && !file.bad() && file.gcount() == 0; // empty
        return begin == mark;
    }

    void check() const
    {
        if (file_)
            return;
        const std::error_code why{errno != 0 ? errno : EIO, std::generic_category()};
        throw bad_input{"cannot write " + quoted(path_) + ": " + why.message()};
    }

    std::string path_;
    std::ofstream file_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_OUTPUT_FILE_HPP
