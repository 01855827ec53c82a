// The program that must not lose a token: killed at every step and recovered, against servers that live on.
#include <catch2/catch_test_macros.hpp>

#ifndef RAIDA_POWN_PROGRAM

TEST_CASE("pown is tested where it is built", "[pown]")
{
    SKIP("the examples are not built");
}

#else

#include "json_check.hpp"
#include "pown_program.hpp"

#include <raida/client/journal.hpp>
#include <raida/client/transfer_file.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/wire/token_file.hpp>

#include <asio/buffer.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <sys/inotify.h>
#endif

using namespace pown_support;
using namespace std::chrono_literals;

namespace {

// Kills the program after every `step`th datagram, one run for each, until it comes to a good end alive. When
// this machine pauses for longer than all deadlines it may come to a bad one: then the same is tried again.
std::size_t kill_at_every_datagram(network& net, std::size_t step = 1)
{
    for (std::size_t last = 1, pauses = 0;;) {
        net.begin();
        const outcome shown = net.run_until_datagram(last);
        CAPTURE(last, shown.err);
        net.check_nothing_is_lost();
        net.check_silent_about_numbers(shown);
        const std::size_t received = net.received;
        net.check_recovery();
        if (shown.code == -1)
            last += step;
        else if (shown.code == 0 || ++pauses == 10)
            return received;
    }
}

// Loss before and after the server has acted, requests and answers twice, answers in another order.
raida::testing::manners trouble(std::size_t server)
{
    raida::testing::manners how{.delay = raida::testing::latency::uniform(0ms, 3ms)};
    how.lose_requests = server < 4 ? 0.4 : 0;
    how.lose_replies = server >= 4 && server < 8 ? 0.4 : 0;
    how.repeat_requests = server >= 8 && server < 12 ? 1 : 0;
    how.duplicated = server >= 10 && server < 14 ? 1 : 0;
    how.hold_back = server >= 12 && server < 16 ? 1 : 0;
    how.hold_limit = 5ms;
    return how;
}

} // namespace

TEST_CASE("killed after any datagram, pown loses nothing and recovers everything", "[pown]")
{
    network net;
    CHECK(kill_at_every_datagram(net) == 25); // three tokens travel in one datagram to each server
}

TEST_CASE("killed after any datagram under loss, duplication and reordering, it recovers too", "[pown]")
{
    network net{{.seed = 7}};
    for (std::size_t i = 0; i < 25; ++i)
        net.servers.set(i, trouble(i));
    net.deadline = "30";
    CHECK(kill_at_every_datagram(net) >= 25);
}

TEST_CASE("killed between the datagrams of one page, which follow one another, it recovers too", "[pown]")
{
    network net;
    net.tokens = raida::testing::make_tokens(40); // more than one datagram takes
    for (std::size_t i = 0; i < 40; ++i) {
        net.tokens[i].denomination = {};
        net.tokens[i].serial.value = static_cast<std::uint32_t>(i);
    }
    CHECK(kill_at_every_datagram(net, 3) == 4 * 25); // eleven in each while a server's habit is not known
}

TEST_CASE("killed after any datagram of its recovery, it recovers from that as well", "[pown]")
{
    network net;
    const auto lose_at_twelve = [&net](double requests) {
        for (std::size_t i = 0; i < 12; ++i)
            net.servers.set(i, {.lose_requests = requests});
    };
    outcome recovery;
    for (std::size_t last = 1; recovery.code == -1; ++last) {
        net.begin();
        lose_at_twelve(1);
        REQUIRE(net.run_until_datagram(25).code == -1);
        lose_at_twelve(0);
        recovery = net.run_until_datagram(last, {"--recover"});
        CAPTURE(last, recovery.err);
        net.check_nothing_is_lost();
        net.check_silent_about_numbers(recovery);
        if (recovery.code == -1)
            net.check_recovery();
    }
    CHECK(recovery.code == 0);
    CHECK(net.received == 2 * 25 + 12); // finds of two tokens each, and a pown where the old numbers are
    net.check_transferred();
}

