// What a seed's client sends through: datagrams, or one connection for each request.
#ifndef RAIDA_TESTS_SOAK_TRANSPORT_HPP
#define RAIDA_TESTS_SOAK_TRANSPORT_HPP

#include <raida/engine/transport.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/wire/packet.hpp>

#include <asio/ip/udp.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace soak {

/// As by TCP, whatever comes first through a connection ends it. On the virtual network each is a lane of its
/// own behind those of the servers.
class transport final : public raida::testing::simulated_transport, private raida::transport_sink
{
    using base = raida::testing::simulated_transport;
    static constexpr std::size_t n = raida::server_count;

  public:
    transport(raida::testing::simulation& world, bool connects) : base{world}, connects_{connects} {}

    void attach(raida::transport_sink& sink, std::weak_ptr<void> owner)
    {
        to_ = &sink;
        base::attach(connects_ ? *this : sink, std::move(owner));
    }

    void set_endpoint(std::size_t lane, const asio::ip::udp::endpoint& address)
    {
        addresses_[lane] = address;
        base::set_endpoint(lane, address);
    }

    raida::submitted submit(std::size_t lane, std::uint8_t generation, std::span<const raida::outgoing> batch)
    {
        if (!connects_)
            return base::submit(lane, generation, batch);
        for (const raida::outgoing& one : batch) {
            close_those(lane, [&](const connection& other) { return other.id == one.id; });
            const std::size_t at = n + all_.size();
            open_[lane].push_back(all_.size());
            all_.push_back({lane, generation, one.id});
            base::set_endpoint(at, addresses_[lane]);
            static_cast<void>(base::submit(at, generation, std::span{&one, 1}));
        }
        return {batch.size(), {}};
    }

    void drain(std::size_t lane)
    {
        if (!connects_)
            return base::drain(lane);
        const auto now = open_[lane]; // those that end leave the list
        for (const std::size_t i : now)
            base::drain(n + i);
    }

    void close_generation(std::size_t lane, std::uint8_t generation) noexcept
    {
        if (!connects_)
            return base::close_generation(lane, generation);
        close_those(lane, [&](const connection& one) { return one.generation == generation; });
    }

    void rest() noexcept
    {
        for (std::size_t lane = 0; lane < n; ++lane)
            close_those(lane, [](const connection&) { return true; });
        base::rest();
    }

  private:
    struct connection
    {
        std::size_t lane;
        std::uint8_t generation;
        raida::request_id id;
    };

    template <class Which>
    void close_those(std::size_t lane, Which which) noexcept
    {
        std::erase_if(open_[lane], [&](std::size_t i) {
            const bool found = which(all_[i]);
            if (found)
                base::close_generation(n + i, all_[i].generation);
            return found;
        });
    }
    connection end(std::size_t at) noexcept
    {
        const connection one = all_[at - n];
        close_those(one.lane, [&](const connection& other) { return other.id == one.id; });
        return one;
    }

    // transport_sink
    void on_datagram(std::size_t at, std::uint8_t, const raida::incoming& arrived) override
    {
        const auto [lane, generation, id] = end(at);
        to_->on_datagram(lane, generation, {arrived.bytes, arrived.truncated, id});
    }
    void on_error(std::size_t at, std::uint8_t, std::error_code error, raida::bytes_view,
                  raida::request_id) override
    {
        const auto [lane, generation, id] = end(at);
        to_->on_error(lane, generation, error, {}, id);
    }
    void on_wake() override { to_->on_wake(); }
    raida::lane_statistics& counts(std::size_t lane) noexcept override { return to_->counts(lane); }

    bool connects_;
    raida::transport_sink* to_ = nullptr;
    std::array<asio::ip::udp::endpoint, n> addresses_{};
    std::vector<connection> all_{};
    std::array<std::vector<std::size_t>, n> open_{}; // of them
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_TRANSPORT_HPP
