// The embedded servers of one network, whatever their datagrams travel on.
#ifndef RAIDA_TESTING_DETAIL_SERVER_GROUP_HPP
#define RAIDA_TESTING_DETAIL_SERVER_GROUP_HPP

#include <raida/testing/detail/heal_commands.hpp>
#include <raida/testing/detail/mock_server.hpp>
#include <raida/testing/detail/time_point.hpp>
#include <raida/testing/manners.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/server_rules.hpp>
#include <raida/wire/healing.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/token.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace raida::inline v1::testing::detail {

template <class Peer>
class server_group final : public ticket_peers
{
  public:
    using observer = std::function<void(std::size_t, bytes_view)>;

    server_group(std::size_t servers, const server_rules& rules, const testing::manners& how,
                 std::uint64_t seed)
        : random_{seed ^ 0xC3C3C3C3C3C3C3C3U}
    {
        seeded_random seeds{seed};
        servers_.reserve(servers);
        for (std::size_t i = 0; i < servers; ++i) {
            servers_.emplace_back(i, servers, rules, seeds()).manners(how);
            servers_.back().protocol().peers(*this);
        }
    }
    server_group(const server_group&) = delete;
    server_group& operator=(const server_group&) = delete;

    [[nodiscard]] std::size_t size() const noexcept { return servers_.size(); }
    [[nodiscard]] mock_server<Peer>& operator[](std::size_t i) { return servers_.at(i); }

    void observe(observer on_request)
    {
        observer_ = on_request ? std::make_shared<const observer>(std::move(on_request)) : nullptr;
    }

    // A datagram reaches server i: the observer sees it first, and may do anything.
    void show(std::size_t i, bytes_view request) const
    {
        if (const auto watching = observer_)
            (*watching)(i, request);
    }

    // When release() has something to do.
    [[nodiscard]] std::optional<time_point> due() const noexcept
    {
        std::optional<time_point> next;
        for (const auto& one : servers_)
            if (const auto due = one.due(); due && (!next || *due < *next))
                next = due;
        return next;
    }

    // Sends what is due: `send(i, peer, bytes, foreign)`, see mock_server.
    template <class Send>
    void release(time_point now, Send send)
    {
        for (std::size_t i = 0; i < servers_.size(); ++i)
            servers_[i].release(now, [&](const Peer& to, bytes_view bytes, bool foreign) {
                return send(i, to, bytes, foreign);
            });
    }

    [[nodiscard]] std::size_t count() const noexcept override { return servers_.size(); }

    // Measured: 7 to 17 ms, 32.5 s where somebody hangs. Three fixes at the same moment, anywhere, are too
    // many: 15 of 25 servers were deaf afterwards.
    time_point::duration begin_fix(std::size_t by, bytes_view tickets, time_point now) override
    {
        std::erase_if(fixes_, [now](time_point end) { return end <= now; });
        if (fixes_.size() >= 2)
            deafen_most();
        bool hangs = false;
        for (std::size_t i = 0; i < servers_.size(); ++i)
            hangs = hangs || (i != by && ticket_at(tickets, i) != ticket::none && this->hangs(i));
        const auto work = hangs ? std::chrono::microseconds{32'500'000}
                                : std::chrono::microseconds{7'000 + random_.below(10'001)};
        fixes_.push_back(now + work);
        return work;
    }

    const std::vector<token_id>* claim(std::size_t of, ticket number, std::size_t by) override
    {
        auto& peer = servers_[of];
        return peer.listens() && !hangs(of) ? peer.protocol().office().claim(number, by) : nullptr;
    }

  private:
    [[nodiscard]] bool hangs(std::size_t i) const noexcept
    {
        return servers_[i].listens() && (servers_[i].manners().silent || servers_[i].is_deaf());
    }

    void deafen_most()
    {
        const std::size_t first = static_cast<std::size_t>(random_.below(servers_.size()));
        for (std::size_t i = 0; i < servers_.size() * 3 / 5; ++i)
            servers_[(first + i) % servers_.size()].deafen();
    }

    seeded_random random_;
    std::vector<time_point> fixes_; // the ends of those that are at work
    std::vector<mock_server<Peer>> servers_;
    std::shared_ptr<const observer> observer_;
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_SERVER_GROUP_HPP
