// A client's calls that are cancelled, destroyed, or meet a callback that throws, after each single step.
#include "simulation/client_operations.hpp"

#include <raida/testing/simulated_fleet.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/ip/address_v4.hpp>

#include <map>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <utility>

using namespace tests;

namespace {

using raida::holding;
using client_type =
    raida::basic_client<n, raida::testing::simulated_transport, raida::plain, raida::testing::seeded_random>;

/// What an operation ended with.
struct ending
{
    std::size_t calls = 0;
    std::error_code error{};
    std::optional<raida::transfer<>> transfer{};
    std::optional<raida::healing<>> healing{};

    template <class Result>
    void take(std::error_code with, Result result)
    {
        ++calls;
        error = with;
        if constexpr (std::is_same_v<Result, raida::transfer<>>)
            transfer = std::move(result);
        if constexpr (std::is_same_v<Result, raida::healing<>>)
            healing = std::move(result);
    }
};

/// Servers that make every part of the client work: one is silent, one is dead and has a mirror, one loses
/// its first answer. Nobody but the first caller changes the tokens.
struct world_of_steps
{
    simulation net;
    raida::testing::simulated_fleet fleet{net};
    raida::testing::simulated_fleet mirrors{net, {.port_base = 19'000}};
    std::vector<raida::token> tokens = some_tokens();
    std::optional<client_type> client;
    asio::cancellation_signal signal;
    std::map<std::size_t, std::size_t> changed; // per server, how often without a find in between
    std::function<void()> told;                 // whatever the client tells
    ending end;

    explicit world_of_steps(operation what)
    {
        fleet.add(tokens);
        if (what >= operation::heal)
            for (const auto& one : tokens)
                fleet.set_number(3, one.id(), new_numbers()[1][3]);
        mirrors.add(tokens);
        fleet.set(13, {.silent = true});
        fleet.kill(8);
        fleet.on_request([this](std::size_t server, raida::bytes_view request) {
            const auto command = raida::request_header::parse(request).value().what;
            if (command == raida::pown_command || command == raida::fix_command)
                ++changed[server];
            else if (command == raida::find_command)
                changed[server] = 0;
            fleet.set(server, {.silent = server == 13,
                               .lose_replies = server == 5 && !std::exchange(lost_, true) ? 1.0 : 0.0});
        });
        make_client();
    }
    world_of_steps(const world_of_steps&) = delete;
    world_of_steps& operator=(const world_of_steps&) = delete;

    void make_client()
    {
        auto servers = fleet.servers();
        servers.set_mirror(8, mirrors.endpoint(8));
        raida::client_settings<> settings{.wait = raida::wait_for::all,
                                          .deadline = 100ms,
                                          .retry = raida::retry_policy::up_to(2),
                                          .allow_plain_pown = true};
        settings.on_record = [this](const auto&) { tell(); };
        client.emplace(raida::testing::simulated_transport{net}, servers, settings, raida::plain{},
                       raida::testing::seeded_random{1000});
    }

    void tell()
    {
        if (told)
            told();
    }

    void begin(operation what)
    {
        with(
            what, *client,
            [this](auto start) {
                start(asio::bind_cancellation_slot(signal.slot(), [this](std::error_code error, auto result) {
                    end.take(error, std::move(result));
                }));
            },
            [this] { tell(); });
    }

    /// Runs to the end; what is thrown is counted.
    std::size_t run()
    {
        for (std::size_t thrown = 0;; ++thrown)
            try {
                net.run();
                return thrown;
            } catch (const std::runtime_error&) {
            }
    }

    // What is claimed must be so, and nothing was powned twice in the dark.
    void check() const
    {
        CHECK(end.calls == 1);
        for (const auto& [server, times] : changed)
            CHECK(times <= 1);
        if (end.healing)
            check(*end.healing);
        if (!end.transfer)
            return;
        const auto& record = end.transfer->record();
        for (std::size_t t = 0; t < record.tokens.size(); ++t)
            for (std::size_t s = 0; s < n; ++s) {
                const auto is = (s == 8 ? mirrors : fleet).number(s, record.tokens[t].id()).value();
                const auto claim = record.holdings[t][s];
                CHECK_FALSE((claim == holding::old_number && is != record.tokens[t].numbers[s]));
                CHECK_FALSE((claim == holding::new_number && is != record.new_numbers[t][s]));
                CHECK_FALSE(claim == holding::neither);
            }
    }

    void check(const raida::healing<>& got) const
    {
        for (std::size_t t = 0; t < got.token_count(); ++t)
            for (std::size_t s = 0; s < n; ++s) {
                const auto is = (s == 8 ? mirrors : fleet).number(s, tokens[t].id()).value();
                CHECK_FALSE((got.at(t, s) == raida::heal_state::healed && is != got.record().fixed(t, s)));
                CHECK_FALSE((got.at(t, s) == raida::heal_state::healthy && is != tokens[t].numbers[s]));
            }
    }

    // Other calls go on, and a journal finishes what was begun.
    void go_on()
    {
        told = {};
        const auto was = std::exchange(end, {});
        if (!client)
            make_client();
        client->async_echo([this](std::error_code error, const raida::replies<>& got) {
            CHECK_FALSE(error);
            CHECK(got.answered() == n - 1); // all but the silent one
            end.calls = 1;
        });
        net.run();
        CHECK(end.calls == 1);
        if (was.healing && was.healing->token_count() != 0)
            client->async_recover_heal(
                was.healing->record(),
                {.journal = [](const raida::heal_record<>&) { return std::error_code{}; }},
                [this](std::error_code error, const raida::healing<>& got) {
                    CHECK_FALSE(error);
                    CHECK(got.at(0, 3) == raida::heal_state::healed);
                    CHECK(got.at(1, 3) == raida::heal_state::healed);
                    check(got);
                });
        if (!was.transfer || was.transfer->record().new_numbers.empty())
            return net.run();
        client->async_recover(was.transfer->record(), {.journal = take_any},
                              [this](std::error_code error, raida::transfer<> got) {
                                  CHECK_FALSE(error);
                                  CHECK(got.count(raida::transfer_outcome::transferred) == tokens.size());
                                  end.transfer = std::move(got);
                              });
        net.run();
        check();
    }

  private:
    bool lost_ = false;
};

/// How many steps an operation takes when it is left alone.
template <class AtStep>
void at_each_step(operation what, AtStep at_step)
{
    for (std::size_t step = 0;; ++step) {
        CAPTURE(step);
        world_of_steps w{what};
        w.begin(what);
        bool goes_on = true;
        for (std::size_t i = 0; i < step && goes_on; ++i)
            goes_on = w.net.run_one();
        if (!goes_on) {
            CHECK(step > 30);
            return;
        }
        at_step(w);
        w.net.run();
        w.check();
        if (step % 8 == 0)
            w.go_on();
    }
}

} // namespace

TEST_CASE("a client's call that is cancelled after any step ends, with what is true", "[client][steps]")
{
    const auto what = GENERATE(from_range(all_operations));
    CAPTURE(static_cast<int>(what));
    at_each_step(what, [](world_of_steps& w) { w.signal.emit(asio::cancellation_type::terminal); });
}

TEST_CASE("a client that is destroyed after any step still calls its handler, with what is true",
          "[client][steps]")
{
    const auto what = GENERATE(from_range(all_operations));
    CAPTURE(static_cast<int>(what));
    at_each_step(what, [](world_of_steps& w) { w.client.reset(); });
}

TEST_CASE("a client that is destroyed in any of its callbacks still calls its handler", "[client][steps]")
{
    const auto what = GENERATE(from_range(all_operations));
    CAPTURE(static_cast<int>(what));
    for (std::size_t nth = 1;; ++nth) {
        CAPTURE(nth);
        world_of_steps w{what};
        std::size_t told = 0;
        w.told = [&] {
            if (++told == nth)
                w.client.reset();
        };
        w.begin(what);
        w.net.run();
        w.check();
        if (told < nth) {
            CHECK(nth > n);
            break;
        }
        CHECK_FALSE(w.client);
    }
}

TEST_CASE("what a client's callbacks throw leaves run(), each time, and the call goes on", "[client][steps]")
{
    const auto what = GENERATE(from_range(all_operations));
    CAPTURE(static_cast<int>(what));
    world_of_steps calm{what};
    calm.begin(what);
    calm.net.run();
    world_of_steps w{what};
    std::size_t told = 0;
    w.told = [&] {
        ++told;
        throw std::runtime_error{"screen"};
    };
    w.begin(what);
    const auto thrown = w.run();
    CHECK(thrown != 0);
    CHECK(thrown <= told);
    w.check();
    CHECK(w.end.error == calm.end.error);
    if (w.end.transfer)
        CHECK(w.end.transfer->record().holdings == calm.end.transfer->record().holdings);
    w.go_on();
}

TEST_CASE("what a client's handler throws leaves run(), and other calls go on", "[client][steps]")
{
    const auto what = GENERATE(from_range(all_operations));
    CAPTURE(static_cast<int>(what));
    world_of_steps w{what};
    std::size_t calls = 0;
    start(what, *w.client, [&](std::error_code, const auto&) {
        ++calls;
        throw std::runtime_error{"handler"};
    });
    w.begin(operation::detect);
    CHECK(w.run() == 1);
    CHECK(calls == 1);
    w.check();
    w.go_on();
}

TEST_CASE("a client that is destroyed by its journal calls its handler", "[client][steps][journal]")
{
    for (const auto what : {operation::pown, operation::recover})
        for (const std::size_t nth : {1U, 2U}) {
            if (what == operation::recover && nth == 2)
                continue; // it writes its last record alone
            world_of_steps w{what};
            std::size_t records = 0;
            raida::pown_options<> how;
            how.journal = [&](const raida::transfer_record<>&, const raida::journal_done& done) {
                if (++records == nth)
                    w.client.reset();
                done();
            };
            const auto handler = [&](std::error_code error, raida::transfer<> got) {
                w.end.take(error, std::move(got));
            };
            if (what == operation::pown)
                w.client->async_pown(w.tokens, std::move(how), handler);
            else
                w.client->async_recover(some_record(), std::move(how), handler);
            w.net.run();
            CHECK(records >= nth);
            w.check();
            w.go_on();
        }
}
