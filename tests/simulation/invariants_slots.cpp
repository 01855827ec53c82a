// Invariants 1, 2 and 5: whose slot is it, and is every slot settled.
#include "simulation/support.hpp"

#include <raida/wire/request.hpp>

#include <asio/error.hpp>

#include <numeric>
#include <random>
#include <string>

using namespace tests;

// ---- 1. Slot i is server i.

TEST_CASE("invariant 1: slot i is server i, in whatever order the answers arrive", "[simulation][slots]")
{
    std::mt19937 random{1};
    for (int run = 0; run < 20; ++run) {
        std::array<std::size_t, n> order{};
        std::iota(order.begin(), order.end(), std::size_t{1});
        for (std::size_t i = n; i > 1; --i)
            std::swap(order[i - 1], order[random() % i]);
        bench on;
        on.world.on_request = [&](const simulated_request& request) {
            request.reply(
                order[request.server] * 1ms,
                answer(request.bytes, status::success, {static_cast<std::uint8_t>(request.server), 0xAB}));
        };
        const auto result = on.ask(requests(7));
        on.world.run();

        REQUIRE(result->calls == 1);
        CHECK(!result->error);
        for (std::size_t server = 0; server < n; ++server) {
            const auto& slot = result->got[server];
            REQUIRE(!slot.error);
            CHECK(slot.server == server);
            CHECK(slot.header().server == server);
            REQUIRE(slot.body().size() == 2);
            CHECK(slot.body()[0] == server);
            CHECK(slot.latency == order[server] * 1ms);
            CHECK(slot.attempts == 1);
            CHECK(slot.verified);
            CHECK(!slot.hint);
        }
        CHECK(on.passed(result->at) == 25ms);
    }
}

TEST_CASE("invariant 1: answers of many fan-outs at once find their own slots", "[simulation][slots]")
{
    bench on;
    std::mt19937 random{2};
    on.world.on_request = [&](const simulated_request& request) {
        request.reply(random() % 100 * 1ms,
                      answer(request.bytes, status::success,
                             bytes(request.bytes.begin() + 30, request.bytes.end() - 2)));
    };
    std::vector<packets> asked;
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 100; ++echo) {
        asked.push_back(requests(echo));
        results.push_back(on.ask(asked.back()));
    }
    on.world.run();
    for (std::size_t i = 0; i < asked.size(); ++i) {
        REQUIRE(results[i]->calls == 1);
        for (std::size_t server = 0; server < n; ++server) {
            const auto body = results[i]->got[server].body();
            CHECK(bytes(body.begin(), body.end()) ==
                  bytes(asked[i][server].begin() + 30, asked[i][server].end() - 2));
        }
    }
}

// ---- 2. Exactly one completion with N slots; no server's failure touches another slot.