#if defined(__linux__)

TEST_CASE("killed after any change of a file, pown loses nothing and recovers everything", "[pown]")
{
    network net;
    std::size_t without = 0, with_journal = 0, with_tokens = 0;
    for (int last = 1; last <= 20; ++last) {
        net.begin();
        asio::posix::stream_descriptor changes{net.io, inotify_init1(IN_CLOEXEC)};
        REQUIRE(inotify_add_watch(changes.native_handle(), (*net.files / ".").c_str(),
                                  IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE) >= 0);
        child program{net.io, net.command(), net.outputs};
        alignas(inotify_event) char room[sizeof(inotify_event) + 256]; // for one event at least
        int seen = 0;
        const auto watch = [&](const auto& again) -> void {
            changes.async_read_some(asio::buffer(room), [&, again](std::error_code error, std::size_t) {
                if (error)
                    return;
                if (++seen == last)
                    program.kill();
                again(again);
            });
        };
        watch(watch);
        const outcome shown = program.wait();
        changes.close();
        net.take_in();
        CAPTURE(last, shown.err);
        ++(net.has("pown.csv") ? with_tokens : net.has("pown.journal") ? with_journal : without);
        net.check_nothing_is_lost();
        net.check_silent_about_numbers(shown);
        net.check_recovery();
    }
    CAPTURE(without, with_journal, with_tokens);
    CHECK(without != 0); // before the journal was there
    CHECK(with_journal != 0);
}

#endif

TEST_CASE("pown writes the new tokens as a token file and leaves the old one alone", "[pown]")
{
    network net;
    const std::string before = net.files->read("tokens.csv");
    const outcome shown = net.run(net.command());
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CHECK(json_check::is_document(shown.out));
    CHECK(shown.says("\"transferred\": 3, \"open\": 0,"));
    CHECK(net.files->read("tokens.csv") == before);
    net.check_silent_about_numbers(shown);
    net.check_nothing_is_lost();
    net.check_transferred();
    CHECK_FALSE(net.has("pown.journal.part"));
    CHECK_FALSE(net.has("pown.journal.lock"));
    CHECK_FALSE(net.has("pown.csv.part"));
}

TEST_CASE("a finished journal is kept when another transfer begins", "[pown]")
{
    network net;
    REQUIRE(net.run(net.command()).code == 0);
    const std::string first = net.files->read("pown.journal");
    auto second = net.command({"--out", *net.files / "second.csv", "--keys", *net.files / "tokens.csv"});
    second[4] = *net.files / "pown.csv";
    REQUIRE(net.run(second).code == 0);
    CHECK(net.files->read("pown.journal.1") == first);
    CHECK(net.files->read("pown.journal") != first);
    for (const raida::token& now : raida::parse_tokens(net.files->read("second.csv")))
        for (std::size_t server = 0; server < 25; ++server)
            CHECK(net.holds(server, now.id(), now.numbers[server]));
}

TEST_CASE("without encryption it needs to be told so, and transfers as well", "[pown]")
{
    network net;
    const std::string folder = *net.files / "";
    net.files->write("few.csv", csv(net.tokens));
    const std::vector<std::string> files{RAIDA_POWN_PROGRAM, "--servers", folder + "servers", "--tokens",
                                         folder + "few.csv"};
    expect_refusal(net.run(files), "either --encrypt DENOMINATION:SERIAL, or --plain");
    CHECK_FALSE(net.has("pown.journal"));

    auto plain = files;
    plain.push_back("--plain");
    const outcome shown = net.run(plain);
    CHECK(shown.code == 0);
    CHECK(shown.says("not encrypted"));
    CHECK(shown.says("3 tokens: 3 transferred. Open: 0 of 75 numbers."));
    CHECK(shown.says("Keep old and new numbers until 20"));
    net.check_silent_about_numbers(shown);
    net.check_transferred();
}

