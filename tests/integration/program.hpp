// Runs a built program as a user's shell would.
#ifndef RAIDA_TESTS_PROGRAM_HPP
#define RAIDA_TESTS_PROGRAM_HPP

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace program_support {

// A folder that is gone afterwards.
class scratch_folder
{
  public:
    scratch_folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "raida-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    ~scratch_folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string operator/(std::string_view name) const { return (path_ / name).string(); }

    // Writes a file and tells its path.
    std::string write(std::string_view name, std::string_view text) const
    {
        std::ofstream{*this / name, std::ios::binary} << text;
        return *this / name;
    }

    [[nodiscard]] std::string read(std::string_view name) const
    {
        std::ifstream file{*this / name, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }

  private:
    std::filesystem::path path_;
};

struct outcome
{
    int code = -1; // what the program exits with
    std::string out, err;

    [[nodiscard]] bool says(std::string_view text) const { return out.find(text) != std::string::npos; }
};

// A command line for the shell; its outputs go to files in `folder`.
inline outcome run(const std::string& command, const scratch_folder& folder)
{
    const int status = std::system((command + " >" + (folder / "out") + " 2>" + (folder / "err")).c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, folder.read("out"), folder.read("err")};
}

// The same with a terminal for its stdout. The terminal makes "\r\n" of every "\n".
inline outcome run_in_terminal(const std::string& command, const scratch_folder& folder)
{
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(master >= 0);
    REQUIRE(grantpt(master) == 0);
    REQUIRE(unlockpt(master) == 0);
    const std::string name = ptsname(master);
    const int slave = open(name.c_str(), O_RDWR | O_NOCTTY); // else the end comes before the program does
    REQUIRE(slave >= 0);
    std::string shown;
    std::thread reader{[&] {
        char buffer[4096];
        for (ssize_t size = 1; size > 0;) {
            size = read(master, buffer, sizeof buffer);
            shown.append(buffer, static_cast<std::size_t>(size > 0 ? size : 0));
        }
    }};
    const int status = std::system((command + " >" + name + " 2>" + (folder / "err")).c_str());
    close(slave);
    reader.join();
    close(master);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, shown, folder.read("err")};
}

} // namespace program_support

#endif // RAIDA_TESTS_PROGRAM_HPP
