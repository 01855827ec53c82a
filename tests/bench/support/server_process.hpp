// The bench's servers: a process of their own, see server.cpp.
#ifndef RAIDA_BENCH_SERVER_PROCESS_HPP
#define RAIDA_BENCH_SERVER_PROCESS_HPP

#include "child.hpp"

#include <raida/wire/packet.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace bench {

class server_process
{
  public:
    /// `program`, on `core` unless that is negative, with its options, e.g. {"--loss", "10"}.
    server_process(const std::string& program, int core, std::vector<std::string> options)
        : process_{with_core(program, core, std::move(options))}
    {
        for (std::uint16_t& port : ports_)
            port = static_cast<std::uint16_t>(std::stoi(process_.read_line()));
    }

    [[nodiscard]] const std::array<std::uint16_t, raida::server_count>& ports() const noexcept
    {
        return ports_;
    }

  private:
    static std::vector<std::string> with_core(const std::string& program, int core,
                                              std::vector<std::string> options)
    {
        std::vector<std::string> command{program};
        if (core >= 0)
            command.insert(command.end(), {"--core", std::to_string(core)});
        command.insert(command.end(), options.begin(), options.end());
        return command;
    }

    child process_;
    std::array<std::uint16_t, raida::server_count> ports_{};
};

} // namespace bench

#endif // RAIDA_BENCH_SERVER_PROCESS_HPP
