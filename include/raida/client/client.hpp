// The typed client: detect(tokens) and get verdicts, whatever number of datagrams that takes.
#ifndef RAIDA_CLIENT_CLIENT_HPP
#define RAIDA_CLIENT_CLIENT_HPP

#include <raida/async/detail/waiting_handler.hpp>
#include <raida/base/random_source.hpp>
#include <raida/client/call_options.hpp>
#include <raida/client/codec.hpp>
#include <raida/client/detail/batch.hpp>
#include <raida/client/detail/books.hpp>
#include <raida/client/detail/core.hpp>
#include <raida/client/detail/enquiry.hpp>
#include <raida/client/detail/heal_driver.hpp>
#include <raida/client/detail/pown_driver.hpp>
#include <raida/client/heal_options.hpp>
#include <raida/client/healing.hpp>
#include <raida/client/pown_options.hpp>
#include <raida/client/settings.hpp>
#include <raida/client/transfer.hpp>
#include <raida/consensus/batch_tally.hpp>
#include <raida/consensus/find_tally.hpp>
#include <raida/engine/transport.hpp>
#include <raida/transport/resolve.hpp>
#include <raida/transport/udp.hpp>
#include <raida/wire/answers.hpp>
#include <raida/wire/command_payload.hpp>

#include <asio/async_result.hpp>
#include <asio/execution_context.hpp>
#include <asio/ip/udp.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1 {

/// What N servers say they run. A text is empty where `answers` says why.
template <std::size_t N = server_count>
struct server_versions
{
    std::array<std::string, N> text{}; ///< by server id
    replies<N> answers{};              ///< as they came
};

/// Commands, engine and consensus in one: builds the requests, splits batches into datagrams, several in
/// flight together, asks mirrors where a primary fails or has no address, opens sealed answers, counts the
/// votes.
///
/// `Codec` says how bodies travel: `plain`, or `sealed` of crypto.hpp.
///
/// Errors of every operation are for bad input, for no randomness, and for a client that was destroyed
/// before (engine_stopped); nothing was sent then. What a server does is in the result. What is still open
/// when the budget is spent is unknown there. Without memory: std::bad_alloc, and nothing was sent and the
/// handler is destroyed; later std::errc::not_enough_memory, without a result but for a pown's, whose powns
/// are awaited first and whose journal then finishes it. Executor: handlers are posted to the client's
/// executor and dispatched on their associated one, once, never from the call, their associated allocator's
/// memory given back before. Per-operation cancellation: terminal, partial and total; completes with success
/// and what has arrived, and nothing more is sent; only a pown that has left is awaited for its deadline all
/// the same, since another one on its page could be lost meanwhile. Object lifetimes: everything is copied.
/// Destroying the client, in a callback of its own too, cancels its calls, whose handlers are still called.
/// Thread safety: distinct objects safe, shared objects unsafe; calls begin on the executor. From other
/// threads, with the client on a strand (or one thread that runs its context), whatever the result is for:
///
///     asio::co_spawn(client.get_executor(), client.async_detect(tokens, asio::use_awaitable), token);
///     asio::dispatch(client.get_executor(), [&] { client.async_detect(tokens, handler); });
///
/// In the first the call may be made on any thread, since a lazy one begins nothing. The client itself is
/// destroyed on its executor, or when no thread runs it any more.
template <std::size_t N = server_count, transport_to<asio::ip::udp::endpoint> Transport = transport::udp,
          codec_for<N> Codec = basic_plain<N>, random_source Random = system_random>
class basic_client
{
  public:
    using executor_type = typename Transport::executor_type;
    using token_type = basic_token<N>;                                  ///< what is detected
    using numbers_type = authenticity_numbers<N>;                       ///< one number per server
    using core_type = detail::client_core<N, Transport, Codec, Random>; ///< detail of the library

    /// The same client on another executor.
    template <class Executor>
    struct rebind_executor
    {
        using other =
            basic_client<N, typename Transport::template rebind_executor<Executor>::other, Codec, Random>;
    };

