// A handler that sees where it is called, and with what memory; and Asio's deferred, whatever the version
// calls it.
#ifndef RAIDA_TESTS_SIMULATION_MANNERS_HPP
#define RAIDA_TESTS_SIMULATION_MANNERS_HPP

#include "simulation/tracking_allocator.hpp"

#include <catch2/catch_test_macros.hpp>

#include <asio/io_context.hpp>
#include <asio/version.hpp>

#if ASIO_VERSION < 102300
#include <asio/experimental/deferred.hpp>
#else
#include <asio/deferred.hpp>
#endif

#include <cstddef>
#include <system_error>

// With optimisation and a sanitizer g++ takes use_future's empty token, inside Asio, for uninitialised.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace tests {

#if ASIO_VERSION < 102300
using asio::experimental::deferred;
using asio::experimental::deferred_t;
#else
using asio::deferred;
using asio::deferred_t;
#endif

using plain_executor = asio::io_context::executor_type;

/// For any result.
template <class Executor>
struct tracking_handler
{
    using allocator_type = tracking_allocator<void>;
    using executor_type = Executor;

    Executor executor;
    ledger* book;
    std::size_t* calls;
    std::error_code expected{};

    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type{*book}; }
    [[nodiscard]] executor_type get_executor() const noexcept { return executor; }
    template <class... Result>
    void operator()(std::error_code error, const Result&...) const
    {
        ++*calls;
        CHECK(error == expected);
        if constexpr (requires { executor.running_in_this_thread(); })
            CHECK(executor.running_in_this_thread());
        CHECK(book->blocks == 0); // all of it, before
        CHECK(book->bytes == 0);
    }
};

} // namespace tests

#endif // RAIDA_TESTS_SIMULATION_MANNERS_HPP
