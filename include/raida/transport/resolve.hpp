// Server lists from numeric hosts, and from host names.
#ifndef RAIDA_TRANSPORT_RESOLVE_HPP
#define RAIDA_TRANSPORT_RESOLVE_HPP

#include <raida/async/detail/thread_check.hpp>
#include <raida/base/errc.hpp>
#include <raida/transport/detail/numeric_host.hpp>
#include <raida/transport/detail/resolve_hosts.hpp>
#include <raida/transport/server_list.hpp>
#include <raida/wire/host_list.hpp>

#include <asio/async_result.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/udp.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>

namespace raida::inline v1 {

/// Numeric addresses without asking anybody; every host name in it is an error, and so is a number that can
/// be read in two ways (010.0.0.1): std::system_error (errc::invalid_address) that names the server.
/// async_resolve() takes names too.
template <std::size_t N>
[[nodiscard]] server_list<N> from_addresses(const host_list<N>& hosts)
{
    server_list<N> list;
    const auto numeric = [](const host_port& from, std::size_t i) -> asio::ip::udp::endpoint {
        std::error_code error;
        const auto address = detail::numeric_host(from.host, error);
        if (!address)
            throw std::system_error{make_error_code(errc::invalid_address), "server " + std::to_string(i)};
        return {*address, from.port};
    };
    for (std::size_t i = 0; i < N; ++i) {
        if (hosts.primary[i])
            list.set(i, numeric(*hosts.primary[i], i));
        if (hosts.mirror[i])
            list.set_mirror(i, numeric(*hosts.mirror[i], i));
    }
    return list;
}

/// Looks up host names. A name that cannot be resolved is a missing server, whose error says why, and spoils
/// nothing else; so is a numeric address that can be read in two ways (errc::invalid_address).
///
/// Of several addresses of a name the first is the server's, in the order of the system (RFC 6724). Where the
/// hosts have no mirror for it, or none that can be resolved, an address of the other family is its mirror,
/// or else the second one: a client asks there when the first does not answer (localhost is often ::1 first,
/// and servers listen on 127.0.0.1 alone).
///
/// Numeric addresses are taken as they are and start no thread: without a name, nothing is waited for. A name
/// that stands in many places is looked up once. A look-up blocks a thread of Asio's resolver; these start at
/// the first name, and stay until the context dies. Up to eight names are looked up at a time: so 25 names
/// take four times the timeout of a resolver that is dead. An Asio whose contexts are configured
/// ("resolver.threads" there) shares one pool among all protocols, and has one thread in it unless it is told
/// otherwise: then names follow one another.
///
/// Handler signature: `void(std::error_code, raida::server_list<N>)`
/// Errors: only operation_aborted, when cancelled; what was resolved by then is in the list.
/// Executor: the handler is posted to `executor` and dispatched on its associated executor, once, never from
/// here. Per-operation cancellation: terminal, partial and total; what is being looked up at that moment ends
/// first. Object lifetimes: `hosts` is copied. Thread safety: `executor` must be a strand unless one thread
/// runs its context; call, and cancel, on it.
template <std::size_t N, class Executor,
          ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, server_list<N>)) Token>
requires(!std::convertible_to<const Executor&, asio::execution_context&>)
auto async_resolve(const Executor& executor, const host_list<N>& hosts, Token&& token)
{
    return asio::async_initiate<Token, void(std::error_code, server_list<N>)>(
        detail::initiate_resolve<server_list<N>, Executor>{executor}, token, hosts);
}

/// The same on an execution context's executor.
template <std::size_t N, class Context,
          ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, server_list<N>)) Token>
requires std::derived_from<Context, asio::execution_context>
auto async_resolve(Context& context, const host_list<N>& hosts, Token&& token)
{
    return async_resolve(detail::one_thread(context).get_executor(), hosts, std::forward<Token>(token));
}

} // namespace raida::inline v1

#endif // RAIDA_TRANSPORT_RESOLVE_HPP