TEST_CASE("tokens that are somebody else's are exit code 1 and said to be taken", "[pown]")
{
    network net;
    for (std::size_t server = 0; server < 25; ++server)
        net.servers.set_number(server, net.tokens[1].id(), net.tokens[0].numbers[server]);
    const outcome shown = net.run(net.command());
    CHECK(shown.code == 1);
    CHECK(shown.err.empty());
    CHECK(shown.says("\"outcome\": \"taken\", \"new\": 0, \"old\": 0, \"neither\": 25"));
    CHECK(shown.says("\"transferred\": 2,"));
}

TEST_CASE("a transfer that is open is not overwritten, and can be recovered when the servers are back",
          "[pown]")
{
    network net;
    for (std::size_t i = 0; i < 13; ++i)
        net.servers.set(i, {.closed = true});
    const outcome first = net.run(net.command());
    CHECK(first.code == 1);
    CHECK(first.says("\"open\": 39,"));
    CHECK(first.says("Connection refused"));
    const std::string journal = net.files->read("pown.journal");

    expect_refusal(net.run(net.command({"--out", *net.files / "other.csv"})),
                   "is not finished: recover it first");
    CHECK(net.files->read("pown.journal") == journal);
    CHECK_FALSE(net.has("other.csv"));

    for (std::size_t i = 0; i < 13; ++i)
        net.servers.set(i, {});
    net.check_recovery();
    net.check_recovery(); // once more does no harm
}

TEST_CASE("a journal that cannot be written ends the transfer before it begins", "[pown]")
{
    network net;
    net.servers.on_request([](std::size_t, raida::bytes_view) { FAIL("something was sent"); });
    REQUIRE(std::filesystem::create_directory(*net.files / "pown.journal.part"));
    expect_refusal(net.run(net.command()), "cannot write '" + (*net.files / "pown.journal") + "': ");
    CHECK_FALSE(net.has("pown.journal"));
    CHECK_FALSE(net.has("pown.csv"));
}

TEST_CASE("a journal that cannot be written after the transfer stays as it was, and recovers", "[pown]")
{
    network net;
    net.servers.on_request([&](std::size_t, raida::bytes_view) {
        std::filesystem::create_directory(*net.files / "pown.journal.part");
    });
    expect_refusal(net.run(net.command()), "cannot write '" + (*net.files / "pown.journal") + "': ");
    CHECK_FALSE(net.journal().value().finished);
    net.check_nothing_is_lost();
    std::filesystem::remove(*net.files / "pown.journal.part");
    net.servers.on_request({});
    net.check_recovery();
}

TEST_CASE("a journal is used by one program at a time", "[pown]")
{
    network net;
    bool asked = false;
    child first{net.io, net.command({"--budget", "3600", "--deadline", "3600000"}), net.outputs};
    net.servers.on_request([&](std::size_t, raida::bytes_view) { asked = true; });
    net.servers.set_all({.silent = true});
    while (!asked)
        net.io.run_one();
    const scratch_folder other;
    expect_refusal(child{net.io, net.command({"--recover"}), other}.wait(), "is in use by another pown");
    first.kill();
    CHECK(first.wait().code == -1);
    net.servers.set_all({});
    net.check_recovery();
}

TEST_CASE("bad arguments of pown are exit code 2 and one line", "[pown]")
{
    network net;
    const std::pair<std::vector<std::string>, const char*> cases[] = {
        {{"--colour"}, "unknown option '--colour'"},
        {{"tokens.csv"}, "unexpected argument 'tokens.csv'"},
        {{"--budget", "0"}, "--budget takes a whole number of seconds from 1"},
        {{"--plain"}, "which tokens? --tokens or --recover is missing"},
        {{"--servers", "s"}, "which tokens? --tokens or --recover is missing"},
        {{"--tokens", "t", "--plain"}, "--servers is missing"},
        {{"--tokens", "t", "--servers", "s", "--plain", "--encrypt", "0:1"}, "either --encrypt"},
        {{"--tokens", "t", "--servers", "s", "--plain", "--keys", "k"}, "--keys needs --encrypt"},
        {{"--recover", "--servers", "s", "--plain"}, "--recover needs --journal, or --tokens"},
        {{"--recover", "--servers", "s", "--journal", "j", "--encrypt", "0:1"}, "--encrypt needs --keys"},
        {{"--tokens", "t", "--servers", "s", "--plain", "--journal", "x/j.csv"},
         "is written for two purposes"},
    };
    for (const auto& [arguments, complaint] : cases) {
        std::vector<std::string> all{RAIDA_POWN_PROGRAM};
        all.insert(all.end(), arguments.begin(), arguments.end());
        expect_refusal(net.run(all), complaint);
    }
}

