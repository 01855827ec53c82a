// The seed's own programs: seed.py in a process of its own, told what to do over a pipe.
#include "../support/child.hpp"
#include "contestant.hpp"

#include <sstream>

namespace bench {
namespace {

class python final : public contestant
{
  public:
    python(const setting& with, const std::string& script, std::string strategy, std::size_t workers)
        : contestant{"Python: " + title(strategy, workers), family::python, 1},
          process_{{"python3", script}},
          command_{strategy + ' ' + std::to_string(workers) + ' '}
    {
        process_.write_line(described(with));
    }

    void run(std::size_t, std::size_t fanouts, block& into) override
    {
        process_.write_line(command_ + std::to_string(fanouts));
        std::istringstream result{process_.read_line()};
        std::size_t answered = 0;
        double cpu = 0;
        result >> answered >> cpu;
        into.answered += answered;
        into.cpu_elsewhere = cpu;
        for (float micros = 0; result >> micros;)
            into.latencies.push_back(micros);
    }

  private:
    static std::string title(const std::string& strategy, std::size_t workers)
    {
        if (strategy == "threads")
            return "thread pool of " + std::to_string(workers);
        return strategy == "async" ? "async/await" : "select over fresh sockets";
    }

    static std::string described(const setting& with)
    {
        std::ostringstream text;
        text << "{\"deadline_ms\": " << with.deadline.count()
             << ", \"receive_buffer\": " << with.receive_buffer << ", \"ports\": [";
        for (std::size_t i = 0; i < with.ports.size(); ++i)
            text << (i == 0 ? "" : ", ") << with.ports[i];
        text << "], \"packets\": [";
        for (std::size_t i = 0; i < with.ports.size(); ++i) {
            text << (i == 0 ? "\"" : ", \"");
            for (const unsigned byte : with.packets[0][i].bytes)
                text << "0123456789abcdef"[byte >> 4] << "0123456789abcdef"[byte & 15];
            text << '"';
        }
        text << "]}";
        return text.str();
    }

    child process_;
    std::string command_;
};

} // namespace

contestant_ptr make_python(const setting& with, const std::string& script, const std::string& strategy,
                           std::size_t workers)
{
    return std::make_unique<python>(with, script, strategy, workers);
}

} // namespace bench
