// Another program, with pipes to its standard input and output, that ends when this object does.
#ifndef RAIDA_BENCH_CHILD_HPP
#define RAIDA_BENCH_CHILD_HPP

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

class child
{
  public:
    explicit child(std::vector<std::string> command)
    {
        int in[2], out[2];
        if (pipe(in) != 0 || pipe(out) != 0)
            throw std::system_error{errno, std::system_category(), "pipe"};
        std::vector<char*> words;
        for (std::string& word : command)
            words.push_back(word.data());
        words.push_back(nullptr);
        id_ = fork();
        if (id_ == 0) {
            dup2(in[0], STDIN_FILENO);
            dup2(out[1], STDOUT_FILENO);
            for (const int fd : {in[0], in[1], out[0], out[1]})
                ::close(fd);
            execvp(words[0], words.data());
            _exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        to_ = fdopen(in[1], "w");
        from_ = fdopen(out[0], "r");
        if (id_ < 0 || to_ == nullptr || from_ == nullptr)
            throw std::system_error{errno, std::system_category(), command[0]};
    }

    child(const child&) = delete;
    child& operator=(const child&) = delete;

    ~child()
    {
        std::fclose(to_);
        std::fclose(from_);
        kill(id_, SIGKILL);
        waitpid(id_, nullptr, 0);
    }

    void write_line(const std::string& text)
    {
        std::fprintf(to_, "%s\n", text.c_str());
        std::fflush(to_);
    }

    /// Throws when the other program has ended.
    std::string read_line()
    {
        std::string line;
        for (int c; (c = std::fgetc(from_)) != '\n'; line += static_cast<char>(c))
            if (c == EOF)
                throw std::runtime_error{"a program that was started ended too soon"};
        return line;
    }

  private:
    pid_t id_;
    std::FILE* to_ = nullptr;
    std::FILE* from_ = nullptr;
};

} // namespace bench

#endif // RAIDA_BENCH_CHILD_HPP
