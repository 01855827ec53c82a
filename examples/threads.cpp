// One client for many threads. It lives on a strand, and what is lazy (use_awaitable) may be made anywhere:
// co_spawn has the call begin on the strand.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <asio/co_spawn.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <iostream>
#include <thread>

int main()
{
    asio::thread_pool loop{2}; // the threads that run the network
    raida::testing::fleet fleet{asio::make_strand(loop)};
    const auto tokens = raida::testing::make_tokens(400);
    fleet.add(tokens);
    raida::client client{asio::make_strand(loop), fleet.servers()};

    std::vector<std::string> found(4);
    std::vector<std::thread> askers; // threads that wait for their answers
    for (std::size_t i = 0; i < found.size(); ++i)
        askers.emplace_back([&, i, part = std::span{tokens}.subspan(100 * i, 100)] {
            auto call = client.async_detect(part, asio::use_awaitable);
            found[i] =
                to_string(asio::co_spawn(client.get_executor(), std::move(call), asio::use_future).get());
        });
    for (auto& one : askers)
        one.join();
    for (const auto& one : found)
        std::cout << one << '\n';
    asio::post(fleet.get_executor(), [&] { fleet.stop(); });
    loop.join(); // before the client dies: nobody uses it any more
}
