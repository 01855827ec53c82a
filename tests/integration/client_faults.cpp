// What the client owes its caller when things go wrong: no lost handler, no datagram too many, no wrong vote.
#include <raida/client.hpp>
#include <raida/testing/tcp_fleet.hpp>
#include <raida/transport/tcp.hpp>

#include "client_faults.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace client_faults;
using raida::errc;
using raida::holding;
using raida::status;
using raida::transfer_outcome;
using raida::verdict;
using raida::testing::forced_answer;

namespace {

// Throws out of the recorder the first time.
struct failing_log
{
    std::shared_ptr<int> calls = std::make_shared<int>(0);
    void operator()(const raida::request_record&) const
    {
        if ((*calls)++ == 0)
            throw std::runtime_error{"log"};
    }
};

} // namespace

TEST_CASE("an execution context that dies with calls in flight frees their handlers", "[client]")
{
    asio::io_context idle; // its servers have sockets and never answer
    raida::testing::fleet fleet{idle};
    const auto tokens = of_one_page(2);
    const auto held = std::make_shared<int>();
    const bool client_first = GENERATE(false, true);
    {
        auto io = std::make_unique<asio::io_context>();
        auto client = std::make_unique<raida::client>(*io, fleet.servers(), patient());
        client->async_detect(tokens, [held](std::error_code, const raida::batch_tally<>&) {});
        client->async_echo([held](std::error_code, const raida::replies<>&) {});
        for (const auto& one : tokens) // the second waits for the page of the first
            client->async_pown(std::span{&one, 1}, {.journal = take_record},
                               [held](std::error_code, const raida::transfer<>&) {});
        CHECK(held.use_count() == 5);
        if (client_first)
            client.reset();
        io.reset();
    }
    CHECK(held.use_count() == 1);
}

TEST_CASE("nothing more is sent once a call was cancelled", "[client]")
{
    auto settings = patient();
    settings.chunks_in_flight = 2;
    world w{raida::testing::make_tokens(1280), settings};
    asio::cancellation_signal signal;
    votes got;
    w.fleet.on_request([&, seen = 0](std::size_t, raida::bytes_view) mutable {
        if (++seen == 1)
            asio::post(w.io, [&] { signal.emit(asio::cancellation_type::terminal); });
    });
    w.client->async_detect(w.tokens, asio::bind_cancellation_slot(signal.slot(), got.handler()));
    w.wait(got);
    w.settle();
    CHECK_FALSE(got.error);
    CHECK(got.result.token_count() == 1280);
    CHECK_FALSE(got.result.complete());
    for (std::size_t server = 0; server < 25; ++server)
        CHECK(w.fleet.counters(server).requests <= 2 + 1); // two of 20 chunks, and the last echo
}

TEST_CASE("a client destroyed with chunks not yet sent gives a result that covers the batch", "[client]")
{
    auto settings = patient();
    settings.chunks_in_flight = 2;
    world w{raida::testing::make_tokens(1280), settings};
    votes got;
    w.client->async_detect(w.tokens, got.handler());
    w.client.reset();
    w.wait(got);
    CHECK(got.result.token_count() == 1280);
    CHECK(got.result.count(verdict::undecided) == 1280);
    CHECK(got.result.verdict(1279) == verdict::undecided);
    CHECK_FALSE(got.result.complete());
}

TEST_CASE("a quorum that two sides could reach is refused before anything is sent", "[client]")
{
    for (const std::size_t quorum : {1U, 12U, 26U}) {
        CAPTURE(quorum);
        auto settings = patient();
        settings.consensus.quorum = quorum;
        world w{raida::testing::make_tokens(1), settings};
        votes got;
        w.client->async_detect(w.tokens, got.handler());
        CHECK(w.wait(got).error == errc::invalid_quorum);
        w.settle();
        CHECK(w.fleet.counters().requests == 25);
    }
}