TEST_CASE("bad files of pown are exit code 2 and one line, and nothing is sent", "[pown]")
{
    network net;
    net.servers.on_request([](std::size_t, raida::bytes_view) { FAIL("something was sent"); });
    const auto refuse = [&](std::vector<std::string> more, std::string_view complaint) {
        const outcome shown = net.run(net.command(std::move(more)));
        expect_refusal(shown, complaint);
        CHECK_FALSE(tells_secrets(shown, net.tokens));
    };
    const std::string text = net.files->read("tokens.csv");
    const std::string missing = *net.files / "missing", folder = *net.files / "";
    refuse({"--tokens", missing}, "cannot read '");
    refuse({"--servers", missing}, "cannot read '");
    refuse({"--keys", missing}, "cannot read '");
    refuse({"--journal", missing + "/journal"}, "cannot lock '");
    refuse({"--tokens", net.files->write("short", text.substr(0, text.find('\n') - 33))},
           "line 1, authenticity number of server 24");
    refuse({"--encrypt", "6:1"}, "there is no token 6:1 to encrypt with");
    refuse({"--encrypt", "key"}, "a key token is named DENOMINATION:SERIAL");
    refuse({"--keys", folder + "tokens.csv"}, "cannot encrypt its own transfer");
    refuse({"--tokens", net.files->write("key.csv", csv({&net.key, 1}))}, "no tokens");
    refuse({"--out", folder + "tokens.csv"}, "would be overwritten");
    refuse({"--out", net.files->write("other.csv", text)}, "exists already");
    refuse({"--journal", folder + "j", "--out", folder + "./j"}, "is written for two purposes");
    refuse({"--journal", folder + "j", "--out", folder + "j.lock"}, "is written for two purposes");
    for (const char* name : {"new.csv.part", "new.lock", "new.part"}) {
        refuse({"--tokens", net.files->write(name, text), "--journal", folder + "new"},
               "would be overwritten");
        refuse({"--keys", folder + name, "--journal", folder + "new"}, "would be overwritten");
        CHECK(net.files->read(name) == text);
    }
    refuse({"--journal", folder + "other", "--out", net.files->write("other.lock", "mine")}, "two purposes");
    refuse({"--journal", folder + "other", "--out", folder + "new"}, "is in the way");
    CHECK(net.files->read("other.lock") == "mine");
    CHECK(net.files->read("tokens.csv") == text);
    CHECK_FALSE(net.has("pown.journal"));
    CHECK_FALSE(net.has("pown.csv"));
}

