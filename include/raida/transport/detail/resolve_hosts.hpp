// Many names looked up at once, each for itself.
#ifndef RAIDA_TRANSPORT_DETAIL_RESOLVE_HOSTS_HPP
#define RAIDA_TRANSPORT_DETAIL_RESOLVE_HOSTS_HPP

#include <raida/async/detail/waiting_handler.hpp>
#include <raida/wire/host_list.hpp>

#include <asio/error.hpp>
#include <asio/ip/address.hpp>
#include <asio/ip/basic_resolver.hpp>
#include <asio/ip/udp.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace raida::inline v1::detail {

template <class List, class Executor>
class host_resolution : public std::enable_shared_from_this<host_resolution<List, Executor>>
{
  public:
    host_resolution(const Executor& executor, pending_result<List> waiting)
        : resolver_{executor}, waiting_{std::move(waiting)}
    {}

    template <class Hosts>
    void start(const Hosts& hosts)
    {
        waiting_->on_cancel([weak = this->weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->cancelled_ = true;
                self->resolver_.cancel();
            }
        });
        ++open_; // so that it cannot end while it begins
        for (std::size_t i = 0; i < List::size(); ++i) {
            if (hosts.primary[i])
                look_up(*hosts.primary[i], i, false);
            if (hosts.mirror[i])
                look_up(*hosts.mirror[i], i, true);
        }
        done();
    }

  private:
    using endpoint = asio::ip::udp::endpoint;

    void look_up(const host_port& host, std::size_t i, bool is_mirror)
    {
        std::error_code not_numeric;
        if (const auto address = asio::ip::make_address(host.host, not_numeric); !not_numeric)
            return take(i, is_mirror, {address, host.port}, {});
        ++open_;
        resolver_.async_resolve(
            host.host, std::to_string(host.port),
            [self = this->shared_from_this(), i, is_mirror](std::error_code error, const auto& found) {
                if (!error && found.empty())
                    error = asio::error::host_not_found;
                self->take(i, is_mirror, error ? endpoint{} : found.begin()->endpoint(), error);
                self->done();
            });
    }

    void take(std::size_t i, bool is_mirror, const endpoint& address, std::error_code error)
    {
        std::error_code refused;
        if (!error && is_mirror)
            list_.set_mirror(i, address, refused);
        else if (!error)
            list_.set(i, address, refused);
        if (!is_mirror && (error || refused))
            list_.clear(i, error ? error : refused);
    }

    void done()
    {
        if (--open_ == 0)
            waiting_->complete(cancelled_ ? std::error_code{asio::error::operation_aborted}
                                          : std::error_code{},
                               std::move(list_));
    }

    asio::ip::basic_resolver<asio::ip::udp, Executor> resolver_;
    pending_result<List> waiting_;
    List list_;
    std::size_t open_ = 0;
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
