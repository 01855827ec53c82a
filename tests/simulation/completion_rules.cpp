// When a fan-out is finished: rules, lingering, and progress.
#include "simulation/support.hpp"

#include <asio/error.hpp>

#include <stdexcept>

using namespace tests;

namespace {

// Server i answers after (i + 1) * 10 ms with `verdict(i)`.
auto in_turn(std::function<status(std::size_t)> verdict)
{
    return [verdict = std::move(verdict)](const simulated_request& request) {
        request.reply((request.server + 1) * 10ms,
                      answer(request.bytes, verdict(request.server),
                             verdict(request.server) == status::mixed ? bytes{0b01} : bytes{}));
    };
}

const packets& detect()
{
    static const packets all = requests(1, raida::detect_command);
    return all;
}

} // namespace

TEST_CASE("when_all waits for every slot", "[simulation][completion]")
{
    bench on;
    on.world.on_request = in_turn([](std::size_t) { return status::all_pass; });
    const auto result = on.ask(detect(), {.complete = raida::when_all()});
    on.world.run();
    CHECK(result->got.answered() == n);
    CHECK(on.passed(result->at) == 250ms);
}

TEST_CASE("when_quorum is finished when thirteen verified answers agree", "[simulation][completion]")
{
    const auto what = GENERATE(status::all_pass, status::all_fail);
    bench on;
    on.world.on_request = in_turn([&](std::size_t) { return what; });
    const auto result = on.ask(detect(), {.complete = raida::when_quorum()});
    on.world.run();
    CHECK(on.passed(result->at) == 130ms);
    CHECK(result->got.answered() == 13);
    for (std::size_t server = 13; server < n; ++server) {
        CHECK(result->got[server].error == errc::not_awaited);
        CHECK(result->got[server].attempts == 1); // it was asked
    }
    CHECK(on.engine->statistics().total().late == 12);
    CHECK(on.engine->statistics().total().timed_out == 0);
}

TEST_CASE("when_quorum counts neither mixed answers nor errors nor disagreement", "[simulation][completion]")
{
    bench on;
    on.world.on_request = in_turn([](std::size_t server) {
        return server < 4    ? status::mixed
               : server < 8  ? status::all_fail
               : server < 10 ? status::internal
                             : status::all_pass;
    });
    const auto result = on.ask(detect(), {.complete = raida::when_quorum()});
    on.world.run();
    CHECK(on.passed(result->at) == 230ms); // the thirteenth pass is server 22's
    CHECK(result->got.answered() == 23);
}

TEST_CASE("when_quorum takes another quorum, and waits for all if it is never reached",
          "[simulation][completion]")
{
    bench on;
    on.world.on_request =
        in_turn([](std::size_t server) { return server == 3 ? status::all_fail : status::all_pass; });
    const auto twenty = on.ask(detect(), {.complete = raida::when_quorum(20)});
    on.world.run();
    CHECK(on.passed(twenty->at) == 210ms);
    const auto all = on.ask(requests(2, raida::detect_command), {.complete = raida::when_quorum(25)});
    on.world.run();
    CHECK(all->got.answered() == n);
}

TEST_CASE("unverified answers are no quorum", "[simulation][completion]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(1ms, unproved(request.bytes, status::all_pass));
    };
    auto all = packets(n);
    for (std::size_t server = 0; server < n; ++server) {
        all[server] = sealed_request_to(server, 1);
        all[server][4] = 1;
    }
    const auto result = on.ask(all, {.complete = raida::when_quorum()});
    on.world.run();
    CHECK(result->got.answered() == n); // all of them unverified
    CHECK(count_of(result->got, errc::not_awaited) == 0);
}

TEST_CASE("when_decided is finished when no answer can change a verdict any more", "[simulation][completion]")
{
    bench on;
    on.world.on_request =
        in_turn([](std::size_t server) { return server % 2 == 0 ? status::mixed : status::all_pass; });
    // Token 0 passes everywhere; token 1 fails at even servers: thirteen of them, the last is 24.
    const auto one = on.ask(detect(), {.complete = raida::when_decided(1)});
    const auto both = on.ask(requests(2, raida::detect_command), {.complete = raida::when_decided(2)});
    on.world.run();
    CHECK(both->got.answered() == n);
    CHECK(on.passed(both->at) == 250ms);
    CHECK(on.passed(one->at) <= 250ms);
}