TEST_CASE("invariant 2: every way to fail stays in its own slot and ends nothing early",
          "[simulation][slots]")
{
    raida::limits allowed;
    allowed.max_reply = 64;
    bench on{allowed};
    auto list = servers();
    list.clear(20);
    on.engine.emplace(on.world, list, allowed);
    on.world.on_request = [](const simulated_request& request) {
        const auto good = answer(request.bytes);
        switch (request.server) {
        case 0:
            return request.fail(1ms, refused());
        case 1:
            return request.fail(2ms, asio::error::host_unreachable);
        case 2:
            return request.fail(2ms, asio::error::network_unreachable);
        case 3:
            return request.fail(2ms, std::make_error_code(std::errc::message_size));
        case 4:
            return request.reply(2ms, answer(request.bytes, status::success, bytes(40, 1))); // oversize
        case 5:
            return request.reply(2ms, bytes{1, 2, 3});
        case 6:
            return; // silence
        case 7:
            return request.reply(2ms, bytes(good.begin(), good.end() - 1));
        case 8:
            return request.reply(2ms, unproved(request.bytes, status::all_pass));
        case 9:
            return request.reply(2ms, unproved(request.bytes, status::invalid_packet_length));
        case 10:
            return request.reply(2ms, with_echo(request.bytes, 999, status::invalid_coin_id));
        default:
            return request.reply(500ms, good);
        }
    };
    auto all = requests(1);
    all[19].clear();
    const auto result = on.ask(all, {.deadline = 1s});
    on.world.run();

    REQUIRE(result->calls == 1);
    CHECK(!result->error);
    const auto& got = result->got;
    CHECK(got[0].error == std::errc::connection_refused);
    CHECK(got[1].error == asio::error::host_unreachable);
    CHECK(got[2].error == asio::error::network_unreachable);
    CHECK(got[3].error == std::errc::message_size);
    CHECK(got[4].error == errc::oversize);
    for (const std::size_t silent : {5U, 6U, 7U, 8U, 10U})
        CHECK(got[silent].error == errc::timed_out);
    CHECK(got[9].status() == status::invalid_packet_length);
    CHECK(got[10].hint == status::invalid_coin_id);
    CHECK(got[19].error == errc::skipped);
    CHECK(got[20].error == errc::no_endpoint);
    for (const std::size_t honest : {11U, 12U, 13U, 14U, 15U, 16U, 17U, 18U, 21U, 22U, 23U, 24U}) {
        CHECK(!got[honest].error);
        CHECK(got[honest].latency == 500ms);
    }
    CHECK(got[19].attempts == 0);
    CHECK(got[20].attempts == 0);
    CHECK(got[0].attempts == 1);
    CHECK(got[0].latency == 1ms);
    CHECK(on.passed(result->at) == 1s);
    CHECK(count_of(got, errc::pending) == 0);
}

TEST_CASE("invariant 2: no slot keeps bytes or a verified mark that it did not earn", "[simulation][slots]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        if (request.server == 0)
            request.reply(1ms, unproved(request.bytes, status::invalid_encryption));
        if (request.server == 0)
            request.fail(2ms, refused());
    };
    const auto result = on.ask(only(requests(1), {0}));
    on.world.run();
    CHECK(result->got[0].error == std::errc::connection_refused);
    CHECK(result->got[0].datagram.empty());
    CHECK(!result->got[0].verified);
    CHECK(result->got[0].status() == status{});
}

TEST_CASE("invariant 2: a fan-out that asks nobody completes, too", "[simulation][slots]")
{
    bench on;
    const auto result = on.ask(packets(n));
    CHECK(result->is_open());
    on.world.run();
    CHECK(result->calls == 1);
    CHECK(!result->error);
    CHECK(count_of(result->got, errc::skipped) == n);
    CHECK(on.passed(result->at) == 0ms);
}