TEST_CASE("a bad journal is exit code 2 and one line with place and reason", "[pown]")
{
    network net;
    net.servers.on_request([](std::size_t, raida::bytes_view) { FAIL("something was sent"); });
    std::vector<raida::authenticity_numbers<>> numbers;
    for (const raida::token& other : raida::testing::make_tokens(3, 5))
        numbers.push_back(other.numbers);
    const auto written =
        raida::write_journal(raida::transfer_record<>{.tokens = net.tokens, .new_numbers = numbers});
    const std::string good{written.text()};
    std::string odd_digit = good;
    odd_digit[good.find('\n', 40) - 5] = 'x';
    const std::pair<std::string, std::string> cases[] = {
        {"", "line 1: cut off: the rest is missing"},
        {net.files->read("tokens.csv"), "line 1, the name of the format"},
        {good.substr(0, good.size() - 1), "line 6: cut off: the rest is missing"},
        {good.substr(0, good.size() / 2), "line 4: cut off: the rest is missing"},
        {odd_digit, "line 3, new authenticity number of server 24"},
    };
    for (const auto& [text, complaint] : cases)
        for (const char* how : {"--recover", "--json"}) { // a new transfer must not overwrite it either
            net.files->write("pown.journal", text);
            const outcome shown = net.run(net.command({how}));
            expect_refusal(shown, complaint);
            CHECK_FALSE(tells(secret_search{shown.err}, numbers[0]));
            CHECK(net.files->read("pown.journal") == text);
        }
    net.files->write("pown.journal", good);
    expect_refusal(net.run(net.command()), "recover it first");
    auto own_key = net.command({"--recover"});
    own_key[6] = raida::to_string(net.tokens[0].id());
    expect_refusal(net.run(own_key), "cannot encrypt its own transfer");
}

TEST_CASE("with no arguments pown shows a transfer under faults and its recovery", "[pown]")
{
    const scratch_folder folder;
    const outcome shown = run(RAIDA_POWN_PROGRAM, folder);
    CHECK(shown.code == 0);
    CHECK(shown.err.empty());
    CHECK(shown.says("8 tokens: 8 transferred. Open: 8 of 200 numbers."));
    CHECK(shown.says("leaves 8 tokens open: Connection refused."));
    CHECK(shown.says("8 tokens: 8 transferred. Open: 0 of 200 numbers."));
    CHECK(std::all_of(shown.out.begin(), shown.out.end(),
                      [](char c) { return c == '\n' || (c >= 32 && c < 127); }));
    CHECK(run(RAIDA_POWN_PROGRAM " --help", folder).says("--recover "));
    CHECK(run(RAIDA_POWN_PROGRAM " -h", folder).says("--other-servers"));
    CHECK(run(RAIDA_POWN_PROGRAM " --version", folder).out.starts_with("pown (raida) "));
}

TEST_CASE("a recovery asks servers that have moved only if it is told that they have", "[pown]")
{
    network before, moved;
    before.servers.set_all({.closed = true});
    REQUIRE(before.run(before.command()).code == 1);
    moved.files->write("pown.journal", before.files->read("pown.journal"));
    const outcome refused = moved.run(moved.command({"--recover"}));
    expect_refusal(refused, "if they have moved, say so with --other-servers");
    CHECK_FALSE(moved.has("pown.csv"));
    CHECK(moved.run(moved.command({"--recover", "--other-servers"})).code == 0);
    moved.check_transferred();
    expect_refusal(moved.run(moved.command({"--other-servers"})), "--other-servers needs --recover");
}

TEST_CASE("a pown in limbo of a wallet's is recovered by way of a journal", "[pown]")
{
    network net;
    raida::token_file limbo{.tokens = net.tokens};
    for (const raida::token& fresh : raida::testing::make_tokens(3, 5))
        limbo.new_numbers.push_back(fresh.numbers);
    for (std::size_t server = 0; server < 12; ++server) // these have taken the new ones
        for (std::size_t i = 0; i < 3; ++i)
            net.servers.set_number(server, net.tokens[i].id(), limbo.new_numbers[i][server]);
    const auto bytes = raida::write_token_file(limbo, raida::token_format::bin);
    net.files->write("limbo.bin", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    expect_refusal(
        net.run(net.command({"--tokens", *net.files / "limbo.bin", "--keys", *net.files / "tokens.csv"})),
        "make a journal of it (convert ");
    std::error_code error;
    const auto journal = raida::write_journal(raida::to_transfer_record(limbo, error));
    net.files->write("pown.journal", journal.text());
    CHECK(net.run(net.command({"--recover"})).code == 0);
    net.check_transferred();
}

#endif