TEST_CASE("a server that always says too long costs the others nothing, nor later powns", "[client][pown]")
{
    world w{raida::testing::make_tokens(640), patient_but(8, 150ms)};
    w.fleet.set(7, {.answer = forced_answer::as_measured(status::invalid_packet_length)});
    w.fleet.set(8, {.silent = true});
    votes got;
    w.client->async_detect(w.tokens, got.handler());
    w.wait(got);
    CHECK_FALSE(got.error);
    CHECK(got.result.count(verdict::authentic) == 640);
    CHECK(got.result.pown_string(639) == "pppppppenpppppppppppppppp");
    CHECK(w.fleet.counters(0).requests == 10); // and no part again
    CHECK(w.fleet.counters(8).requests == 10);

    w.fleet.set(8, {});
    const std::uint64_t before = w.fleet.counters(7).requests;
    powned first, second;
    w.client->async_pown(std::span{w.tokens}.first(36), {.journal = take_record}, first.handler());
    w.wait(first);
    CHECK_FALSE(first.error);
    CHECK(first.result.count(transfer_outcome::transferred) == 36);
    CHECK(first.result.at(0, 7) == holding::unknown);
    CHECK(w.fleet.counters(7).requests - before < 50); // it is not asked about ever fewer tokens

    w.fleet.set(7, {});
    w.client->async_pown(std::span{w.tokens}.subspan(36, 2), {.journal = take_record}, second.handler());
    w.wait(second);
    CHECK_FALSE(second.error);
    CHECK(second.result.complete());
}

TEST_CASE("a recorder that throws costs no handler and keeps no page", "[client][pown]")
{
    const failing_log log;
    auto settings = patient();
    settings.on_record = log;
    world w{raida::testing::make_tokens(1), settings};
    const auto run = [&w](auto& what) {
        int thrown = 0;
        while (!what.over)
            try {
                w.io.run_one();
            } catch (const std::runtime_error&) {
                ++thrown;
            }
        return thrown;
    };
    powned first, second;
    w.client->async_pown(w.tokens, {.journal = take_record}, first.handler());
    CHECK(run(first) == 1);
    REQUIRE(first.result.complete());
    auto now = first.result.token_now(0);
    w.client->async_pown(std::span{&now, 1}, {.journal = take_record}, second.handler());
    CHECK(run(second) == 0);
    CHECK(second.result.count(0, holding::new_number) == 25);

    *log.calls = 0;
    now = second.result.token_now(0);
    votes got;
    w.client->async_detect(std::span{&now, 1}, got.handler());
    CHECK(run(got) == 1);
    CHECK(got.result.passes(0) == 25);
}

TEST_CASE("a recorder may destroy the client, whose handlers are called all the same", "[client][pown]")
{
    std::unique_ptr<raida::client> client;
    auto settings = patient();
    settings.on_record = [&client](const raida::request_record&) { client.reset(); };
    world w{raida::testing::make_tokens(130)};
    const auto make = [&] { client = std::make_unique<raida::client>(w.io, w.fleet.servers(), settings); };
    make();
    votes got;
    client->async_detect(w.tokens, got.handler());
    w.wait(got);
    CHECK_FALSE(got.error);
    CHECK(got.result.token_count() == 130);
    CHECK_FALSE(client);

    make();
    powned changed;
    client->async_pown(std::span{w.tokens}.first(1), {.journal = take_record}, changed.handler());
    w.wait(changed);
    CHECK_FALSE(client);
    CHECK(changed.result.count(0, holding::new_number) == 25); // that had been answered
}

TEST_CASE("a server without an address is not asked, and asked again once it has one", "[client]")
{
    world w{raida::testing::make_tokens(2)};
    auto servers = w.fleet.servers();
    servers.clear(5);
    w.client->set_servers(servers);
    outcome<raida::replies<>> echo;
    w.client->async_echo(echo.handler());
    w.wait(echo);
    CHECK(echo.result[5].error == errc::no_endpoint);
    CHECK(echo.result[5].attempts == 0);
    CHECK(echo.result.answered() == 24);
    votes gap, whole;
    w.client->async_detect(w.tokens, gap.handler());
    w.wait(gap);
    CHECK(gap.result.pown_string(0) == "pppppuppppppppppppppppppp");
    w.settle();
    CHECK(w.fleet.counters(5).requests == 1); // the last echo
    w.client->set_servers(w.fleet.servers());
    w.client->async_detect(w.tokens, whole.handler());
    w.wait(whole);
    CHECK(whole.result.passes(0) == 25);
}