TEST_CASE("invariant 2: two thousand fan-outs at once lose nothing", "[simulation][slots]")
{
    bench on;
    std::size_t calls = 0, answered = 0;
    for (std::uint16_t echo = 0; echo < 2000; ++echo)
        on.engine->async_request(requests(echo), [&](std::error_code error, const replies& got) {
            ++calls;
            answered += error ? 0 : got.answered();
        });
    on.world.run();
    CHECK(calls == 2000);
    CHECK(answered == 50'000);
    const auto total = on.engine->statistics().total();
    CHECK(total.sent == 50'000);
    CHECK(total.received == 50'000);
    CHECK(total.answered == 50'000);
    CHECK(total.late + total.foreign + total.forged + total.malformed + total.timed_out == 0);
}

TEST_CASE("invariant 2: an answer at the size limit is taken, one byte more is oversize",
          "[simulation][slots]")
{
    raida::limits allowed;
    allowed.max_reply = 100;
    bench on{allowed};
    const bool truncated = GENERATE(false, true);
    on.world.on_request = [&](const simulated_request& request) {
        const std::size_t size = request.server == 0 ? 66 : 67;
        const auto whole = answer(request.bytes, status::success, bytes(size, 9));
        if (request.server == 0 || !truncated)
            request.reply(1ms, whole);
        else // as a socket hands it up: no more than the limit
            request.reply(1ms, bytes(whole.begin(), whole.begin() + 100), true);
    };
    const auto result = on.ask(only(requests(1), {0, 1}));
    on.world.run();
    CHECK(result->got[0].body().size() == 66);
    CHECK(result->got[1].error == errc::oversize);
    CHECK(result->got[1].latency == 1ms);
    CHECK(on.counts(1).oversize == 1);
}

TEST_CASE("invariant 2: an oversize datagram that is not ours fails nobody", "[simulation][slots]")
{
    raida::limits allowed;
    allowed.max_reply = 64;
    bench on{allowed};
    on.world.on_request = [](const simulated_request& request) {
        auto header = header_of_answer(request.bytes);
        header.signature[3] ^= 1;
        request.reply(1ms, datagram(header, bytes(100, 1)));
        request.reply(2ms, answer(request.bytes));
    };
    const auto result = on.ask(only(requests(1), {4}));
    on.world.run();
    CHECK(!result->got[4].error);
    CHECK(on.counts(4).oversize == 1);
}

// ---- 5. What fills a slot, and what does not.

namespace {

struct intruder
{
    std::string name;
    std::function<bytes(bytes_view)> make; // from the request
    std::uint64_t raida::lane_statistics::* counted;
};

template <class Change>
auto changed(Change change)
{
    return [change](bytes_view request) {
        bytes whole = answer(request, status::mixed, {1, 2, 3});
        change(whole);
        return whole;
    };
}

std::vector<intruder> intruders()
{
    using counts = raida::lane_statistics;
    return {
        {"wrong signature", changed([](bytes& d) { d[31] ^= 1; }), &counts::forged},
        {"no signature", changed([](bytes& d) { std::fill(d.begin() + 16, d.begin() + 32, std::uint8_t{}); }),
         &counts::forged},
        {"echo that nobody used", changed([](bytes& d) { d[6] ^= 0x55; }), &counts::foreign},
        {"another server's number", changed([](bytes& d) { d[0] ^= 1; }), &counts::foreign},
        {"another command group", changed([](bytes& d) { d[3] ^= 1; }), &counts::foreign},
        {"nothing", [](bytes_view) { return bytes{}; }, &counts::malformed},
        {"half a header", changed([](bytes& d) { d.resize(31); }), &counts::malformed},
        {"a header that announces more", changed([](bytes& d) { d.resize(32); }), &counts::malformed},
        {"cut body", changed([](bytes& d) { d.pop_back(); }), &counts::malformed},
        {"one byte more", changed([](bytes& d) { d.push_back(0x3E); }), &counts::malformed},
        {"no terminator", changed([](bytes& d) { d.back() = 0x3F; }), &counts::malformed},
        {"size without terminator", changed([](bytes& d) { d[11] = 3; }), &counts::malformed},
        {"the request itself", [](bytes_view request) { return bytes(request.begin(), request.end()); },
         &counts::malformed},
        {"an error status under another group",
         [](bytes_view request) {
             auto header = header_of_answer(request, status::invalid_crc);
             header.group = 77;
             return datagram(header);
         },
         &counts::hints},
        {"a wide header that is no error",
         [](bytes_view request) {
             bytes whole = answer(request, status::all_pass);
             whole.resize(48);
             return whole;
         },
         &counts::forged},
    };
}

} // namespace

TEST_CASE("invariant 5: what is not this request's answer fills nothing and is counted",
          "[simulation][slots]")
{
    for (const intruder& one : intruders()) {
        INFO(one.name);
        bench on;
        on.world.on_request = [&](const simulated_request& request) {
            request.reply(1ms, one.make(request.bytes));
            request.reply(20ms, answer(request.bytes, status::all_pass));
        };
        const auto result = on.ask(only(requests(0x1234, raida::detect_command), {6}));
        on.world.run();

        CHECK(!result->got[6].error);
        CHECK(result->got[6].status() == status::all_pass);
        CHECK(result->got[6].latency == 20ms);
        CHECK(result->got[6].verified);
        const auto counts = on.counts(6);
        CHECK(counts.*(one.counted) == 1);
        CHECK(counts.late + counts.foreign + counts.forged + counts.malformed + counts.hints == 1);
        CHECK(counts.received == 2);
        CHECK(counts.answered == 1);
    }
}

TEST_CASE("invariant 5: whatever does not answer costs a slot its deadline and no more",
          "[simulation][slots]")
{
    for (const intruder& one : intruders()) {
        INFO(one.name);
        bench on;
        on.world.on_request = [&](const simulated_request& request) {
            request.reply(1ms, one.make(request.bytes));
        };
        const auto result = on.ask(only(requests(0x1234, raida::detect_command), {6}), {.deadline = 1s});
        on.world.run();
        CHECK(result->got[6].error == errc::timed_out);
        CHECK(result->got[6].datagram.empty());
        CHECK(on.passed(result->at) == 1s);
    }
}

TEST_CASE("invariant 5: an answer counts only with its signature, whatever good it says",
          "[simulation][slots]")
{
    const auto what =
        GENERATE(status::all_pass, status::all_fail, status::mixed, status::success, status::find_neither,
                 status::find_all_authenticity, status::find_all_new_authenticity, status::find_mixed);
    bench on;
    on.world.on_request = [&](const simulated_request& request) {
        request.reply(1ms, unproved(request.bytes, what));
    };
    const auto result = on.ask(requests(3));
    on.world.run();
    CHECK(count_of(result->got, errc::timed_out) == n);
    CHECK(on.engine->statistics().total().forged == n);
    CHECK(on.engine->statistics().total().answered == 0);
}

TEST_CASE("invariant 5: a duplicate is counted as late and answers nobody else", "[simulation][slots]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        for (int copy = 0; copy < 3; ++copy)
            request.reply(1ms, answer(request.bytes));
        request.reply(90ms, answer(request.bytes));
    };
    const auto first = on.ask(only(requests(1), {0, 1}));
    const auto second = on.ask(only(requests(2), {0}));
    on.world.run_for(50ms);
    const auto third = on.ask(only(requests(3), {0}));
    on.world.run();
    CHECK(first->got.answered() == 2);
    CHECK(second->got.answered() == 1);
    CHECK(third->got.answered() == 1);
    CHECK(on.counts(0).received == 12);
    CHECK(on.counts(0).answered == 3);
    CHECK(on.counts(0).late == 9);
}

TEST_CASE("invariant 5: a late answer is counted and never answers a new request", "[simulation][slots]")
{
    bench on;
    bytes late;
    on.world.on_request = [&](const simulated_request& request) {
        if (late.empty()) {
            late = answer(request.bytes, status::all_pass);
            return request.reply(150ms, late);
        }
        request.reply(100ms, answer(request.bytes, status::all_fail));
    };
    const bool same_echo = GENERATE(true, false);
    const auto first = on.ask(only(requests(1, raida::detect_command), {0}), {.deadline = 100ms});
    on.world.run_for(100ms);
    CHECK(first->got[0].error == errc::timed_out);
    const auto second = on.ask(only(requests(same_echo ? 1 : 2, raida::detect_command), {0}));
    on.world.run();
    CHECK(second->got[0].status() == status::all_fail);
    CHECK(second->got[0].latency == 100ms);
    CHECK(on.counts(0).late == (same_echo ? 0 : 1));
    CHECK(on.counts(0).forged == (same_echo ? 1 : 0));
}

TEST_CASE("invariant 5: an echo may be used again from round to round", "[simulation][slots]")
{
    bench on;
    for (int round = 0; round < 50; ++round) {
        const auto result = on.ask(requests(5));
        on.world.run_for(10ms);
        REQUIRE(result->calls == 1);
        CHECK(result->got.answered() == n);
    }
    CHECK(on.engine->statistics().total().late == 0);
}

TEST_CASE("invariant 5: two requests with one echo are told apart by their signatures", "[simulation][slots]")
{
    bench on;
    std::size_t asked = 0;
    on.world.on_request = [&](const simulated_request& request) { // the second is answered first
        const bool first = asked++ == 0;
        request.reply(first ? 40ms : 10ms,
                      answer(request.bytes, first ? status::all_pass : status::all_fail));
    };
    const auto first = on.ask(only(requests(9, raida::detect_command), {2}));
    const auto second = on.ask(only(requests(9, raida::detect_command), {2}));
    on.world.run();
    CHECK(first->got[2].status() == status::all_pass);
    CHECK(second->got[2].status() == status::all_fail);
    CHECK(first->got[2].latency == 40ms);
    CHECK(second->got[2].latency == 10ms);
}

TEST_CASE("invariant 5: two requests that could not be told apart are refused", "[simulation][slots]")
{
    bench on;
    auto all = only(requests(9), {2, 3});
    const auto first = on.ask(all);
    const auto same = on.ask(all);
    auto unsigned_one = packets(n);
    unsigned_one[2] = sealed_request_to(2, 9);
    const auto unknown = on.ask(unsigned_one); // no signature: the echo alone would have to do
    unsigned_one[2] = sealed_request_to(2, 10);
    const auto fresh = on.ask(unsigned_one);
    const auto again = on.ask(only(requests(10), {2})); // signed, but the other one could take its answer
    const auto elsewhere = on.ask(only(requests(10), {5}));
    on.world.run();
    CHECK(same->error == errc::indistinguishable);
    CHECK(unknown->error == errc::indistinguishable);
    CHECK(again->error == errc::indistinguishable);
    CHECK(same->got[2].error == errc::pending);
    CHECK(first->got.answered() == 2);
    CHECK(fresh->got.answered() == 1);
    CHECK(elsewhere->got.answered() == 1);
    CHECK(on.counts(2).sent == 2);

    const auto later = on.ask(all); // nothing is in flight any more
    on.world.run();
    CHECK(!later->error);
    CHECK(later->got.answered() == 2);
}

TEST_CASE("invariant 5: without a known signature the echo decides, and nothing is verified",
          "[simulation][slots]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(1ms, with_echo(request.bytes, 8, status::success));
        request.reply(5ms, unproved(request.bytes, status::all_pass));
    };
    auto all = packets(n);
    all[0] = sealed_request_to(0, 7);
    const auto result = on.ask(all);
    on.world.run();
    CHECK(result->got[0].status() == status::all_pass);
    CHECK(result->got[0].latency == 5ms);
    CHECK(!result->got[0].verified);
    CHECK(on.counts(0).foreign == 1);
}

TEST_CASE("invariant 5: without a known signature a late answer does not answer the same echo's next request",
          "[simulation][slots]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(150ms, unproved(request.bytes, status::all_pass));
    };
    auto all = packets(n);
    all[0] = sealed_request_to(0, 7);
    const auto first = on.ask(all, {.deadline = 100ms});
    on.world.run_for(120ms);
    all[0] = sealed_request_to(0, 7);
    const auto second = on.ask(all, {.deadline = 100ms});
    on.world.run();
    CHECK(first->got[0].error == errc::timed_out);
    CHECK(second->got[0].error == errc::timed_out);
    CHECK(on.counts(0).answered == 0);
}

TEST_CASE("invariant 5: a signature that the caller names replaces the one that the packet implies",
          "[simulation][slots]")
{
    bench on;
    std::vector<raida::request> all(n);
    const auto raw = request_to(3, 7);
    all[3].bytes = raida::bytes_view{raw};
    all[3].expected_signature.emplace().fill(0xEE);
    replies got;
    on.world.on_request = [](const simulated_request& request) {
        request.reply(1ms, answer(request.bytes));
        request.reply(2ms, unproved(request.bytes, status::success));
    };
    on.engine->async_request(all, got, {}, [](std::error_code) {});
    on.world.run();
    CHECK(got[3].verified);
    CHECK(got[3].latency == 2ms);
    CHECK(on.counts(3).forged == 1);
}

TEST_CASE("invariant 5: an answer through another socket of the lane answers nothing", "[simulation][slots]")
{
    scripted_bench on;
    const auto before = on.ask(only(requests(1), {0}));
    on.turn();
    on.engine->set_server(0, asio::ip::udp::endpoint{asio::ip::address_v4::loopback(), 1});
    const auto after = on.ask(only(requests(2), {0}));
    on.turn();
    REQUIRE(on.how.sent.size() == 2);
    const auto old_socket = on.how.sent[0].generation, new_socket = on.how.sent[1].generation;
    CHECK(old_socket != new_socket);
    CHECK(on.how.closed.empty());

    on.how.arrive(0, new_socket, answer(on.how.sent[0].data)); // right, but to the wrong port
    on.how.arrive(0, old_socket, answer(on.how.sent[1].data));
    on.turn();
    CHECK(before->is_open());
    CHECK(after->is_open());
    CHECK(on.engine->statistics().servers[0].late == 2);

    on.how.arrive(0, old_socket, answer(on.how.sent[0].data));
    on.how.arrive(0, new_socket, answer(on.how.sent[1].data));
    on.turn();
    CHECK(before->got.answered() == 1);
    CHECK(after->got.answered() == 1);
    CHECK(on.how.closed == std::vector<std::pair<std::size_t, std::uint8_t>>{{0, old_socket}});
}

// ---- new addresses, fresh ports

TEST_CASE("set_server sends what comes next to the new address", "[simulation][slots]")
{
    bench on;
    std::vector<std::uint16_t> ports;
    on.world.on_request = [&](const simulated_request& request) {
        ports.push_back(request.endpoint.port());
        request.reply(10ms, answer(request.bytes));
    };
    const auto before = on.ask(only(requests(1), {3}));
    on.world.run_for(1ms);
    on.engine->set_server(3, asio::ip::udp::endpoint{asio::ip::address_v4::loopback(), 4000});
    const auto after = on.ask(only(requests(2), {3}));
    on.world.run();
    CHECK(ports == std::vector<std::uint16_t>{18'003, 4000});
    CHECK(before->got.answered() == 1); // still awaited at the old address
    CHECK(after->got.answered() == 1);

    raida::server_list<n> none;
    on.engine.emplace(on.world, none);
    const auto nobody = on.ask(only(requests(1), {3}));
    on.engine->set_server(3, asio::ip::udp::endpoint{asio::ip::address_v4::loopback(), 4001});
    const auto somebody = on.ask(only(requests(2), {3}));
    on.world.run();
    CHECK(nobody->got[3].error == errc::no_endpoint);
    CHECK(somebody->got.answered() == 1);
}

TEST_CASE("set_server refuses port 0 and servers that do not exist, and changes nothing",
          "[simulation][slots]")
{
    bench on;
    std::error_code error;
    const asio::ip::udp::endpoint no_port{asio::ip::address_v4::loopback(), 0};
    const asio::ip::udp::endpoint good{asio::ip::address_v4::loopback(), 1};
    const auto running = on.ask(requests(1));
    on.engine->set_server(0, no_port, error);
    CHECK(error == errc::invalid_port);
    on.engine->set_server(n, good, error);
    CHECK(error == errc::invalid_server);
    CHECK_THROWS_AS(on.engine->set_server(0, no_port), std::system_error);
    CHECK_THROWS_AS(on.engine->set_server(n, good), std::system_error);
    on.engine->set_server(0, good, error);
    CHECK(!error);
    on.world.run();
    CHECK(running->got.answered() == n);
}

TEST_CASE("a lane moves to a fresh port after so many requests, and closes the old one when it is done",
          "[simulation][slots]")
{
    raida::limits allowed;
    allowed.requests_per_port = 3;
    scripted_bench on{allowed};
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 5; ++echo) {
        results.push_back(on.ask(only(requests(echo), {0})));
        on.turn();
    }
    REQUIRE(on.how.sent.size() == 5);
    CHECK(on.how.sent[2].generation == on.how.sent[0].generation);
    CHECK(on.how.sent[3].generation != on.how.sent[0].generation);
    CHECK(on.how.sent[4].generation == on.how.sent[3].generation);
    for (const auto& one : on.how.sent)
        on.how.arrive(0, one.generation, answer(one.data));
    on.turn();
    CHECK(on.how.closed.size() == 1);
    for (const auto& result : results)
        CHECK(result->got.answered() == 1);
}

// ---- errors of the network

TEST_CASE("a refusal that quotes its datagram fails that slot at once and no other", "[simulation][slots]")
{
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        const auto echo = raida::detail::load_big<2, std::uint16_t>(request.bytes.data() + 30);
        if (echo == 2 && request.server == 0)
            return request.fail(1ms, refused());
        request.reply(100ms, answer(request.bytes));
    };
    const auto first = on.ask(requests(1)), second = on.ask(requests(2)), third = on.ask(requests(3));
    on.world.run();
    CHECK(first->got.answered() == n);
    CHECK(third->got.answered() == n);
    CHECK(second->got.answered() == n - 1);
    CHECK(second->got[0].error == std::errc::connection_refused);
    CHECK(second->got[0].latency == 1ms);
    CHECK(on.counts(0).refused == 1);
    CHECK(on.counts(0).unattributed == 0);
}

TEST_CASE("a refusal without a quote fails the only request in flight, and none of several",
          "[simulation][slots]")
{
    const bool alone = GENERATE(true, false);
    bench on;
    on.world.on_request = [](const simulated_request& request) {
        if (request.server == 0)
            request.fail(1ms, refused(), 0);
        else
            request.reply(10ms, answer(request.bytes));
    };
    const auto first = on.ask(requests(1));
    const auto second = on.ask(alone ? packets(n) : requests(2));
    on.world.run();
    CHECK(first->got[0].error == (alone ? refused() : make_error_code(errc::timed_out)));
    CHECK(on.counts(0).refused == (alone ? 1 : 0));
    CHECK(on.counts(0).unattributed == (alone ? 0 : 2));
    CHECK(first->got.answered() == n - 1);
    if (!alone) {
        CHECK(second->got[0].error == errc::timed_out);
        CHECK(second->got.answered() == n - 1);
    }
}

TEST_CASE("a refusal of an earlier datagram is never charged to a new request", "[simulation][slots]")
{
    bench on;
    bool first_one = true;
    on.world.on_request = [&](const simulated_request& request) {
        if (std::exchange(first_one, false))
            return request.fail(150ms, refused());
        request.reply(100ms, answer(request.bytes));
    };
    const bool same_echo = GENERATE(true, false);
    const auto first = on.ask(only(requests(1), {0}), {.deadline = 100ms});
    on.world.run_for(100ms);
    const auto second = on.ask(only(requests(same_echo ? 1 : 2), {0}));
    on.world.run();
    CHECK(first->got[0].error == errc::timed_out);
    CHECK(second->got.answered() == 1);
    CHECK(on.counts(0).unattributed == 1);
    CHECK(on.counts(0).refused == 0);
}

TEST_CASE("a quote too short to tell two requests apart fails neither", "[simulation][slots]")
{
    scripted_bench on;
    const auto first = on.ask(only(requests(9), {0})), second = on.ask(only(requests(9), {0}));
    on.turn();
    REQUIRE(on.how.sent.size() == 2);
    const bytes whole = on.how.sent[1].data;
    on.how.sink->on_error(0, 0, refused(), bytes_view{whole}.first(32));
    on.how.sink->on_error(0, 0, refused(), bytes_view{whole}.first(31));
    on.turn();
    CHECK(first->is_open());
    CHECK(second->is_open());
    CHECK(on.engine->statistics().servers[0].unattributed == 2);
    on.how.sink->on_error(0, 0, refused(), bytes_view{whole}.first(48));
    on.turn();
    CHECK(first->is_open());
    CHECK(second->got[0].error == std::errc::connection_refused);
    on.how.arrive(0, 0, answer(on.how.sent[0].data));
    on.turn();
    CHECK(first->got.answered() == 1);
}

TEST_CASE("a datagram that cannot be sent at all fails its slot; the others of its batch still leave",
          "[simulation][slots]")
{
    scripted_bench on;
    on.how.on_submit = [&](std::size_t, std::span<const raida::outgoing> batch) {
        for (std::size_t i = 0; i < batch.size(); ++i)
            if (batch[i].bytes[31] == 2)
                return raida::submitted{i, asio::error::host_unreachable};
        return raida::submitted{batch.size(), {}};
    };
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 5; ++echo)
        results.push_back(on.ask(only(requests(echo), {0, 1})));
    on.turn();
    CHECK(on.how.sent.size() == 8);
    for (const auto& one : on.how.sent)
        on.how.arrive(one.lane, one.generation, answer(one.data));
    on.turn();
    for (std::size_t i = 0; i < results.size(); ++i) {
        REQUIRE(results[i]->calls == 1);
        CHECK(results[i]->got.answered() == (i == 2 ? 0 : 2));
    }
    CHECK(results[2]->got[0].error == asio::error::host_unreachable);
    CHECK(results[2]->got[0].attempts == 0);
    CHECK(on.engine->statistics().servers[0].refused == 1);
    CHECK(on.engine->statistics().servers[0].sent == 4);
}

