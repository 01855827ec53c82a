// The seed's first strategy in C++: a pool of threads for each fan-out, and a socket for each request.
#include "blocking_ask.hpp"

#include <atomic>
#include <thread>

namespace bench {
namespace {

class thread_pool final : public contestant
{
  public:
    thread_pool(const setting& with, std::size_t workers)
        : contestant{"thread pool of " + std::to_string(workers), family::cpp, 1},
          with_{with},
          workers_{workers}
    {}

    void run(std::size_t, std::size_t fanouts, block& into) override
    {
        for (; fanouts != 0; --fanouts) {
            const auto began = bench_clock::now();
            into.answered += ask_all();
            into.latencies.push_back(micros_since(began));
        }
    }

  private:
    std::size_t ask_all() const
    {
        std::atomic<std::size_t> next{0}, answered{0};
        std::vector<std::thread> pool;
        for (std::size_t i = 0; i < workers_; ++i)
            pool.emplace_back([&] {
                sched_setaffinity(0, sizeof with_.worker_cores, &with_.worker_cores);
                for (std::size_t server; (server = next.fetch_add(1)) < raida::server_count;)
                    answered += ask_and_wait(with_, server) ? 1 : 0;
            });
        for (std::thread& worker : pool)
            worker.join();
        return answered;
    }

    const setting& with_;
    std::size_t workers_;
};

} // namespace

contestant_ptr make_thread_pool(const setting& with, std::size_t workers)
{
    return std::make_unique<thread_pool>(with, workers);
}

} // namespace bench