TEST_CASE("when_decided stops at thirteen equal votes, and not before", "[simulation][completion]")
{
    bench on;
    on.world.on_request = in_turn([](std::size_t) { return status::all_pass; });
    const auto result = on.ask(detect(), {.complete = raida::when_decided(5)});
    on.world.run();
    CHECK(on.passed(result->at) == 130ms);
    CHECK(result->got.answered() == 13);
}

TEST_CASE("when_decided is asked after failures, too", "[simulation][completion]")
{
    // Twelve pass, one fails, the others are refused: the verdict is out of reach once they are.
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        if (request.server < 12)
            request.reply(1ms, answer(request.bytes, status::all_pass));
        else if (request.server < 24)
            request.fail(5ms, refused());
        else
            request.reply(100ms, answer(request.bytes, status::all_fail));
    };
    const auto result = on.ask(detect(), {.complete = raida::when_decided(1)});
    on.world.run();
    CHECK(result->got.answered() == 13); // 24 could still have made it thirteen
    CHECK(on.passed(result->at) == 100ms);
}

TEST_CASE("when too few were asked for any verdict, when_decided waits for all of them",
          "[simulation][completion]")
{
    bench on;
    on.world.on_request = in_turn([](std::size_t) { return status::all_pass; });
    const auto result = on.ask(only(detect(), {0, 5, 20}), {.complete = raida::when_decided(1)});
    on.world.run();
    CHECK(result->got.answered() == 3);
}

TEST_CASE("an own rule sees what is settled so far, and what is not as pending", "[simulation][completion]")
{
    bench on;
    on.world.on_request = in_turn([](std::size_t) { return status::success; });
    std::size_t asked = 0;
    const auto result = on.ask(only(requests(1), {0, 1, 2, 3, 4}), {.complete = [&](const replies& so_far) {
                                   ++asked;
                                   CHECK(so_far.answered() == asked);
                                   CHECK(count_of(so_far, errc::pending) == 5 - asked);
                                   CHECK(count_of(so_far, errc::skipped) == n - 5);
                                   return asked == 3;
                               }});
    on.world.run();
    CHECK(asked == 3);
    CHECK(on.passed(result->at) == 30ms);
    CHECK(count_of(result->got, errc::not_awaited) == 2);
}

TEST_CASE("an own rule is not asked when there is nothing left to give up", "[simulation][completion]")
{
    bench on;
    std::size_t asked = 0;
    const auto result = on.ask(only(requests(1), {7}), {.complete = [&](const replies&) {
                                   ++asked;
                                   return true;
                               }});
    on.world.run();
    CHECK(asked == 0);
    CHECK(result->got.answered() == 1);
}

TEST_CASE("a rule larger than the inline storage works as well", "[simulation][completion]")
{
    bench on;
    on.world.on_request = in_turn([](std::size_t) { return status::success; });
    std::array<std::uint64_t, 100> weight{};
    weight[99] = 2;
    std::array<std::size_t, n> shown{};
    const auto result =
        on.ask(requests(1),
               {.complete = [weight](const replies& so_far) { return so_far.answered() == weight[99]; },
                .on_reply = [weight, &shown](const raida::reply& one) { shown[one.server] += weight[99]; }});
    on.world.run();
    CHECK(result->got.answered() == 2);
    CHECK(shown[0] == 2);
    CHECK(shown[1] == 2);
    CHECK(shown[2] == 0);
}

TEST_CASE("rules and watchers may be empty std::functions and null pointers", "[simulation][completion]")
{
    bench on;
    const auto result = on.ask(requests(1), {.complete = std::function<bool(const replies&)>{},
                                             .on_reply = std::function<void(const raida::reply&)>{}});
    void (*nobody)(const raida::reply&) = nullptr;
    const auto other = on.ask(requests(2), {.on_reply = nobody});
    on.world.run();
    CHECK(result->got.answered() == n);
    CHECK(other->got.answered() == n);
}

// ---- lingering

TEST_CASE("lingering takes what still comes, then gives the rest up", "[simulation][completion]")
{
    bench on;
    on.world.on_request = in_turn([](std::size_t) { return status::all_pass; });
    const auto result = on.ask(detect(), {.complete = raida::when_quorum(), .linger = 35ms});
    on.world.run();
    CHECK(on.passed(result->at) == 165ms);
    CHECK(result->got.answered() == 16);
    CHECK(count_of(result->got, errc::not_awaited) == 9);
}

TEST_CASE("lingering ends as soon as everything is there", "[simulation][completion]")
{
    bench on;
    on.world.on_request = in_turn([](std::size_t) { return status::all_pass; });
    const auto result = on.ask(detect(), {.complete = raida::when_quorum(), .linger = 1h});
    on.world.run();
    CHECK(on.passed(result->at) == 250ms);
    CHECK(result->got.answered() == n);
}