    /// On a transport that was made beforehand. Opens nothing.
    basic_client(Transport transport, const server_list<N>& servers, client_settings<N> settings = {},
                 Codec codec = make_default<Codec>(), Random random = {})
        : core_{std::make_shared<core_type>(std::move(transport), servers, std::move(settings),
                                            std::move(codec), std::move(random))}
    {}

    /// On an executor.
    basic_client(const executor_type& executor, const server_list<N>& servers,
                 client_settings<N> settings = {}, Codec codec = make_default<Codec>())
        : basic_client{Transport{executor, settings.engine}, servers, settings, std::move(codec)}
    {}

    /// On an execution context's executor, which one thread runs.
    template <std::derived_from<asio::execution_context> Context>
    basic_client(Context& context, const server_list<N>& servers, client_settings<N> settings = {},
                 Codec codec = make_default<Codec>())
        : basic_client{executor_type{detail::one_thread(context).get_executor()}, servers,
                       std::move(settings), std::move(codec)}
    {}

    basic_client(basic_client&&) noexcept = default;
    basic_client& operator=(basic_client&&) = delete;
    ~basic_client()
    {
        if (core_)
            core_->stop();
    }

    [[nodiscard]] executor_type get_executor() const { return core_->get_executor(); }

    /// Other servers from now on; what is in flight is still awaited where it was sent. A server that the
    /// list has neither an address nor a mirror for is asked nothing: errc::no_endpoint.
    void set_servers(const server_list<N>& servers) { core_->replace(servers); }

    /// The engine beneath, for what the client has no words for.
    [[nodiscard]] fanout<N, Transport>& network() noexcept { return *core_->network; }
    /// How bodies travel.
    [[nodiscard]] Codec& codec() noexcept { return core_->codec; }
    /// As given, but that `consensus.encrypted` is as the codec is.
    [[nodiscard]] const client_settings<N>& settings() const noexcept { return core_->settings; }

    /// What every operation of this client shares; detail of the library.
    [[nodiscard]] const std::shared_ptr<core_type>& core() const noexcept { return core_; }

