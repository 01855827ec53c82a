// One client, and one fan-out, called from many threads at once, as their documentation says. ThreadSanitizer
// sees whether that is enough.
#include <raida/client/client.hpp>
#include <raida/consensus/aggregate.hpp>
#include <raida/fanout/fanout.hpp>
#include <raida/testing/fleet.hpp>
#include <raida/wire/commands.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr std::size_t askers = 8, rounds = 12, batch = 5;

// The threads of the network, and 25 servers among them.
struct world
{
    asio::thread_pool loop{4};
    raida::testing::fleet fleet{asio::make_strand(loop)};
    std::vector<raida::token> tokens = raida::testing::make_tokens(askers * batch);

    world() { fleet.add(tokens); }

    // Before what the threads use dies.
    void end()
    {
        asio::post(fleet.get_executor(), [this] { fleet.stop(); });
        loop.join();
    }

    [[nodiscard]] std::span<const raida::token> part(std::size_t asker) const
    {
        return std::span{tokens}.subspan(asker * batch, batch);
    }
};

// Each on a thread of its own.
template <class Work>
void at_once(Work work)
{
    std::vector<std::thread> threads;
    for (std::size_t asker = 0; asker < askers; ++asker)
        threads.emplace_back(work, asker);
    for (auto& one : threads)
        one.join();
}

// Caught where it is thrown: ThreadSanitizer does not see how the standard library counts an exception's
// owners.
asio::awaitable<std::error_code> error_of(asio::awaitable<raida::batch_tally<>> call)
{
    try {
        static_cast<void>(co_await std::move(call));
    } catch (const std::system_error& refused) {
        co_return refused.code();
    }
    co_return std::error_code{};
}

} // namespace

TEST_CASE("a client on a strand is called from many threads, which wait for its answers", "[threads]")
{
    world w;
    raida::client client{
        asio::make_strand(w.loop), w.fleet.servers(), {.deadline = 1h, .retry = {}, .budget = 1h}};
    std::atomic<std::size_t> authentic = 0;
    at_once([&](std::size_t asker) {
        for (std::size_t round = 0; round < rounds; ++round) {
            auto call = client.async_detect(w.part(asker), asio::use_awaitable);
            const auto votes = asio::co_spawn(client.get_executor(), std::move(call), asio::use_future).get();
            authentic += votes.count(raida::verdict::authentic);
        }
    });
    CHECK(authentic == askers * rounds * batch);
    w.end();
}

TEST_CASE("what is not lazy is dispatched to the client's strand", "[threads]")
{
    world w;
    raida::client client{
        asio::make_strand(w.loop), w.fleet.servers(), {.deadline = 1h, .retry = {}, .budget = 1h}};
    std::atomic<std::size_t> authentic = 0;
    at_once([&](std::size_t asker) {
        std::promise<void> over;
        asio::dispatch(client.get_executor(), [&] {
            client.async_detect(w.part(asker), [&](std::error_code, const raida::batch_tally<>& votes) {
                authentic += votes.count(raida::verdict::authentic);
                over.set_value();
            });
        });
        over.get_future().wait();
    });
    CHECK(authentic == askers * batch);
    w.end();
}

TEST_CASE("a fan-out on a strand is called from many threads", "[threads]")
{
    world w;
    raida::network network{asio::make_strand(w.loop), w.fleet.servers()};
    std::atomic<std::size_t> answered = 0;
    at_once([&](std::size_t asker) {
        raida::commands<> ask; // one for each thread: it counts
        for (std::size_t round = 0; round < rounds; ++round) {
            auto call =
                network.async_request(ask.detect(w.part(asker)), {.deadline = 1h}, asio::use_awaitable);
            answered +=
                asio::co_spawn(network.get_executor(), std::move(call), asio::use_future).get().answered();
        }
    });
    CHECK(answered == askers * rounds * 25);
    w.end();
}

TEST_CASE("the strand's owner may go while threads still ask", "[threads]")
{
    world w;
    auto client = std::make_unique<raida::client>(asio::make_strand(w.loop), w.fleet.servers());
    std::vector<asio::awaitable<raida::batch_tally<>>> calls;
    for (std::size_t asker = 0; asker < askers; ++asker)
        calls.push_back(client->async_detect(w.part(asker), asio::use_awaitable));
    const auto executor = client->get_executor();
    std::promise<void> gone;
    asio::dispatch(executor, [&] {
        client.reset();
        gone.set_value();
    });
    gone.get_future().wait();
    std::atomic<std::size_t> stopped = 0;
    at_once([&](std::size_t asker) {
        const auto error =
            asio::co_spawn(executor, error_of(std::move(calls[asker])), asio::use_future).get();
        stopped += error == raida::errc::engine_stopped ? 1U : 0U;
    });
    CHECK(stopped == askers);
    w.end();
}