TEST_CASE("an error of the network that proves nothing ends no slot before its deadline",
          "[simulation][slots]")
{
    const std::size_t quoted = GENERATE(as<std::size_t>{}, 0, 8, 31, 32, 39);
    const bool honest = GENERATE(true, false);
    CAPTURE(quoted, honest);
    bench on;
    on.world.on_request = [&](const simulated_request& request) {
        request.fail(1ms, refused(), quoted);
        if (honest)
            request.reply(990ms, answer(request.bytes));
    };
    const auto result = on.ask(requests(1), {.deadline = 1s});
    on.world.run();
    for (const raida::reply& one : result->got) {
        CHECK(one.verified == honest);
        CHECK(one.error == (honest ? std::error_code{} : refused()));
    }
    CHECK(on.passed(result->at) == (honest ? 990ms : 1s));
    CHECK(on.counts(0).refused == (honest ? 0 : 1));
    CHECK(on.counts(0).timed_out == 0);
}

TEST_CASE("an unproved error is told of its own request alone", "[simulation][slots]")
{
    bench on;
    on.world.on_request = [&](const simulated_request& request) {
        if (raida::detail::echo_of(request.bytes) == 1)
            request.fail(1ms, refused(), 0);
    };
    const auto first = on.ask(only(requests(1), {0}), {.deadline = 100ms});
    on.world.run();
    const auto second = on.ask(only(requests(2), {0}), {.deadline = 100ms}); // at the same place
    on.world.run();
    CHECK(first->got[0].error == refused());
    CHECK(second->got[0].error == errc::timed_out);
}

TEST_CASE("after an unproved error a request that may be repeated is asked again", "[simulation][slots]")
{
    bench on;
    std::size_t asked = 0;
    on.world.on_request = [&](const simulated_request& request) {
        if (++asked == 1)
            request.fail(1ms, refused(), 0);
        else
            request.reply(1ms, answer(request.bytes));
    };
    const auto result =
        on.ask(only(requests(1), {0}), {.deadline = 100ms, .retry = raida::retry_policy::up_to(2)});
    on.world.run();
    CHECK(result->got[0].attempts == 2);
    CHECK(result->got[0].verified);
}

TEST_CASE("a quote beyond the header proves a refusal, which ends its slot at once", "[simulation][slots]")
{
    bench on;
    const std::size_t quoted = GENERATE(as<std::size_t>{}, 40, 50);
    on.world.on_request = [&](const simulated_request& request) { request.fail(1ms, refused(), quoted); };
    const auto result = on.ask(requests(1));
    on.world.run();
    CHECK(count_of(result->got, refused()) == n);
    CHECK(on.passed(result->at) == 1ms);
}
