// A program that runs while this process goes on, and that can be killed at any moment.
#ifndef RAIDA_TESTS_CHILD_HPP
#define RAIDA_TESTS_CHILD_HPP

#include "program.hpp"

#include <catch2/catch_test_macros.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <csignal>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace program_support {

// Its outputs go to files in `folder`. Its end is noticed by a pipe that closes with it: no signal handler,
// no polling.
class child
{
  public:
    child(asio::io_context& io, std::vector<std::string> arguments, const scratch_folder& folder)
        : io_{io}, alive_{io}, folder_{folder}
    {
        const std::string out = folder / "out", err = folder / "err";
        std::vector<char*> pointers;
        for (std::string& one : arguments)
            pointers.push_back(one.data());
        pointers.push_back(nullptr);
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        REQUIRE(fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0); // the other end is the program's
        process_ = fork();
        REQUIRE(process_ >= 0);
        if (process_ == 0) {
            constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC;
            dup2(open(out.c_str(), flags, 0600), STDOUT_FILENO);
            dup2(open(err.c_str(), flags, 0600), STDERR_FILENO);
            execv(pointers[0], pointers.data());
            _exit(127);
        }
        close(ends[1]);
        alive_.assign(ends[0]);
        alive_.async_read_some(asio::buffer(&byte_, 1),
                               [this](std::error_code, std::size_t) { is_over_ = true; });
    }
    child(const child&) = delete;
    child& operator=(const child&) = delete;
    ~child()
    {
        if (process_ > 0) {
            kill();
            static_cast<void>(wait());
        }
    }

    void kill() const { ::kill(process_, SIGKILL); }

    // Runs `io` until it has ended. The code is -1 where a signal has ended it.
    outcome wait()
    {
        while (!is_over_)
            io_.run_one();
        int status = 0;
        waitpid(std::exchange(process_, -1), &status, 0);
        return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, folder_.read("out"), folder_.read("err")};
    }

  private:
    asio::io_context& io_;
    asio::posix::stream_descriptor alive_;
    const scratch_folder& folder_;
    pid_t process_ = -1;
    char byte_ = 0;
    bool is_over_ = false;
};

} // namespace program_support

#endif // RAIDA_TESTS_CHILD_HPP
