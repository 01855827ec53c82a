// No file of tokens gives way to a transfer that does not know every number in it.
#include <catch2/catch_test_macros.hpp>

#ifndef RAIDA_POWN_PROGRAM

TEST_CASE("the files of pown are tested where it is built", "[pown]")
{
    SKIP("the examples are not built");
}

#else

#include "../../examples/support/durable_file.hpp"
#include "../../examples/support/may_replace.hpp"
#include "pown_program.hpp"

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/stat.h>

using namespace pown_support;

namespace {

const char* const would_be_lost = "holds numbers that are not in the journal and would be lost";

raida::transfer_record<> some_record()
{
    raida::transfer_record<> record{.tokens = raida::testing::make_tokens(3)};
    for (const raida::token& fresh : raida::testing::make_tokens(3, 5))
        record.new_numbers.push_back(fresh.numbers);
    return record;
}

// Runs, is refused, sends nothing, and leaves the file `name` as it is.
void expect_kept(network& net, std::vector<std::string> command, const std::string& name,
                 std::string_view complaint)
{
    const std::string before = net.files->read(name), journal = net.files->read("pown.journal");
    net.servers.on_request([](std::size_t, raida::bytes_view) { FAIL("something was sent"); });
    const outcome shown = net.run(std::move(command));
    net.servers.on_request({});
    CAPTURE(name);
    expect_refusal(shown, complaint);
    CHECK(shown.err.find(name) != std::string::npos);
    CHECK(net.files->read(name) == before);
    CHECK(net.files->read("pown.journal") == journal);
    net.check_silent_about_numbers(shown);
}

// Two transfers one after the other: pown.journal.1 led to pown.csv, pown.journal from there to wallet.csv.
void transfer_twice(network& net)
{
    REQUIRE(net.run(net.command()).code == 0);
    REQUIRE(net.run(net.command({"--tokens", *net.files / "pown.csv", "--keys", *net.files / "tokens.csv",
                                 "--out", *net.files / "wallet.csv"}))
                .code == 0);
    REQUIRE(net.has("pown.journal.1"));
}

} // namespace

TEST_CASE("a file of tokens may be replaced if the record has every number of it in its place", "[pown]")
{
    const auto record = some_record();
    auto held = record.tokens;
    CHECK(support::may_replace({}, record));
    CHECK(support::may_replace(held, record));
    CHECK(support::may_replace({&held[1], 2}, record));
    for (std::size_t i = 0; i < held.size(); ++i)
        for (std::size_t server = i; server < 25; server += 2)
            held[i].numbers[server] = record.new_numbers[i][server];
    CHECK(support::may_replace(held, record));
    held[2].numbers[7] = {}; // no number
    CHECK(support::may_replace(held, record));
    std::swap(held[0], held[2]);
    CHECK(support::may_replace(held, record));
}

TEST_CASE("one number that the record has not, or not there, keeps a file of tokens", "[pown]")
{
    const auto record = some_record();
    const auto foreign = raida::testing::make_tokens(4, 9);
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t server = 0; server < 25; ++server)
            for (const auto& number :
                 {foreign[i].numbers[server], record.tokens[i].numbers[(server + 1) % 25],
                  record.new_numbers[(i + 1) % 3][server]}) {
                auto held = record.tokens;
                held[i].numbers[server] = number;
                CHECK_FALSE(support::may_replace(held, record));
            }
    auto more = record.tokens;
    more.push_back(foreign[3]);
    CHECK_FALSE(support::may_replace(more, record));
    CHECK_FALSE(support::may_replace(record.tokens, {}));
}

TEST_CASE("the recovery of an old journal does not replace a newer wallet", "[pown]")
{
    network net;
    transfer_twice(net);
    const std::string wallet = *net.files / "wallet.csv", old_journal = *net.files / "pown.journal.1";
    const std::string current = net.files->read("wallet.csv"), before = net.files->read("pown.journal.1");
    expect_kept(net, net.command({"--recover", "--journal", old_journal, "--out", wallet}), "wallet.csv",
                would_be_lost);
    CHECK(net.files->read("pown.journal.1") == before);

    const outcome elsewhere =
        net.run(net.command({"--recover", "--journal", old_journal, "--out", *net.files / "other.csv"}));
    CHECK(elsewhere.code == 1); // all of them have newer numbers
    CHECK(elsewhere.says("\"transferred\": 0,"));
    CHECK(net.run(net.command({"--recover", "--out", wallet})).code == 0); // the journal that belongs to it
    CHECK(net.files->read("wallet.csv") == current);
}

TEST_CASE("a recovery replaces what its journal has and nothing else", "[pown]")
{
    network net;
    REQUIRE(net.run(net.command()).code == 0);
    const std::string result = net.files->read("pown.csv");
    auto one_newer = raida::parse_tokens(result), one_more = one_newer;
    one_newer[1].numbers[24] = net.key.numbers[0];
    one_more.push_back(net.key);
    const std::pair<std::string, const char*> kept[] = {
        {csv(one_newer), would_be_lost},
        {csv(one_more), would_be_lost},
        {csv({&net.key, 1}), would_be_lost},
        {result.substr(0, result.size() - 9), "is no file of tokens (line 3, authenticity number"},
        {result + result, "is no file of tokens"},
        {"not tokens\n", "is no file of tokens (line 1"},
        {"", "is no file of tokens"},
    };
    for (const auto& [text, complaint] : kept) {
        net.files->write("pown.csv", text);
        expect_kept(net, net.command({"--recover"}), "pown.csv", complaint);
    }
    for (const std::string& text : {csv(net.tokens), csv({&net.tokens[1], 2}), result}) {
        net.files->write("pown.csv", text);
        CHECK(net.run(net.command({"--recover"})).code == 0);
        CHECK(net.files->read("pown.csv") == result);
    }
}

