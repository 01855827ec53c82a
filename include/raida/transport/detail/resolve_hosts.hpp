// Many names looked up side by side, each for itself.
#ifndef RAIDA_TRANSPORT_DETAIL_RESOLVE_HOSTS_HPP
#define RAIDA_TRANSPORT_DETAIL_RESOLVE_HOSTS_HPP

#include <raida/async/detail/waiting_handler.hpp>
#include <raida/base/errc.hpp>
#include <raida/transport/detail/numeric_host.hpp>
#include <raida/wire/host_list.hpp>

#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/basic_resolver.hpp>
#include <asio/ip/udp.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// UDP once more. Asio resolves the names of one protocol in one context one after the other, on a thread of
/// its own; those of another protocol do not wait for them.
template <std::size_t Lane>
struct lookup_lane : asio::ip::udp
{};

template <class Executor, class Lanes>
struct lookup_resolvers;

template <class Executor, std::size_t... Lane>
struct lookup_resolvers<Executor, std::index_sequence<Lane...>>
{
    explicit lookup_resolvers(const Executor& executor)
        : each{asio::ip::basic_resolver<lookup_lane<Lane>, Executor>{executor}...}
    {}

    template <class Visit>
    void visit(Visit visit_one)
    {
        (visit_one(std::get<Lane>(each)), ...);
    }

    std::tuple<asio::ip::basic_resolver<lookup_lane<Lane>, Executor>...> each;
};

/// Of the addresses of a name, in the order in which the system would try them: the first, and one to fall
/// back on, of the other family where there is one.
class chosen_addresses
{
  public:
    void consider(const asio::ip::address& one)
    {
        if (!first)
            first = one;
        else if (one != *first && (!second || (is_alike(*second) && !is_alike(one))))
            second = one;
    }

    std::optional<asio::ip::address> first{}, second{};

  private:
    [[nodiscard]] bool is_alike(const asio::ip::address& one) const { return one.is_v4() == first->is_v4(); }
};

/// As many names at a time as there are lanes; a name that stands in many places is looked up once.
template <class List, class Executor>
class host_resolution : public std::enable_shared_from_this<host_resolution<List, Executor>>
{
    static constexpr std::size_t lanes = 8;

  public:
    host_resolution(const Executor& executor, pending_result<List> waiting)
        : resolvers_{executor}, waiting_{std::move(waiting)}
    {}

    template <class Hosts>
    void start(const Hosts& hosts)
    {
        waiting_->on_cancel([weak = this->weak_from_this()] {
            if (const auto self = weak.lock())
                self->cancel();
        });
        for (std::size_t i = 0; i < List::size(); ++i) {
            if (hosts.primary[i])
                add(*hosts.primary[i], {i, hosts.primary[i]->port, false});
            if (hosts.mirror[i])
                add(*hosts.mirror[i], {i, hosts.mirror[i]->port, true});
        }
        resolvers_.visit([this](auto& resolver) { this->look_up(resolver); });
    }

  private:
    using endpoint = asio::ip::udp::endpoint;

    struct place
    {
        std::size_t server;
        std::uint16_t port;
        bool is_mirror;
    };

    struct name
    {
        std::string host;
        std::vector<place> places;
    };

    void add(const host_port& host, place where)
    {
        std::error_code error;
        if (const auto address = numeric_host(host.host, error); address || error)
            return put(where, address.value_or(asio::ip::address{}), error);
        const auto known = std::find_if(names_.begin(), names_.end(),
                                        [&](const name& one) { return one.host == host.host; });
        if (known != names_.end())
            known->places.push_back(where);
        else
            names_.push_back({host.host, {where}});
    }

    // The lane's next name, or its end.
    template <class Resolver>
    void look_up(Resolver& resolver)
    {
        if (next_ == names_.size())
            return finish();
        name& one = names_[next_++];
        resolver.async_resolve(
            one.host, "",
            [self = this->shared_from_this(), &one, &resolver](std::error_code error, const auto& found) {
                chosen_addresses chosen;
                for (const auto& entry : found)
                    chosen.consider(entry.endpoint().address());
                if (!error && !chosen.first)
                    error = asio::error::host_not_found;
                self->take(one, error, chosen);
                self->look_up(resolver);
            });
    }

    void take(const name& from, std::error_code error, const chosen_addresses& chosen)
    {
        for (const place& where : from.places) {
            put(where, chosen.first.value_or(asio::ip::address{}), error);
            if (chosen.second && !where.is_mirror)
                spare_[where.server] = {*chosen.second, where.port};
        }
    }

    void put(place where, const asio::ip::address& address, std::error_code error)
    {
        std::error_code refused = error;
        if (!error && where.is_mirror)
            list_.set_mirror(where.server, {address, where.port}, refused);
        else if (!error)
            list_.set(where.server, {address, where.port}, refused);
        if (!where.is_mirror && refused)
            list_.clear(where.server, refused);
    }

    void cancel()
    {
        cancelled_ = true;
        for (; next_ != names_.size(); ++next_)
            take(names_[next_], asio::error::operation_aborted, {});
        resolvers_.visit([](auto& resolver) { resolver.cancel(); });
    }

    // Of a lane; the last one ends it all.
    void finish()
    {
        if (--open_ != 0)
            return;
        for (std::size_t i = 0; i < List::size(); ++i)
            if (list_.mirror(i) == nullptr && spare_[i].port() != 0)
                list_.set_mirror(i, spare_[i]);
        waiting_->complete(cancelled_ ? std::error_code{asio::error::operation_aborted} : std::error_code{},
                           std::move(list_));
    }

    lookup_resolvers<Executor, std::make_index_sequence<lanes>> resolvers_;
    pending_result<List> waiting_;
    List list_;
    std::array<endpoint, List::size()> spare_{}; // mirrors where the hosts have none
    std::vector<name> names_;                    // neither grows nor shrinks once look-ups have begun
    std::size_t next_ = 0;                       // of them that nobody has begun
    std::size_t open_ = lanes;
    bool cancelled_ = false;
};

/// Starts the look-ups when the completion token says so. Exposes its executor, so that Asio's own adapters
/// of tokens can set a timer on it.
template <class List, class Executor>
struct initiate_resolve
{
    using executor_type = Executor;

    Executor executor;

    [[nodiscard]] executor_type get_executor() const noexcept { return executor; }

    template <class Handler, class Hosts>
    void operator()(Handler&& handler, const Hosts& hosts) const
    {
        std::make_shared<host_resolution<List, Executor>>(
            executor, make_pending<List>(executor, std::forward<Handler>(handler)))
            ->start(hosts);
    }
};

} // namespace raida::inline v1::detail

#endif // RAIDA_TRANSPORT_DETAIL_RESOLVE_HOSTS_HPP