    /// Who is there? The round trips are in the answers, and are what learned deadlines learn from.
    ///
    /// Handler signature: `void(std::error_code, replies<N>)`. Errors: invalid_deadline, engine_stopped,
    /// no_randomness; operation_aborted where it was cancelled before anything was sent.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, replies<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    auto async_echo(call_options<N> how, Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return async_custom(echo_command, {}, std::move(how), std::forward<Token>(token));
    }

    /// What do they run?
    ///
    /// Handler signature: `void(std::error_code, server_versions<N>)`. Errors: as async_echo(). Never sealed:
    /// whoever knows a version could read a part of the key off its sealed answer.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, server_versions<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    auto async_version(call_options<N> how, Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        const auto read = [](replies<N> answers) {
            server_versions<N> versions;
            for (const reply& one : answers)
                if (one && one.verified && one.status() == status::success)
                    versions.text[one.server] = parse_version(one.body()).value_or("");
            versions.answers = std::move(answers);
            return versions;
        };
        return start<detail::enquiry<core_type, decltype(read)>>(std::forward<Token>(token), version_command,
                                                                 command_payload<N>{}, read, std::move(how));
    }

    /// Any command that servers understand, with this payload: the same to all, or to each its own. Built,
    /// sealed, checked and opened like the others, but sent once: nobody knows whether it may be repeated.
    /// `how.reads` tells answers from other bytes: what has a status of an answer (241..243, 250, 208..211)
    /// and is none is errc::malformed_response in its slot; error statuses stand there as they came.
    /// Sealed, what can be guessed of its answer is as much of the key: see basic_sealed.
    ///
    /// Handler signature: `void(std::error_code, replies<N>)`. Errors: as async_echo(), and packet_too_large.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, replies<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    auto async_custom(command_code what, command_payload<N> payload, call_options<N> how,
                      Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        const auto read = [](replies<N> answers) { return answers; };
        return start<detail::enquiry<core_type, decltype(read)>>(std::forward<Token>(token), what,
                                                                 std::move(payload), read, std::move(how));
    }

    /// Are these tokens authentic? Finished as soon as no answer that is still out can change any token's
    /// verdict, or, with `{.wait = wait_for::all}`, when every server was heard or is out of time. Where a
    /// token has no number for a server (zero), that server is not asked about it and has no vote.
    ///
    /// Handler signature: `void(std::error_code, batch_tally<N>)`, tokens in the order given.
    /// Errors: no_tokens, duplicate_token, invalid_denomination, invalid_serial_number, invalid_quorum,
    /// invalid_deadline, packet_too_large, engine_stopped, no_randomness.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, batch_tally<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    auto async_detect(std::span<const token_type> tokens, call_options<N> how,
                      Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return start<detail::batch<core_type, detail::vote_book<N>>>(
            std::forward<Token>(token), detect_command, batch_work{copy(tokens), {}}, std::move(how));
    }

    /// Which of two numbers does each server have for each token? One set of new numbers per token. Waits for
    /// all servers unless told otherwise.
    ///
    /// Handler signature: `void(std::error_code, find_tally<N>)`. Errors: as async_detect(), and
    /// invalid_authenticity for a wrong number of sets, or one in which a number is missing: then nobody is
    /// asked.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, find_tally<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    auto async_find(std::span<const token_type> tokens, std::span<const numbers_type> new_numbers,
                    call_options<N> how, Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return start<detail::batch<core_type, detail::find_book<N>>>(
            std::forward<Token>(token), find_command, batch_work{copy(tokens), copy(new_numbers)},
            std::move(how));
    }

    /// The same with the client's settings.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, replies<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    requires(!std::convertible_to<Token, call_options<N>>)
    auto async_echo(Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return async_echo({}, std::forward<Token>(token));
    }
    /// The same with the client's settings.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, server_versions<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    requires(!std::convertible_to<Token, call_options<N>>)
    auto async_version(Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return async_version({}, std::forward<Token>(token));
    }
    /// The same with the client's settings.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, batch_tally<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    requires(!std::convertible_to<Token, call_options<N>>)
    auto async_detect(std::span<const token_type> tokens,
                      Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return async_detect(tokens, {}, std::forward<Token>(token));
    }
    /// The same with the client's settings.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, find_tally<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    requires(!std::convertible_to<Token, call_options<N>>)
    auto async_find(std::span<const token_type> tokens, std::span<const numbers_type> new_numbers,
                    Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return async_find(tokens, new_numbers, {}, std::forward<Token>(token));
    }

    /// What fits neither is refused in plain words. The pack, which is empty, lets the others go first.
    template <class Token, class... None>
    requires(sizeof...(None) == 0)
    void async_detect(std::span<const token_type>, call_options<N>, Token&&, None&&...)
    {
        static_assert(sizeof(Token) == 0, "a handler takes (std::error_code, raida::batch_tally<N>)");
    }
    /// The same with the client's settings.
    template <class Token, class... None>
    requires(sizeof...(None) == 0 && !std::convertible_to<Token, call_options<N>>)
    void async_detect(std::span<const token_type> tokens, Token&& token, None&&...)
    {
        async_detect(tokens, {}, std::forward<Token>(token));
    }

    /// Takes ownership: gives these tokens new authenticity numbers, and cannot lose one: the journal has
    /// both numbers before the first datagram leaves, no datagram is sent twice, find is asked wherever the
    /// answer is no proof, and servers that still have the old number are asked afresh. Powns of one page of
    /// serial numbers follow one another at each server, and wait for no other server; one that was silent
    /// gets no more of them until it has answered a find. The result has the quorum and margin of the
    /// settings.
    ///
    /// Handler signature: `void(std::error_code, transfer<N>)`. Errors: as async_detect();
    /// invalid_authenticity for new numbers that are none; plain_pown without encryption unless the settings
    /// allow it; key_in_batch; journal_failed: before anything was sent, or, with the result, after.
    /// Per-operation cancellation: as above; while a journal is at work it does not wait for that: before
    /// anything was sent it completes with success and everything old, at the end with journal_failed and
    /// the result.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, transfer<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    auto async_pown(std::span<const token_type> tokens, pown_options<N> how,
                    Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return start<detail::pown_driver<core_type>>(
            std::forward<Token>(token), transfer_record<N>{.tokens = copy(tokens)}, std::move(how), false);
    }

    /// Finishes what a crash interrupted, from the last record that the journal took: finds out what each
    /// server holds, and powns afresh where it is still the old number. May be repeated.
    ///
    /// Handler signature: `void(std::error_code, transfer<N>)`. Errors: as async_pown(); other_coin, and
    /// other_servers unless the options allow them.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, transfer<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    auto async_recover(transfer_record<N> record, pown_options<N> how,
                       Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return start<detail::pown_driver<core_type>>(std::forward<Token>(token), std::move(record),
                                                     std::move(how), true);
    }

    /// Heals: has servers that failed an authentic token take new numbers, which at least a quorum of the
    /// others vouch for, without harm to any that passed or said nothing. The journal has what the new
    /// numbers are made of before the first fix leaves; one fix at a time leaves this client, is never
    /// repeated, and is awaited longer than a server takes with another one hanging; find says what came of
    /// it. Other programs that heal in the same network at the same time can leave its servers deaf
    /// (measured: three fixes at once). Replace a key that sealed a heal: see basic_sealed.
    ///
    /// Handler signature: `void(std::error_code, healing<N>)`: what was not healed, and why, is in there.
    /// Errors: as async_detect(); plain_pown without encryption unless the settings allow it, since everybody
    /// on the way could compute the new numbers; key_in_batch; journal_failed without a journal, or, with the
    /// result, where it did not take a record: no fix has left if it was the first.
    /// Per-operation cancellation: as above; a fix that has left is awaited.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, healing<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    auto async_heal(std::span<const token_type> tokens, heal_options<N> how,
                    Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return start<detail::heal_driver<core_type>>(
            std::forward<Token>(token), heal_record<N>{.tokens = copy(tokens)}, std::move(how), false);
    }

    /// Finishes what a crash interrupted, from the last record that the journal took: finds out what the
    /// servers hold that a fix may have reached, and heals the rest with the same seeds. May be repeated. A
    /// fix that left just before the crash can be at work for `longest_fix` still: recover no earlier.
    ///
    /// Handler signature: `void(std::error_code, healing<N>)`. Errors: as async_heal(); invalid_authenticity
    /// for a record without seeds; other_coin, and other_servers unless the options allow them.
    template <ASIO_COMPLETION_TOKEN_FOR(void(std::error_code, healing<N>))
                  Token ASIO_DEFAULT_COMPLETION_TOKEN_TYPE(executor_type)>
    auto async_recover_heal(heal_record<N> record, heal_options<N> how,
                            Token&& token ASIO_DEFAULT_COMPLETION_TOKEN(executor_type))
    {
        return start<detail::heal_driver<core_type>>(std::forward<Token>(token), std::move(record),
                                                     std::move(how), true);
    }

  private:
    using batch_work = detail::batch_work<N>;

    template <class Made>
    static Made make_default()
    {
        return Made{};
    }

    template <class Element>
    static std::vector<Element> copy(std::span<const Element> from)
    {
        return {from.begin(), from.end()};
    }

    // Exposes the executor, so that Asio's adapters (cancel_after, bind_executor) find it, and keeps what the
    // calls share: a lazy one that begins when the client is gone is told so, and when its context is gone is
    // dropped, since nobody can call its handler any more.
    template <class Call>
    struct initiation
    {
        using executor_type = typename core_type::executor_type;

        std::shared_ptr<core_type> core;

        [[nodiscard]] executor_type get_executor() const noexcept { return core->get_executor(); }

        template <class Handler, class... What>
        void operator()(Handler&& handler, What... what) const
        {
            ASIO_HANDLER_LOCATION((__FILE__, __LINE__, "raida::client"));
            if (core->has_executor())
                std::make_shared<Call>(core, std::move(what)...,
                                       detail::make_pending<typename Call::result>(
                                           core->get_executor(), std::forward<Handler>(handler)))
                    ->start();
        }
    };

    template <class Call, class Token, class... What>
    auto start(Token&& token, What... what)
    {
        return asio::async_initiate<Token, void(std::error_code, typename Call::result)>(
            initiation<Call>{core_}, token, std::move(what)...);
    }

    std::shared_ptr<core_type> core_;
};

/// The client of the 25 servers, unencrypted.
using client = basic_client<>;

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_CLIENT_HPP
