// Networks that change under an engine: paths that die, and advice that comes once. Recovery costs nobody's
// answer.
#include "simulation/support.hpp"

#include <algorithm>

using namespace tests;

namespace {

const auto unreachable = std::make_error_code(std::errc::network_unreachable);
const auto too_long = std::make_error_code(std::errc::message_size);

// Says of the first so many submissions that their socket has lost its address.
auto stale(std::size_t times)
{
    return [times](std::size_t, std::span<const raida::outgoing> batch) mutable {
        const bool is_stale = times != 0;
        times -= is_stale ? 1 : 0;
        return is_stale ? raida::submitted{.error = unreachable, .is_stale = true}
                        : raida::submitted{batch.size(), {}};
    };
}

} // namespace

TEST_CASE("a lane that hears nothing moves to another socket, those that hear stay", "[simulation][paths]")
{
    scripted_bench on;
    std::uint16_t echo = 0;
    const auto ask_both = [&] { // servers 3 and 4, of which 4 answers
        const auto all = only(requests(++echo), {3, 4});
        const auto asked = on.ask(all, {.deadline = 1s});
        on.turn();
        const auto& sent = on.how.sent;
        on.how.arrive(4, sent.back().generation, answer(all[4]));
        on.turn_after(1s);
        CHECK(asked->got.answered() == 1);
        return std::pair{sent[sent.size() - 2].generation, sent.back().generation};
    };
    for (int i = 0; i < 3; ++i)
        CHECK(ask_both() == std::pair<std::uint8_t, std::uint8_t>{0, 0});
    CHECK(ask_both() == std::pair<std::uint8_t, std::uint8_t>{1, 0});
    CHECK(on.how.closed.empty()); // a late answer would arrive there
    const auto asked = on.ask(only(requests(++echo), {3}));
    on.turn();
    on.how.arrive(3, 1, answer(on.how.sent.back().data));
    on.turn();
    CHECK(asked->got.answered() == 1);
    CHECK(on.how.closed == std::vector<std::pair<std::size_t, std::uint8_t>>{{3, 0}});
}

TEST_CASE("a lane that hears answers now and then stays, be they proved or such that cannot be",
          "[simulation][paths]")
{
    scripted_bench on;
    const bool sealed = GENERATE(false, true);
    for (std::uint16_t echo = 1; echo <= 20; ++echo) {
        auto all = only(requests(echo), {3});
        if (sealed)
            all[3] = sealed_request_to(3, echo);
        on.ask(all, {.deadline = 1s});
        on.turn();
        CHECK(on.how.sent.back().generation == 0);
        if (echo % 3 == 0)
            on.how.arrive(3, 0, answer(all[3]));
        on.turn_after(1s);
    }
    CHECK(on.engine->statistics().servers[3].answered == 6);
}

TEST_CASE("retries that hear nothing count as what was asked once", "[simulation][paths]")
{
    scripted_bench on;
    const auto asked =
        on.ask(only(requests(1), {3}), {.deadline = 1s, .retry = raida::retry_policy::up_to(4)});
    on.turn();
    for (int i = 0; i < 3; ++i)
        on.turn_after(5s);
    REQUIRE(on.how.sent.size() == 4);
    CHECK(on.how.sent[2].generation == 0);
    CHECK(on.how.sent[3].generation == 1);
    on.how.arrive(3, 1, answer(on.how.sent[3].data));
    on.turn();
    CHECK(asked->got.answered() == 1);
}

TEST_CASE("rounds that wait for no server's whole time show together that one is silent",
          "[simulation][paths]")
{
    scripted_bench on;
    const options how = GENERATE(options{.deadline = 1s, .overall = 100ms},
                                 options{.deadline = 1s, .complete = raida::when_quorum()});
    std::vector<std::uint8_t> through;
    for (std::uint16_t echo = 1; echo <= 50; ++echo) {
        const auto all = requests(echo, raida::detect_command);
        on.ask(all, options{how});
        on.turn();
        through.push_back(on.how.sent[on.how.sent.size() - n + 3].generation);
        for (std::size_t server = 0; server < n; ++server)
            if (server != 3)
                on.how.arrive(server, 0, answer(all[server], status::all_pass));
        on.turn_after(100ms);
    }
    CHECK(std::count(through.begin(), through.end(), 0) == 30);
    CHECK(through.back() == 1);
}

