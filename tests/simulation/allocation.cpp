// A warm engine allocates nothing.
#include "simulation/counted_new.hpp"
#include "simulation/support.hpp"

#include <raida/testing/simulation.hpp>
#include <raida/wire/commands.hpp>

#include <catch2/catch_template_test_macros.hpp>

#include <new>

using namespace tests;

namespace {

// Keeps what every answer needs in place of an allocation.
template <class Executor>
class quiet_transport
{
  public:
    using executor_type = Executor;

    struct state
    {
        raida::transport_sink* sink = nullptr;
        time_point now{1h};
        std::array<std::array<std::uint8_t, 32>, n * 64> answers{};
        std::array<std::size_t, n * 64> lanes{};
        std::size_t waiting = 0;

        void answer_all()
        {
            for (std::size_t i = 0; i < waiting; ++i)
                sink->on_datagram(lanes[i], 0, {.bytes = answers[i]});
            waiting = 0;
            sink->on_wake();
        }
    };

    template <class Other>
    struct rebind_executor
    {
        using other = quiet_transport<Other>;
    };

    quiet_transport(Executor executor, state& how) : executor_{std::move(executor)}, how_{&how} {}

    [[nodiscard]] executor_type get_executor() const noexcept { return executor_; }
    void attach(raida::transport_sink& sink, const std::weak_ptr<void>&) { how_->sink = &sink; }
    [[nodiscard]] bool has_endpoint(std::size_t) const noexcept { return true; }
    void set_endpoint(std::size_t, const asio::ip::udp::endpoint&) {}
    raida::submitted submit(std::size_t lane, std::uint8_t, std::span<const raida::outgoing> batch)
    {
        for (const raida::outgoing& one : batch) {
            header_of_answer(one.bytes).write(how_->answers[how_->waiting].data());
            how_->lanes[how_->waiting++] = lane;
        }
        return {batch.size(), {}};
    }
    void drain(std::size_t) {}
    void close_generation(std::size_t, std::uint8_t) {}
    [[nodiscard]] time_point now() const noexcept { return how_->now; }
    void arm(time_point) noexcept {}
    void listen() noexcept {}
    void rest() noexcept {}
    void close() noexcept {}
    void release() noexcept {}

  private:
    Executor executor_;
    state* how_;
};

// Runs fan-outs `at_once` at a time, each started by the handler of the one before.
template <class Executor>
struct runner
{
    using transport = quiet_transport<Executor>;
    static constexpr std::size_t warm_up = 100, measured = 500;

    explicit runner(Executor executor) : engine{transport{executor, *state}, servers()}
    {
        for (std::size_t i = 0; i < storage.size(); ++i)
            all[i] = requests(static_cast<std::uint16_t>(i));
    }

    // Within one run(): Asio's own caches live as long as that.
    template <class Ask>
    std::size_t allocations_when_warm(asio::io_context& io, std::size_t at_once, Ask ask)
    {
        asio::post(io, [&] {
            for (std::size_t i = 0; i < at_once; ++i)
                ask(*this, i);
            pump();
        });
        io.run();
        return after - before;
    }

    void pump()
    {
        if (state->waiting != 0)
            state->answer_all();
        if (state->waiting != 0 || done < warm_up + measured)
            asio::post(engine.get_executor(), [this] { pump(); });
    }

    // What a handler does. True if it is to ask again.
    bool finished(std::size_t i, std::error_code error)
    {
        answered += error ? 0 : storage[i].answered();
        if (++done == warm_up)
            before = allocations();
        else if (done == warm_up + measured)
            after = allocations();
        return done < warm_up + measured;
    }

    std::unique_ptr<typename transport::state> state = std::make_unique<typename transport::state>();
    raida::fanout<n, transport> engine;
    std::array<packets, 32> all{};
    std::array<replies, 32> storage{};
    std::array<asio::cancellation_signal, 32> signals{};
    std::size_t done = 0, answered = 0, told = 0, before = 0, after = 0;
};

template <class Runner>
void ask_plainly(Runner& on, std::size_t i)
{
    on.engine.async_request(on.all[i], on.storage[i], {.deadline = 1s}, [&on, i](std::error_code error) {
        if (on.finished(i, error))
            ask_plainly(on, i);
    });
}

template <class Runner>
void ask_with_everything(Runner& on, std::size_t i)
{
    options how{.complete = [&on](const replies&) { return on.done == 1'000'000; },
                .on_reply = [&on](const raida::reply&) { ++on.told; }};
    on.engine.async_request(
        on.all[i], on.storage[i], std::move(how),
        asio::bind_cancellation_slot(on.signals[i].slot(), [&on, i](std::error_code error) {
            if (on.finished(i, error))
                ask_with_everything(on, i);
        }));
}

} // namespace

TEMPLATE_TEST_CASE("a warm engine allocates nothing for a fan-out into the caller's storage",
                   "[simulation][allocation]", asio::io_context::executor_type, asio::any_io_executor)
{
    asio::io_context io{1};
    using self = runner<TestType>;
    const auto on = std::make_unique<self>(io.get_executor());

    SECTION("one at a time")
    {
        CHECK(on->allocations_when_warm(io, 1, ask_plainly<self>) == 0);
    }
    SECTION("many at once")
    {
        CHECK(on->allocations_when_warm(io, 32, ask_plainly<self>) == 0);
    }
    SECTION("with progress, an own rule, a cancellation slot and a hook")
    {
        std::size_t seen = 0;
        on->engine.on_event([&](const raida::engine_event& one) {
            seen += one.what == raida::event_kind::answered ? 1U : 0U;
        });
        CHECK(on->allocations_when_warm(io, 4, ask_with_everything<self>) == 0);
        CHECK(on->told == on->answered);
        CHECK(seen == on->answered);
        on->engine.on_event(nullptr);
    }
    CHECK(on->done >= self::warm_up + self::measured);
    CHECK(on->answered == on->done * n);
}

TEST_CASE("thousands of fan-outs to 25 silent servers leave memory and timers where they were",
          "[simulation][allocation]")
{
    raida::testing::simulation world;
    raida::fanout<25, raida::testing::simulated_transport> network{world, raida::loopback()};
    raida::commands<> ask;
    std::size_t timed_out = 0;
    const auto ask_thousand = [&] {
        for (std::size_t i = 0; i < 1000; ++i) {
            network.async_request(ask.echo(), {.deadline = 1s}, [&](std::error_code, raida::replies<> got) {
                for (const raida::reply& one : got)
                    timed_out += one.error == raida::errc::timed_out ? 1U : 0U;
            });
            if (i % 100 == 99)
                world.run();
        }
    };
    ask_thousand(); // what is kept for the next is there now
    const std::size_t kept = live_allocations();
    ask_thousand();
    ask_thousand();
    CHECK(timed_out == 3 * 1000 * 25);
    CHECK(live_allocations() == kept);
}

TEST_CASE("the counter sees each form of new", "[simulation][allocation]")
{
    // Called by name: the compiler may leave out what only a new-expression allocates.
    constexpr auto aligned = std::align_val_t{64};
    const auto made = [](auto make) {
        const auto before = allocations();
        make();
        return allocations() - before;
    };
    CHECK(made([] { ::operator delete(::operator new(3)); }) == 1);
    CHECK(made([] { ::operator delete[](::operator new[](3)); }) == 1);
    CHECK(made([] { ::operator delete(::operator new(3, std::nothrow), std::nothrow); }) == 1);
    CHECK(made([] { ::operator delete(::operator new(3, aligned), aligned); }) == 1);
    CHECK(made([] { ::operator delete[](::operator new[](3, aligned), aligned); }) == 1);
}
