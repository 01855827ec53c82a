// The embedded servers of one network, whatever their datagrams travel on.
#ifndef RAIDA_TESTING_DETAIL_SERVER_GROUP_HPP
#define RAIDA_TESTING_DETAIL_SERVER_GROUP_HPP

#include <raida/base/version.hpp>
#include <raida/testing/detail/mock_server.hpp>
#include <raida/testing/manners.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/server_rules.hpp>
#include <raida/wire/packet.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace raida::inline v1 {
namespace testing::detail {

template <class Peer>
class server_group
{
  public:
    using observer = std::function<void(std::size_t, bytes_view)>;

    server_group(std::size_t servers, const server_rules& rules, const testing::manners& how,
                 std::uint64_t seed)
    {
        seeded_random seeds{seed};
        servers_.reserve(servers);
        for (std::size_t i = 0; i < servers; ++i)
            servers_.emplace_back(i, servers, rules, seeds()).manners(how);
    }

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

  private:
    std::vector<mock_server<Peer>> servers_;
    std::shared_ptr<const observer> observer_;
};

} // namespace testing::detail
} // namespace raida::inline v1

#endif // RAIDA_TESTING_DETAIL_SERVER_GROUP_HPP
