// Bad input: a clear error for that call, a usable engine, and no other request lost.
#include "simulation/support.hpp"

#include <raida/wire/request.hpp>

#include <string>

using namespace tests;

namespace {

struct bad_call
{
    std::string name;
    packets all;
    options how;
    errc expected;
};

template <class Change>
packets changed(Change change)
{
    packets all = requests(500);
    change(all);
    return all;
}

options with(raida::deadlines<n> deadline)
{
    return {.deadline = deadline};
}

options finished(raida::completion<n> rule)
{
    return {.complete = std::move(rule)};
}

std::vector<bad_call> bad_packets()
{
    return {
        {"no packets", {}, {}, errc::wrong_packet_count},
        {"one too few", changed([](packets& all) { all.pop_back(); }), {}, errc::wrong_packet_count},
        {"one too many", changed([](packets& all) { all.push_back(all[0]); }), {}, errc::wrong_packet_count},
        {"too large", changed([](packets& all) { all[24].resize(65'508); }), {}, errc::packet_too_large},
        {"one byte", changed([](packets& all) { all[24].resize(1); }), {}, errc::malformed_packet},
        {"no room for a terminator",
         changed([](packets& all) { all[0].resize(33); }),
         {},
         errc::malformed_packet},
        {"a pown to be retried",
         requests(500, raida::pown_command),
         {.retry = raida::retry_policy::up_to(2)},
         errc::not_idempotent},
    };
}

std::vector<bad_call> bad_options()
{
    std::array<std::chrono::seconds, n> one_is_zero{};
    one_is_zero.fill(3s);
    one_is_zero[24] = 0s;
    return {
        {"zero deadline", requests(500), with(0s), errc::invalid_deadline},
        {"negative deadline", requests(500), with(-1ns), errc::invalid_deadline},
        {"over an hour", requests(500), with(1h + 1ns), errc::invalid_deadline},
        {"for ever", requests(500), with(std::chrono::hours::max()), errc::invalid_deadline},
        {"one server's deadline is zero", requests(500), with(one_is_zero), errc::invalid_deadline},
        {"no attempt", requests(500), {.retry = {.attempts = 0}}, errc::invalid_deadline},
        {"too many attempts", requests(500), {.retry = {.attempts = 256}}, errc::invalid_deadline},
        {"negative linger", requests(500), {.linger = -1ns}, errc::invalid_deadline},
        {"linger over an hour", requests(500), {.linger = 1h + 1ns}, errc::invalid_deadline},
        {"a quorum of half", requests(500), finished(raida::when_quorum(12)), errc::invalid_quorum},
        {"a quorum of one", requests(500), finished(raida::when_quorum(1)), errc::invalid_quorum},
        {"a quorum over all", requests(500), finished(raida::when_quorum(26)), errc::invalid_quorum},
        {"no tokens", requests(500), finished(raida::when_decided(0)), errc::no_tokens},
        {"a decision by half", requests(500), finished(raida::when_decided(1, {.quorum = 12})),
         errc::invalid_quorum},
        {"a margin over all", requests(500), finished(raida::when_decided(1, {.quorum = 20, .margin = 6})),
         errc::invalid_quorum},
    };
}

void check_refused(const bad_call& bad)
{
    INFO(bad.name);
    bench on;
    const auto before = on.ask(requests(1));
    on.world.run_for(5ms);
    const auto refusal = on.ask(bad.all, bad.how);
    replies storage;
    storage.answer(3, bytes(40, 1));
    std::error_code stored;
    on.engine->async_request(bad.all, storage, bad.how, [&](std::error_code error) { stored = error; });
    const auto after = on.ask(requests(2));
    CHECK(refusal->is_open()); // never inside the call
    CHECK(!stored);
    on.world.run();

    CHECK(refusal->calls == 1);
    CHECK(refusal->error == bad.expected);
    CHECK(count_of(refusal->got, errc::pending) == n);
    CHECK(on.passed(refusal->at) == 5ms);
    CHECK(stored == bad.expected);
    CHECK(count_of(storage, errc::pending) == n);
    CHECK(before->got.answered() == n);
    CHECK(after->got.answered() == n);
    CHECK(on.engine->statistics().total().sent == 2 * n); // nothing of a refused call is sent

    const auto later = on.ask(requests(500)); // as the refused one's echoes
    on.world.run();
    CHECK(later->got.answered() == n);
}

} // namespace

TEST_CASE("bad packets are refused and disturb nobody", "[simulation][refusals]")
{
    for (const bad_call& bad : bad_packets())
        check_refused(bad);
}

TEST_CASE("bad options are refused and disturb nobody", "[simulation][refusals]")
{
    for (const bad_call& bad : bad_options())
        check_refused(bad);
}

TEST_CASE("indistinguishable requests are refused and disturb nobody", "[simulation][refusals]")
{
    bench on;
    const auto all = requests(1);
    auto one_alike = requests(2);
    one_alike[24] = all[24];
    const auto before = on.ask(all);
    const auto refusal = on.ask(one_alike);
    const auto after = on.ask(requests(2)); // the refused call's echoes are free
    on.world.run();
    CHECK(refusal->error == errc::indistinguishable);
    CHECK(before->got.answered() == n);
    CHECK(after->got.answered() == n);
    CHECK(on.engine->statistics().total().sent == 2 * n);
}

TEST_CASE("the largest packet is sent, and no packet is dropped for its size alone", "[simulation][refusals]")
{
    bench on;
    std::size_t size = 0;
    on.world.on_request = [&](const simulated_request& request) {
        size = std::max(size, request.bytes.size());
        request.reply(1ms, answer(request.bytes));
    };
    packets all(n);
    for (std::size_t server = 0; server < n; ++server)
        all[server] = request_to(server, 1, raida::detect_command, 65'507 - 50);
    const auto result = on.ask(all);
    on.world.run();
    CHECK(size == 65'507);
    CHECK(result->got.answered() == n);
}

TEST_CASE("one fan-out more than the limit is refused, and there is room again later",
          "[simulation][refusals]")
{
    raida::limits allowed;
    allowed.fanouts = 3;
    bench on{allowed};
    std::vector<std::shared_ptr<outcome>> results;
    for (std::uint16_t echo = 0; echo < 5; ++echo)
        results.push_back(on.ask(requests(echo)));
    on.world.run();
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(results[i]->calls == 1);
        CHECK(results[i]->error == (i < 3 ? std::error_code{} : make_error_code(errc::queue_full)));
        CHECK(results[i]->got.answered() == (i < 3 ? n : 0));
    }
    const auto later = on.ask(requests(9));
    on.world.run();
    CHECK(later->got.answered() == n);
}

TEST_CASE("a handler finds its own fan-out's place free", "[simulation][refusals]")
{
    raida::limits allowed;
    allowed.fanouts = 1;
    bench on{allowed};
    std::error_code second = errc::pending;
    on.engine->async_request(requests(1), [&](std::error_code, const replies&) {
        on.engine->async_request(requests(2), [&](std::error_code error, const replies&) { second = error; });
    });
    on.world.run();
    CHECK(!second);
}

TEST_CASE("an engine that may do nothing refuses everything", "[simulation][refusals]")
{
    raida::limits allowed;
    allowed.fanouts = 0;
    bench on{allowed};
    const auto result = on.ask(requests(1));
    on.world.run();
    CHECK(result->error == errc::queue_full);
}

TEST_CASE("packets may be any bytes, buffers or requests", "[simulation][refusals]")
{
    bench on;
    const auto raw = requests(1);
    std::size_t answered = 0;
    const auto count = [&](std::error_code error, const replies& got) {
        CHECK(!error);
        answered += got.answered();
    };
    const auto ask = [&](const auto& range) {
        on.engine->async_request(range, count);
        on.world.run();
        CHECK(answered == n);
        answered = 0;
    };

    std::array<std::string, n> strings;
    std::array<asio::const_buffer, n> buffers;
    std::vector<asio::mutable_buffer> mutable_buffers(n);
    std::vector<std::vector<std::byte>> std_bytes(n);
    std::vector<std::array<char, 50>> arrays(n);
    std::vector<raida::request_view> views(n);
    std::vector<raida::request> owned(n);
    raida::requests<n> block{50};
    packets copy = raw;
    for (std::size_t i = 0; i < n; ++i) {
        strings[i].assign(raw[i].begin(), raw[i].end());
        buffers[i] = asio::buffer(raw[i]);
        mutable_buffers[i] = asio::buffer(copy[i]);
        for (const std::uint8_t byte : raw[i])
            std_bytes[i].push_back(std::byte{byte});
        std::copy(raw[i].begin(), raw[i].end(), arrays[i].begin());
        views[i].bytes = raw[i];
        owned[i].bytes = bytes_view{raw[i]};
        std::copy(raw[i].begin(), raw[i].end(), block.writable(i).begin());
    }
    ask(strings);
    ask(buffers);
    ask(mutable_buffers);
    ask(std_bytes);
    ask(arrays);
    ask(views);
    ask(owned);
    ask(block);
    ask(std::span<const bytes>{raw});
}

TEST_CASE("the packets may die as soon as the call has returned", "[simulation][refusals]")
{
    bench on;
    bool same = true;
    const auto original = requests(1);
    on.world.on_request = [&](const simulated_request& request) {
        same = same && bytes(request.bytes.begin(), request.bytes.end()) == original[request.server];
        request.reply(1ms, answer(request.bytes));
    };
    auto temporary = std::make_unique<packets>(original);
    const auto result = on.ask(*temporary);
    for (bytes& one : *temporary)
        std::fill(one.begin(), one.end(), std::uint8_t{0xDD});
    temporary.reset();
    on.world.run();
    CHECK(same);
    CHECK(result->got.answered() == n);
}
