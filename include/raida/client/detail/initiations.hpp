// How the client's operations begin. Each exposes the executor, so that Asio's adapters (cancel_after,
// bind_executor) find it, and keeps what the calls share: a lazy one that begins when the client is gone is
// told so, and when its context is gone is dropped, since nobody can call its handler any more.
#ifndef RAIDA_CLIENT_DETAIL_INITIATIONS_HPP
#define RAIDA_CLIENT_DETAIL_INITIATIONS_HPP

#include <raida/async/detail/waiting_handler.hpp>
#include <raida/client/call_options.hpp>
#include <raida/client/detail/batch.hpp>
#include <raida/client/detail/enquiry.hpp>
#include <raida/client/detail/heal_driver.hpp>
#include <raida/client/detail/pown_driver.hpp>
#include <raida/client/heal_options.hpp>
#include <raida/client/pown_options.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

template <class Core>
struct initiation
{
    using executor_type = typename Core::executor_type;

    std::shared_ptr<Core> core;

    [[nodiscard]] executor_type get_executor() const noexcept { return core->get_executor(); }
};

template <class Core, class Result, class Read>
struct initiate_enquiry : initiation<Core>
{
    command_code what;
    Read read;

    template <class Handler>
    void operator()(Handler&& handler, command_payload<Core::size> payload,
                    call_options<Core::size> how) const
    {
        if (!this->core->has_executor())
            return;
        std::make_shared<enquiry<Core, Result, Read>>(
            this->core, what, std::move(payload), read, std::move(how),
            make_pending<Result>(this->core->get_executor(), std::forward<Handler>(handler)))
            ->start();
    }
};

template <class Core, class Book>
struct initiate_batch : initiation<Core>
{
    static constexpr std::size_t N = Core::size;
    command_code what;

    template <class Handler>
    void operator()(Handler&& handler, std::vector<basic_token<N>> tokens,
                    std::vector<authenticity_numbers<N>> new_numbers, call_options<N> how) const
    {
        if (!this->core->has_executor())
            return;
        std::make_shared<batch<Core, Book>>(
            this->core, what, typename batch<Core, Book>::work{std::move(tokens), std::move(new_numbers)},
            std::move(how),
            make_pending<typename Book::result>(this->core->get_executor(), std::forward<Handler>(handler)))
            ->start();
    }
};

template <class Core>
struct initiate_pown : initiation<Core>
{
    static constexpr std::size_t N = Core::size;
    bool recovers;

    template <class Handler>
    void operator()(Handler&& handler, transfer_record<N> record, pown_options<N> how) const
    {
        if (!this->core->has_executor())
            return;
        std::make_shared<pown_driver<Core>>(
            this->core, std::move(record), std::move(how),
            make_pending<transfer<N>>(this->core->get_executor(), std::forward<Handler>(handler)))
            ->start(recovers);
    }
};

template <class Core>
struct initiate_heal : initiation<Core>
{
    static constexpr std::size_t N = Core::size;
    bool recovers;

    template <class Handler>
    void operator()(Handler&& handler, heal_record<N> record, heal_options<N> how) const
    {
        if (!this->core->has_executor())
            return;
        std::make_shared<heal_driver<Core>>(
            this->core, std::move(record), std::move(how),
            make_pending<healing<N>>(this->core->get_executor(), std::forward<Handler>(handler)))
            ->start(recovers);
    }
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_INITIATIONS_HPP
