// raida::fanout, as a program with an event loop uses it: a lambda per fan-out, replies in storage of its
// own.
#include "contestant.hpp"
#include "raida_servers.hpp"

#include <raida/fanout.hpp>
#include <raida/transport/portable_udp.hpp>
#include <raida/transport/udp.hpp>

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>

#include <deque>

namespace bench {
namespace {

template <class Transport>
class raida_contestant final : public contestant
{
  public:
    raida_contestant(const setting& with, std::string name)
        : contestant{std::move(name), family::raida, with.packets.size()},
          with_{with},
          network_{io_, servers_of(with), limits_for(with)}
    {
        how_.deadline = with.deadline;
    }

    void prepare(std::size_t in_flight) override
    {
        while (flights_.size() < in_flight) {
            flights_.emplace_back();
            flights_.back().index = flights_.size() - 1;
            flights_.back().answers.reserve(raida::server_count * 48);
        }
    }

    void run(std::size_t in_flight, std::size_t fanouts, block& into) override
    {
        prepare(in_flight);
        into_ = &into;
        to_start_ = fanouts;
        for (std::size_t which = 0; which < in_flight && to_start_ != 0; ++which)
            start(flights_[which]);
        io_.restart();
        io_.run();
    }

  private:
    struct flight
    {
        std::size_t index = 0;
        bench_clock::time_point began{};
        raida::replies<> answers;
    };

    void start(flight& one)
    {
        --to_start_;
        one.began = bench_clock::now();
        network_.async_request(with_.packets[one.index], one.answers, how_,
                               [this, &one](std::error_code) { finished(one); });
    }

    void finished(flight& one)
    {
        into_->latencies.push_back(micros_since(one.began));
        into_->answered += one.answers.answered();
        if (to_start_ != 0)
            start(one);
    }

    const setting& with_;
    asio::io_context io_{1};
    raida::fanout<raida::server_count, Transport> network_;
    raida::request_options<> how_;
    std::deque<flight> flights_;
    std::size_t to_start_ = 0;
    block* into_ = nullptr;
};

/// The seed's one-liner: no event loop of its own, sockets opened and closed by every call.
class raida_blocking final : public contestant
{
  public:
    explicit raida_blocking(const setting& with)
        : contestant{"raida::request_all", family::raida, 1}, with_{with}, servers_{servers_of(with)}
    {}

    void run(std::size_t, std::size_t fanouts, block& into) override
    {
        for (; fanouts != 0; --fanouts) {
            const auto began = bench_clock::now();
            const auto answers = raida::request_all(servers_, with_.packets[0], with_.deadline);
            into.latencies.push_back(micros_since(began));
            into.answered += answers.answered();
        }
    }

  private:
    const setting& with_;
    raida::server_list<> servers_;
};

} // namespace

contestant_ptr make_raida(const setting& with)
{
    return std::make_unique<raida_contestant<raida::transport::udp>>(with, "raida::fanout");
}

contestant_ptr make_raida_io_context(const setting& with)
{
    using transport = raida::transport::basic_udp<asio::io_context::executor_type>;
    return std::make_unique<raida_contestant<transport>>(with, "raida::fanout, io_context's executor");
}

contestant_ptr make_raida_portable(const setting& with)
{
    using transport = raida::transport::basic_portable_udp<>;
    return std::make_unique<raida_contestant<transport>>(with, "raida::fanout, Asio's sockets");
}

contestant_ptr make_raida_blocking(const setting& with)
{
    return std::make_unique<raida_blocking>(with);
}

} // namespace bench
