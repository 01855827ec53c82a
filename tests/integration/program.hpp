// Runs a built program as a user's shell would.
#ifndef RAIDA_TESTS_PROGRAM_HPP
#define RAIDA_TESTS_PROGRAM_HPP

#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
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

// A terminal that nobody sits at. What is written to it makes "\r\n" of every "\n".
class fake_terminal
{
  public:
    fake_terminal() : master_{posix_openpt(O_RDWR | O_NOCTTY)}
    {
        REQUIRE(master_ >= 0);
        REQUIRE(grantpt(master_) == 0);
        REQUIRE(unlockpt(master_) == 0);
        name_ = ptsname(master_);
        slave_ = open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC); // else the end comes before the program
        REQUIRE(slave_ >= 0);
    }
    fake_terminal(const fake_terminal&) = delete;
    fake_terminal& operator=(const fake_terminal&) = delete;
    ~fake_terminal()
    {
        close_slave();
        close(master_);
    }

    [[nodiscard]] const std::string& name() const { return name_; }

    // From now on read() ends when nobody has the terminal open.
    void close_slave()
    {
        if (slave_ >= 0)
            close(slave_);
        slave_ = -1;
    }

    // Reads until the end, and calls `seen` with all that was read so far whenever there is more.
    std::string read(const std::function<void(const std::string&)>& seen = {}) const
    {
        std::string shown;
        char buffer[4096];
        for (ssize_t size = 1; size > 0;) {
            size = ::read(master_, buffer, sizeof buffer);
            shown.append(buffer, static_cast<std::size_t>(size > 0 ? size : 0));
            if (size > 0 && seen)
                seen(shown);
        }
        return shown;
    }

  private:
    int master_, slave_ = -1;
    std::string name_;
};

// The same with a terminal for its stdout.
inline outcome run_in_terminal(const std::string& command, const scratch_folder& folder)
{
    fake_terminal terminal;
    std::string shown;
    std::thread reader{[&] { shown = terminal.read(); }};
    const int status = std::system((command + " >" + terminal.name() + " 2>" + (folder / "err")).c_str());
    terminal.close_slave();
    reader.join();
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, shown, folder.read("err")};
}

// The same, and gets a signal as soon as it has shown `text`. The command is one program: "NAME=VALUE" and
// arguments.
inline outcome interrupt_in_terminal(const std::string& environment, const std::string& command,
                                     std::string_view text, int signal, const scratch_folder& folder)
{
    fake_terminal terminal;
    const std::string line =
        environment + " exec " + command + " >" + terminal.name() + " 2>" + (folder / "err");
    const char* const arguments[] = {"sh", "-c", line.c_str(), nullptr};
    posix_spawn_file_actions_t actions;
    REQUIRE(posix_spawn_file_actions_init(&actions) == 0);
    REQUIRE(posix_spawn_file_actions_addopen(&actions, 1, terminal.name().c_str(), O_RDWR | O_NOCTTY, 0) ==
            0);
    pid_t child = 0;
    REQUIRE(posix_spawn(&child, "/bin/sh", &actions, nullptr, const_cast<char* const*>(arguments), environ) ==
            0);
    posix_spawn_file_actions_destroy(&actions);
    terminal.close_slave();
    bool sent = false;
    const std::string shown = terminal.read([&](const std::string& so_far) {
        if (!sent && so_far.find(text) != std::string::npos)
            sent = kill(child, signal) == 0;
    });
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(sent);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, shown, folder.read("err")};
}

} // namespace program_support

#endif // RAIDA_TESTS_PROGRAM_HPP
