// What every contestant is given, must do, and is measured by.
#ifndef RAIDA_BENCH_CONTESTANT_HPP
#define RAIDA_BENCH_CONTESTANT_HPP

#include "../support/machine.hpp"

#include <raida/wire/packet.hpp>
#include <raida/wire/request.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace bench {

/// The same for all contestants of a contest.
struct setting
{
    std::array<std::uint16_t, raida::server_count> ports{};
    std::vector<raida::requests<>> packets; ///< one set for each fan-out in flight
    std::chrono::milliseconds deadline{3000};
    int receive_buffer = 4 << 20; ///< bytes asked for by every socket that a contestant opens
    std::size_t descriptors = 1024;
    cpu_set_t worker_cores{}; ///< for contestants with threads: all but the servers' core

    [[nodiscard]] sockaddr_in address(std::size_t server) const noexcept
    {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        to.sin_port = htons(ports[server]);
        return to;
    }
};

/// What a contestant tells of a block of fan-outs.
struct block
{
    std::vector<float> latencies;          ///< microseconds of each fan-out
    std::size_t answered = 0;              ///< slots
    std::optional<double> cpu_elsewhere{}; ///< seconds, if the work was done in another process
};

/// Whose idea a contestant is: what it is drawn as.
enum class family
{
    floor,
    raida,
    cpp,
    python
};

class contestant
{
  public:
    contestant(std::string name, family kin, std::size_t most_in_flight)
        : name_{std::move(name)}, kin_{kin}, most_in_flight_{most_in_flight}
    {}

    contestant(const contestant&) = delete;
    contestant& operator=(const contestant&) = delete;
    virtual ~contestant() = default;

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] family kin() const noexcept { return kin_; }
    [[nodiscard]] std::size_t most_in_flight() const noexcept { return most_in_flight_; }

    /// Takes the memory that a caller would own: where answers go.
    virtual void prepare(std::size_t) {}

    /// Does `fanouts` fan-outs, keeping `in_flight` of them in flight as long as there are so many left.
    virtual void run(std::size_t in_flight, std::size_t fanouts, block& into) = 0;

  private:
    std::string name_;
    family kin_;
    std::size_t most_in_flight_;
};

using contestant_ptr = std::unique_ptr<contestant>;

// The floor: what the kernel takes, with no library at all.
contestant_ptr make_floor_single(const setting& with);
contestant_ptr make_floor_batched(const setting& with);
contestant_ptr make_floor_segmented(const setting& with); ///< null where the kernel has no UDP_SEGMENT

// This library.
contestant_ptr make_raida(const setting& with);
contestant_ptr make_raida_io_context(const setting& with);
contestant_ptr make_raida_portable(const setting& with);
contestant_ptr make_raida_blocking(const setting& with);

// What a user would write instead.
contestant_ptr make_coroutine(const setting& with, bool fresh_sockets);
contestant_ptr make_thread_pool(const setting& with, std::size_t workers);
contestant_ptr make_select(const setting& with);

/// The seed's own programs, in a Python process: "threads" with so many workers, "async" or "select".
contestant_ptr make_python(const setting& with, const std::string& script, const std::string& strategy,
                           std::size_t workers = 0);

} // namespace bench

#endif // RAIDA_BENCH_CONTESTANT_HPP
