// A whole fan-out in a coroutine, to ports at which nobody listens. Compiled with and without CMake, with any
// compiler, and with what WINDOWS_MACROS stands for.
#include <raida/raida.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace {

asio::awaitable<void> ask_all(asio::io_context& io, std::ptrdiff_t& settled)
{
    raida::fanout<> network{io, raida::loopback(18000)};
    raida::commands<> ask;
    const raida::replies<> got = co_await network.async_request(
        ask.echo(), {.deadline = std::chrono::milliseconds{200}}, asio::use_awaitable);
    settled = std::count_if(got.begin(), got.end(), [](const auto& one) { return bool{one.error}; });
}

} // namespace

int main()
{
    asio::io_context io;
    std::ptrdiff_t settled = 0;
    asio::co_spawn(io, ask_all(io, settled), asio::detached);
    io.run();
    std::printf("%td of 25 without an answer\n", settled);
    return settled == 25 ? 0 : 1;
}