TEST_CASE("a wallet that appears during the transfer is not replaced either, and nothing is lost", "[pown]")
{
    network net;
    const auto foreign = csv(raida::testing::make_tokens(2, 9));
    net.servers.on_request([&](std::size_t, raida::bytes_view) { net.files->write("wallet.csv", foreign); });
    const outcome shown = net.run(net.command({"--out", *net.files / "wallet.csv"}));
    net.servers.on_request({});
    expect_refusal(shown, would_be_lost);
    CHECK(shown.err.find("The journal has every number: pown --recover") != std::string::npos);
    CHECK(net.files->read("wallet.csv") == foreign);
    CHECK_FALSE(net.has("wallet.csv.part"));
    net.check_nothing_is_lost();
    net.check_recovery();
    CHECK(net.files->read("wallet.csv") == foreign);
}

TEST_CASE("somebody's tokens in the name of a helper file are not replaced", "[pown]")
{
    network net;
    const auto foreign = csv(raida::testing::make_tokens(2, 9));
    for (const std::string name : {"pown.csv.part", "pown.journal.part"}) {
        net.files->write(name, foreign);
        expect_kept(net, net.command(), name, would_be_lost);
        std::filesystem::remove(*net.files / name);
        CHECK_FALSE(net.has("pown.journal"));
    }
    REQUIRE(net.run(net.command()).code == 0);
    for (const std::string name : {"pown.csv.part", "pown.journal.part"}) {
        net.files->write(name, foreign);
        expect_kept(net, net.command({"--recover"}), name, would_be_lost);
        for (const std::string& leftover : {net.files->read("pown.csv"), foreign.substr(0, 99)}) {
            net.files->write(name, leftover);
            CHECK(net.run(net.command({"--recover"})).code == 0);
            CHECK_FALSE(net.has(name));
        }
    }
}

TEST_CASE("other names of a file, and what is no file, are not written to", "[pown]")
{
    network net;
    const std::string folder = *net.files / "", tokens = folder + "tokens.csv";
    std::filesystem::create_symlink(tokens, folder + "symbolic");
    std::filesystem::create_hard_link(tokens, folder + "hard");
    for (const char* other : {"symbolic", "hard", "tokens.csv"})
        for (const char* option : {"--out", "--journal"})
            expect_kept(net, net.command({"--out", folder + "new.csv", option, folder + other}), "tokens.csv",
                        "would be overwritten");

    REQUIRE(net.run(net.command()).code == 0);
    std::filesystem::create_symlink(folder + "pown.csv", folder + "link.csv");
    std::filesystem::create_symlink(folder + "pown.journal", folder + "link.journal");
    std::filesystem::create_symlink(folder + "nowhere", folder + "dangling");
    REQUIRE(mkfifo((folder + "pipe").c_str(), 0600) == 0);
    for (const std::string name : {"link.csv", "dangling", "pipe"}) {
        const outcome shown = net.run(net.command({"--recover", "--out", folder + name}));
        expect_refusal(shown, name + "' is no plain file, and is not replaced");
    }
    for (const std::string name : {"link.journal", "dangling", "pipe"}) {
        const outcome shown =
            net.run(net.command({"--recover", "--journal", folder + name, "--out", folder + "pown.csv"}));
        expect_refusal(shown, name + "' is no plain file: name the journal itself");
    }
    CHECK(std::filesystem::is_symlink(folder + "link.csv"));
    CHECK(std::filesystem::is_symlink(folder + "link.journal"));
    net.check_transferred();
}

TEST_CASE("a journal of other tokens is moved aside or kept, and never written over", "[pown]")
{
    network net;
    REQUIRE(net.run(net.command()).code == 0);
    net.files->write("other", csv(raida::testing::make_tokens(2, 9)));
    expect_kept(net, net.command({"--journal", *net.files / "other", "--out", *net.files / "new.csv"}),
                "other", "line 1, the name of the format");
    REQUIRE(net.run(net.command({"--recover"})).code == 0);
    const std::string other = net.files->read("pown.journal");
    net.servers.add(net.tokens); // known by their old numbers again
    REQUIRE(net.run(net.command({"--out", *net.files / "new.csv"})).code == 0);
    CHECK(net.files->read("pown.journal.1") == other);
}

TEST_CASE("a lock is in use where another process holds it, and not for any other reason", "[pown]")
{
    const auto complaint = [](int code) {
        return support::lock_complaint("a.lock", {code, std::generic_category()}, "in use");
    };
    CHECK(complaint(EWOULDBLOCK) == "in use");
    for (const int code : {EIO, ENOLCK, EBADF, EINVAL, EINTR}) {
        CHECK(complaint(code).starts_with("cannot lock 'a.lock': "));
        CHECK(complaint(code).find("in use") == std::string::npos);
    }
}

#endif