TEST_CASE("missing numbers in the midst of a batch cost their own votes only", "[client]")
{
    world w{raida::testing::make_tokens(5)};
    auto partial = w.tokens;
    partial[1].numbers[3] = {};
    for (std::size_t server = 0; server < 13; ++server)
        partial[2].numbers[server] = {};
    partial[4].numbers = {};
    votes got;
    w.client->async_detect(partial, got.handler());
    w.wait(got);
    CHECK_FALSE(got.error);
    REQUIRE(got.result.token_count() == 5);
    CHECK(got.result.passes(0) == 25);
    CHECK(got.result.passes(1) == 24);
    CHECK(got.result.vote(1, 3) == raida::vote::none);
    CHECK(got.result.passes(2) == 12);
    CHECK(got.result.fails(2) == 0);
    CHECK(got.result.verdict(2) == verdict::undecided);
    CHECK(got.result.passes(3) == 25);
    CHECK(got.result.unknowns(4) == 25);

    std::vector<raida::authenticity_numbers<>> others;
    for (const auto& one : raida::testing::make_tokens(5, 2))
        others.push_back(one.numbers);
    outcome<raida::find_tally<>> found;
    w.client->async_find(partial, others, found.handler());
    w.wait(found);
    CHECK_FALSE(found.error);
    CHECK(found.result.count(0, raida::find_answer::authenticity) == 25);
    CHECK(found.result.count(2, raida::find_answer::authenticity) == 12);
    CHECK(found.result.count(2, raida::find_answer::neither) == 0);
    CHECK_FALSE(found.result.answer(2, 12));
    CHECK_FALSE(found.result.answer(4, 0));
}

TEST_CASE("a find with a new number missing anywhere asks nobody", "[client]")
{
    world w{raida::testing::make_tokens(200)};
    std::vector<raida::authenticity_numbers<>> others;
    for (const auto& one : raida::testing::make_tokens(200, 2))
        others.push_back(one.numbers);
    others.back()[24] = {};
    outcome<raida::find_tally<>> found;
    w.client->async_find(w.tokens, others, found.handler());
    w.wait(found);
    CHECK(found.error == raida::errc::invalid_authenticity);
    w.settle();
    CHECK(w.fleet.counters().requests == 25); // the last echo
}

TEST_CASE("without any number there is nobody to ask, and that is no error", "[client]")
{
    auto settings = patient();
    settings.chunks_in_flight = 1;
    world w{raida::testing::make_tokens(3), settings};
    auto partial = w.tokens;
    partial[0].numbers = {};
    votes got;
    w.client->async_detect(partial, got.handler());
    w.wait(got);
    CHECK_FALSE(got.error);
    CHECK(got.result.unknowns(0) == 25);
    CHECK(got.result.pown_string(0) == std::string(25, 'u'));
    CHECK(got.result.passes(1) == 25);
    CHECK(got.result.passes(2) == 25);
    votes none;
    w.client->async_detect({partial.data(), 1}, none.handler());
    w.wait(none);
    CHECK_FALSE(none.error);
    CHECK(none.result.unknowns(0) == 25);
}

TEST_CASE("a budget beyond the longest deadline is as good as that", "[client][pown]")
{
    auto settings = patient();
    settings.budget = 2h;
    world w{raida::testing::make_tokens(2), settings};
    votes got;
    w.client->async_detect(w.tokens, got.handler());
    w.wait(got);
    CHECK_FALSE(got.error);
    CHECK(got.result.count(verdict::authentic) == 2);
    powned changed;
    w.client->async_pown(w.tokens, {.journal = take_record}, changed.handler());
    w.wait(changed);
    CHECK_FALSE(changed.error);
    CHECK(changed.result.count(transfer_outcome::transferred) == 2);
}

TEST_CASE("chunks that wait for their turn at slow servers wait as long as the call may take",
          "[client][tcp]")
{
    asio::io_context io;
    raida::testing::tcp_fleet fleet{io};
    const auto tokens = raida::testing::make_tokens(5 * 64);
    fleet.add(tokens);
    fleet.set_tcp(3, {.delay = 10ms});
    auto settings = patient();
    settings.engine.queue_wait = 1ms;
    raida::basic_client<25, raida::transport::tcp> client{io, fleet.servers(), settings};
    votes got;
    client.async_detect(tokens, got.handler());
    wait_for(io, got);
    CHECK_FALSE(got.error);
    for (std::size_t t = 0; t < tokens.size(); t += 64)
        CHECK(got.result.passes(t) == 25);
}
