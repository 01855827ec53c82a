// Runs a built program as a user's shell would.
#ifndef RAIDA_TESTS_PROGRAM_HPP
#define RAIDA_TESTS_PROGRAM_HPP

#include <catch2/catch_test_macros.hpp>

#include <chrono>
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
#include <sys/ioctl.h>
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

    void resize(unsigned short columns, unsigned short rows) const
    {
        const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
        REQUIRE(ioctl(slave_, TIOCSWINSZ, &size) == 0);
    }

    // Whoever writes to it now waits for read().
    void fill() const
    {
        const int filler = open(name_.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
        REQUIRE(filler >= 0);
        while (write(filler, ".", 1) == 1) {
        }
        close(filler);
    }

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
inline outcome run_in_terminal(const std::string& command, const scratch_folder& folder,
                               unsigned short columns = 80, unsigned short rows = 24)
{
    fake_terminal terminal;
    terminal.resize(columns, rows);
    std::string shown;
    std::thread reader{[&] { shown = terminal.read(); }};
    const int status = std::system((command + " >" + terminal.name() + " 2>" + (folder / "err")).c_str());
    terminal.close_slave();
    reader.join();
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, shown, folder.read("err")};
}

// Starts a command that is one program, "NAME=VALUE" and arguments, with this terminal.
inline pid_t start_in_terminal(const fake_terminal& terminal, const std::string& environment,
                               const std::string& command, const scratch_folder& folder)
{
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
    return child;
}

inline outcome outcome_of(pid_t child, std::string shown, const scratch_folder& folder)
{
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, std::move(shown), folder.read("err")};
}

// The same as run_in_terminal(), and gets a signal as soon as it has shown `text`.
inline outcome interrupt_in_terminal(const std::string& environment, const std::string& command,
                                     std::string_view text, int signal, const scratch_folder& folder)
{
    fake_terminal terminal;
    const pid_t child = start_in_terminal(terminal, environment, command, folder);
    terminal.close_slave();
    bool sent = false;
    std::string shown = terminal.read([&](const std::string& so_far) {
        if (!sent && so_far.find(text) != std::string::npos)
            sent = kill(child, signal) == 0;
    });
    CHECK(sent);
    return outcome_of(child, std::move(shown), folder);
}

// Has it a handler for `signal`, and does it wait for something? True, too, when it has ended.
inline bool waits_with_handler(pid_t program, int signal)
{
    std::ifstream status{"/proc/" + std::to_string(program) + "/status"};
    REQUIRE(status);
    bool sleeps = false, handles = false;
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("State:\tZ"))
            return true;
        else if (line.starts_with("State:"))
            sleeps = line.starts_with("State:\tS");
        else if (line.starts_with("SigCgt:"))
            handles = (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
    return sleeps && handles;
}

// The same, but gets the signal while the first thing that it shows waits for the terminal.
inline outcome interrupt_while_writing(const std::string& environment, const std::string& command, int signal,
                                       const scratch_folder& folder)
{
    fake_terminal terminal;
    terminal.fill();
    const pid_t child = start_in_terminal(terminal, environment, command, folder);
    terminal.close_slave();
    while (!waits_with_handler(child, signal))
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    CHECK(kill(child, signal) == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds{1}); // not needed; makes a spoilt write likelier
    return outcome_of(child, terminal.read(), folder);
}

} // namespace program_support

#endif // RAIDA_TESTS_PROGRAM_HPP
