// raida as a module: a fan-out to the embedded servers in a coroutine, and one verdict of it.
#include <chrono>
#include <coroutine>
#include <cstdio>
#include <exception>
#include <string>

import raida;

namespace {

asio::awaitable<bool> ask_all(asio::io_context& io, raida::testing::fleet& fleet)
{
    const auto tokens = raida::testing::make_tokens(3);
    fleet.add(tokens);
    fleet.set(7, {.silent = true});
    raida::network network{io, fleet.servers()};
    raida::commands<> ask;
    const auto got = co_await network.async_request(
        ask.detect(tokens), {.deadline = std::chrono::milliseconds{200}}, asio::use_awaitable_t<>{});
    fleet.stop();
    const auto result = raida::aggregate(got, tokens.size());
    std::puts(to_string(result).c_str());
    const bool in_time = got.answered() == 24 && got[7].error == raida::errc::timed_out;
    const bool decided = result.verdict(2) == raida::verdict::authentic;
    co_return in_time&& decided;
}

} // namespace

int main()
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    bool good = false;
    asio::co_spawn(io, ask_all(io, fleet), [&](std::exception_ptr, bool all) { good = all; });
    io.run();
    return good && raida::version.major == 1 ? 0 : 1;
}