TEST_CASE("what arrives at the very end of lingering counts", "[simulation][completion]")
{
    bench on;
    on.world.on_request = in_turn([](std::size_t) { return status::all_pass; });
    const auto result = on.ask(detect(), {.complete = raida::when_quorum(), .linger = 20ms});
    on.world.run();
    CHECK(on.passed(result->at) == 150ms);
    CHECK(result->got.answered() == 15);
}

TEST_CASE("deadlines go on while it lingers, and the rule is not asked again", "[simulation][completion]")
{
    std::array<std::chrono::milliseconds, n> each{};
    each.fill(3s);
    each[24] = 20ms;
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        if (request.server == 0)
            request.reply(10ms, answer(request.bytes));
    };
    std::size_t asked = 0;
    const auto result = on.ask(requests(1), {.deadline = each,
                                             .complete =
                                                 [&](const replies&) {
                                                     ++asked;
                                                     return true;
                                                 },
                                             .linger = 50ms});
    on.world.run();
    CHECK(asked == 1);
    CHECK(on.passed(result->at) == 60ms);
    CHECK(result->got[24].error == errc::timed_out);
    CHECK(count_of(result->got, errc::not_awaited) == n - 2);
}

TEST_CASE("lingering does not hold up other fan-outs", "[simulation][completion]")
{
    bench on;
    on.world.on_request = in_turn([](std::size_t) { return status::all_pass; });
    const auto lingering = on.ask(detect(), {.complete = raida::when_quorum(), .linger = 60ms});
    const auto other = on.ask(requests(2, raida::detect_command), {.complete = raida::when_quorum()});
    on.world.run();
    CHECK(on.passed(other->at) == 130ms);
    CHECK(on.passed(lingering->at) == 190ms);
}

// ---- progress

TEST_CASE("on_reply is told of each slot once, in the order of their ends", "[simulation][completion]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        if (request.server == 20)
            return request.fail(5ms, refused());
        if (request.server != 21)
            request.reply((n - request.server) * 10ms, answer(request.bytes, status::success, {1, 2}));
    };
    auto all = requests(1);
    all[3].clear();
    std::vector<std::size_t> order;
    bool completed = false;
    on.engine->async_request(all,
                             options{.deadline = 1s,
                                     .on_reply =
                                         [&](const raida::reply& one) {
                                             CHECK(!completed);
                                             order.push_back(one.server);
                                             if (one.server == 20)
                                                 CHECK(one.error == std::errc::connection_refused);
                                             else if (one.server == 21)
                                                 CHECK(one.error == errc::timed_out);
                                             else
                                                 CHECK(one.body().size() == 2);
                                         }},
                             [&](std::error_code, const replies&) { completed = true; });
    on.world.run();
    CHECK(completed);
    std::vector<std::size_t> expected{20};
    for (std::size_t server = n; server-- > 0;)
        if (server != 3 && server != 20 && server != 21)
            expected.push_back(server);
    expected.push_back(21);
    CHECK(order == expected);
}

TEST_CASE("on_reply is not told of slots that nobody asked or awaited", "[simulation][completion]")
{
    bench on;
    on.world.on_request = in_turn([](std::size_t) { return status::all_pass; });
    std::size_t told = 0;
    const auto result = on.ask(only(detect(), {0, 1, 2, 3}),
                               {.complete = [](const replies& so_far) { return so_far.answered() == 2; },
                                .on_reply = [&](const raida::reply&) { ++told; }});
    on.world.run();
    CHECK(told == 2);
    CHECK(count_of(result->got, errc::not_awaited) == 2);
}

TEST_CASE("on_reply and the rule may start requests on the same engine", "[simulation][completion]")
{
    bench on;
    std::vector<std::shared_ptr<outcome>> more;
    const auto result =
        on.ask(requests(0),
               {.complete =
                    [&](const replies&) {
                        more.push_back(on.ask(requests(static_cast<std::uint16_t>(1000 + more.size()))));
                        return false;
                    },
                .on_reply =
                    [&](const raida::reply&) {
                        more.push_back(on.ask(requests(static_cast<std::uint16_t>(1000 + more.size()))));
                    }});
    on.world.run();
    CHECK(result->got.answered() == n);
    CHECK(more.size() == 2 * n - 1);
    for (const auto& one : more)
        CHECK(one->got.answered() == n);
}
