// A process with an engine at work forks. As Asio asks, both sides tell their context; then each has its own
// answers, and neither is woken by what the other leaves unread.
#include <catch2/catch_test_macros.hpp>

#if defined(_WIN32)

TEST_CASE("forks are tested where there are any", "[fork]")
{
    SKIP("there is no fork");
}

#else

#include <raida/fanout.hpp>
#include <raida/testing/fleet.hpp>
#include <raida/transport/portable_udp.hpp>
#include <raida/wire/commands.hpp>

#include <catch2/catch_template_test_macros.hpp>

#include <asio/buffer.hpp>
#include <asio/execution_context.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <system_error>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using asio::execution_context;

namespace {

using native_udp = raida::transport::udp;
using portable_udp = raida::transport::basic_portable_udp<>;

// The servers stay with the parent. Deadlines are hours: whatever is lost hangs.
template <class Transport>
struct network
{
    asio::io_context far;
    asio::io_context near;
    raida::testing::fleet fleet{far};
    raida::commands<> ask;
    raida::fanout<25, Transport> engine{near, fleet.servers()};

    std::shared_ptr<std::size_t> start()
    {
        auto answered = std::make_shared<std::size_t>(0);
        engine.async_request(ask.echo(), {.deadline = 1h},
                             [answered](std::error_code, const auto& got) { *answered = got.answered(); });
        near.restart();
        near.poll(); // it is on its way
        return answered;
    }
    [[nodiscard]] bool is_answered(const std::shared_ptr<std::size_t>& asked)
    {
        near.restart();
        while (*asked == 0)
            near.run_one();
        return *asked == 25;
    }
    void answer_all()
    {
        far.restart();
        far.poll();
    }
};

// The child's way to say that it has come so far. Its end says so, too.
struct milestone
{
    explicit milestone(asio::io_context& io) : from{io}
    {
        REQUIRE(::pipe(ends.data()) == 0);
        from.assign(ends[0]);
    }
    void give() const { static_cast<void>(!::write(ends[1], "x", 1)); }

    // Serves until then.
    void await(asio::io_context& io)
    {
        bool is_there = false;
        from.async_read_some(asio::buffer(&byte, 1), [&](std::error_code error, std::size_t) {
            REQUIRE(!error);
            is_there = true;
        });
        io.restart();
        while (!is_there)
            io.run_one();
    }

    std::array<int, 2> ends{};
    asio::posix::stream_descriptor from;
    char byte = 0;
};

} // namespace

TEMPLATE_TEST_CASE("parent and child of a fork have their own answers, and leave each other alone", "[fork]",
                   native_udp, portable_udp)
{
    network<TestType> on;
    const auto before = on.start();
    on.answer_all();
    REQUIRE(on.is_answered(before));
    const auto during = on.start();
    milestone child_was_answered{on.far}, child_has_asked{on.far};
    std::array<int, 2> parent_is_done{};
    REQUIRE(::pipe(parent_is_done.data()) == 0);

    on.near.notify_fork(execution_context::fork_prepare);
    const pid_t child = ::fork();
    if (child == 0) {
        on.near.notify_fork(execution_context::fork_child);
        const bool first = on.is_answered(on.start());
        child_was_answered.give();
        const auto unread = on.start(); // the answers lie in its sockets
        child_has_asked.give();
        ::close(parent_is_done[1]);
        char byte = 0;
        static_cast<void>(!::read(parent_is_done[0], &byte, 1));
        ::_exit(first && on.is_answered(unread) ? 0 : 1);
    }
    on.near.notify_fork(execution_context::fork_parent);
    REQUIRE(child > 0);
    child_was_answered.await(on.far);
    child_has_asked.await(on.far);
    on.answer_all();
    CHECK(on.is_answered(during)); // none of it went to the child

    const auto after = on.start();
    on.near.poll();
    CHECK(on.near.poll() == 0); // nothing wakes it
    on.answer_all();
    CHECK(on.is_answered(after));
    CHECK(on.engine.statistics().total().sockets == 25);
    ::close(parent_is_done[0]);
    ::close(parent_is_done[1]);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEMPLATE_TEST_CASE("a fork that fails changes nothing", "[fork]", native_udp, portable_udp)
{
    network<TestType> on;
    const auto asked = on.start();
    on.near.notify_fork(execution_context::fork_prepare);
    on.near.notify_fork(execution_context::fork_parent);
    on.answer_all();
    CHECK(on.is_answered(asked));
    CHECK(on.engine.statistics().total().sockets == 25);
}

#endif