TEST_CASE("a socket that lost its address is left alone by those that wait for its answers",
          "[simulation][paths]")
{
    scripted_bench on;
    const auto before = on.ask(only(requests(1), {3}));
    on.turn();
    on.how.on_submit = stale(1);
    const auto after = on.ask(only(requests(2), {3}));
    on.turn();
    REQUIRE(on.how.sent.size() == 2);
    CHECK(on.how.sent[0].generation == 0);
    CHECK(on.how.sent[1].generation == 1); // the same turn
    CHECK(on.how.closed.empty());

    on.how.arrive(3, 1, answer(on.how.sent[1].data));
    on.how.arrive(3, 0, answer(on.how.sent[0].data));
    on.turn();
    CHECK(before->got.answered() == 1);
    CHECK(after->got.answered() == 1);
    on.ask(only(requests(3), {3}));
    on.turn();
    CHECK(on.how.closed == std::vector<std::pair<std::size_t, std::uint8_t>>{{3, 0}});
}

TEST_CASE("where no socket can send, that is each request's own failure", "[simulation][paths]")
{
    scripted_bench on;
    const auto before = on.ask(only(requests(1), {3}));
    on.turn();
    on.how.on_submit = stale(1000);
    for (std::uint16_t echo = 2; echo < 10; ++echo) {
        const auto after = on.ask(only(requests(echo), {3}));
        on.turn();
        REQUIRE(after->calls == 1);
        CHECK(after->got[3].error == unreachable);
        CHECK(after->got[3].attempts == 0);
    }
    CHECK(on.how.closed.empty());
    on.how.arrive(3, 0, answer(on.how.sent[0].data));
    on.turn();
    CHECK(before->got.answered() == 1);
}

TEST_CASE("what was too long for its path is sent again at once where it may be", "[simulation][paths]")
{
    bench on;
    std::size_t sent = 0;
    on.world.on_request = [&](const simulated_request& request) {
        if (++sent == 1)
            request.fail(10ms, too_long);
        else
            request.reply(10ms, answer(request.bytes));
    };
    const auto what = GENERATE(raida::echo_command, raida::detect_command, raida::find_command);
    const auto asked = on.ask(only(requests(1, what), {3}), {.retry = raida::retry_policy::up_to(2)});
    on.world.run();
    CHECK(asked->got.answered() == 1);
    CHECK(asked->got[3].attempts == 2);
    CHECK(on.passed(asked->at) == 20ms);
    CHECK(on.counts(3).refused == 0);
}

TEST_CASE("what is too long for its path each time fails after its last attempt", "[simulation][paths]")
{
    bench on;
    std::size_t sent = 0;
    on.world.on_request = [&](const simulated_request& request) {
        ++sent;
        request.fail(10ms, too_long);
    };
    const auto what = GENERATE(raida::detect_command, raida::pown_command);
    const auto attempts = is_idempotent(what) ? 3U : 1U;
    const auto asked = on.ask(only(requests(1, what), {3}), {.retry = raida::retry_policy::up_to(attempts)});
    on.world.run();
    CHECK(sent == attempts);
    CHECK(asked->got[3].error == too_long);
    CHECK(asked->got[3].attempts == attempts);
    CHECK(on.counts(3).refused == 1);
}

TEST_CASE("nobody without proof makes an engine ask again", "[simulation][paths]")
{
    bench on;
    std::size_t sent = 0;
    on.world.on_request = [&](const simulated_request& request) {
        ++sent;
        request.fail(10ms, too_long, 8);
        request.reply(20ms, answer(request.bytes));
    };
    const auto asked = on.ask(only(requests(1), {3}), {.retry = raida::retry_policy::up_to(3)});
    on.world.run();
    CHECK(sent == 1);
    CHECK(asked->got.answered() == 1);
}

TEST_CASE("what left as one packet that was too long is all sent again", "[simulation][paths]")
{
    scripted_bench on;
    bool as_one = true;
    on.how.on_submit = [&](std::size_t, std::span<const raida::outgoing> batch) {
        return raida::submitted{.count = batch.size(), .as_one = std::exchange(as_one, false)};
    };
    std::vector<std::shared_ptr<outcome>> asked;
    bytes whole;
    for (std::uint16_t echo = 1; echo <= 3; ++echo) {
        const auto all = only(requests(echo), {3});
        whole.insert(whole.end(), all[3].begin(), all[3].end());
        asked.push_back(on.ask(all, {.retry = raida::retry_policy::up_to(2)}));
    }
    on.turn();
    REQUIRE(on.how.sent.size() == 3);
    on.how.sink->on_error(3, 0, too_long, whole);
    on.turn();
    REQUIRE(on.how.sent.size() == 6);
    for (std::size_t i = 3; i < 6; ++i)
        on.how.arrive(3, 0, answer(on.how.sent[i].data));
    on.turn();
    for (const auto& one : asked)
        CHECK(one->got.answered() == 1);
}
