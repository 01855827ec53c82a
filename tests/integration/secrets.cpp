// Authenticity numbers are in nothing that the examples and the library print, whatever goes wrong: not in
// hex of either case, not apart, not as bytes.
#include "../../examples/support/demonstration.hpp"
#include "../../examples/support/record_csv.hpp"
#include "example_support.hpp"

#include <raida/client/journal.hpp>
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/catch_tostring.hpp>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <iomanip>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

using namespace program_support;
using namespace std::chrono_literals;

namespace {

std::string upper(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

// What was said, each thing once.
class sayings
{
  public:
    void add(std::string text) { all_.insert(std::move(text)); }

    // The text of whatever is thrown, which something must be.
    template <class Action>
    void add_thrown(Action action)
    {
        try {
            action();
        } catch (const std::exception& problem) {
            return add(problem.what());
        }
        FAIL("nothing was thrown");
    }

    [[nodiscard]] std::string text() const
    {
        std::string joined;
        for (const std::string& one : all_)
            joined += one + "\n";
        return joined;
    }
    [[nodiscard]] std::size_t size() const { return all_.size(); }

  private:
    std::set<std::string> all_;
};

// A text spoiled at every place: other characters, lines broken, cut off.
template <class Visit>
void spoil_everywhere(std::string_view text, Visit visit)
{
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (const char other : {'x', ',', '\n', ' ', '\0', '-'}) {
            std::string spoiled{text};
            spoiled[at] = other;
            visit(spoiled);
        }
        visit(std::string{text.substr(0, at)});
        visit(std::string{text.substr(at)});
    }
}

raida::transfer_record<> transfer_of(const std::vector<raida::token>& tokens,
                                     const std::vector<raida::token>& renewed)
{
    raida::transfer_record<> record{.tokens = tokens};
    for (const raida::token& one : renewed)
        record.new_numbers.push_back(one.numbers);
    return record;
}

} // namespace

TEST_CASE("the search for secrets finds them in every form", "[secrets]")
{
    const auto tokens = raida::testing::make_tokens(3);
    const raida::authenticity_number& number = tokens[2].numbers[24];
    const std::string digits = hex(number);
    const std::string bytes{number.bytes().begin(), number.bytes().end()};
    std::string apart, escaped;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        apart += digits.substr(i, 2) + ":";
        escaped += "0x" + upper(digits.substr(i, 2)) + ", ";
    }
    for (const std::string& form :
         {digits, upper(digits), digits.substr(9, 10), bytes, bytes.substr(4, 8), apart}) {
        CHECK(tells_secrets("some text " + form + " and more", tokens));
        CHECK_FALSE(tells_secrets("some text " + form + " and more", std::span{tokens}.first(2)));
    }
    CHECK_FALSE(tells_secrets("some text", tokens));
}

TEST_CASE("printing a number, a token or many of them shows no secret", "[secrets]")
{
    const auto tokens = raida::testing::make_tokens(2);
    std::ostringstream text;
    text << tokens[0] << ' ' << tokens[1].numbers[3] << ' ' << tokens[0].id() << ' ' << std::hex
         << std::uppercase << std::showbase << std::setw(40) << std::setfill('0') << tokens[1].numbers[0]
         << tokens[1];
    raida::commands<> ask;
    const auto requests = ask.detect(tokens);
    text << Catch::Detail::stringify(tokens) << Catch::Detail::stringify(tokens[0].numbers)
         << Catch::Detail::stringify(tokens[0]) << Catch::Detail::stringify(transfer_of(tokens, tokens))
         << Catch::Detail::stringify(requests[3]) << Catch::Detail::stringify(requests);
    CHECK(text.str().find("[redacted]") != std::string::npos);
    CHECK_FALSE(tells_secrets(text.str(), tokens));
}

TEST_CASE("errors in token files, journals and server lists repeat no secret", "[secrets]")
{
    const auto tokens = raida::testing::make_tokens(1), renewed = raida::testing::make_tokens(1, 2);
    sayings said;
    const auto try_all = [&](const std::string& text) {
        raida::parse_error error;
        static_cast<void>(raida::parse_tokens(text, error));
        said.add(error.message());
        static_cast<void>(
            raida::read_token_file({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, error,
                                   {.name = "0006010000261.key"}));
        said.add(error.message());
        static_cast<void>(raida::parse_journal(text, error));
        said.add(error.message());
        static_cast<void>(raida::parse_servers(text, error)); // the wrong file: easily done
        said.add(error.message());
        if (error)
            said.add_thrown([&] { static_cast<void>(raida::parse_servers(text)); });
    };
    spoil_everywhere(csv(tokens), try_all);
    spoil_everywhere(upper(csv(tokens)), try_all);
    const auto journal = raida::write_journal(transfer_of(tokens, renewed));
    spoil_everywhere(journal.text(), try_all);
    said.add_thrown([&] { static_cast<void>(raida::parse_tokens(csv(tokens) + csv(tokens))); });
    said.add_thrown(
        [&] { static_cast<void>(raida::parse_tokens(csv(tokens) + "0,1," + hex(tokens[0].numbers[0]))); });
    CHECK(said.size() > 60);
    CHECK_FALSE(tells_secrets(said.text(), tokens));
    CHECK_FALSE(tells_secrets(said.text(), renewed));
}

TEST_CASE("requests that are refused say why, and show no secret", "[secrets]")
{
    const auto tokens = raida::testing::make_tokens(70);
    auto twice = std::vector{tokens[0], tokens[0]}, odd = std::vector{tokens[1]},
         far = std::vector{tokens[2]};
    odd[0].denomination.value = 7;
    far[0].serial.value = raida::serial_limit;
    const std::span<const raida::token> one = std::span{tokens}.first(1);
    const std::vector<raida::authenticity_numbers<>> same{tokens[0].numbers};
    raida::commands<> ask;
    sayings said;
    for (const std::span<const raida::token> bad :
         {std::span<const raida::token>{twice}, std::span<const raida::token>{odd},
          std::span<const raida::token>{far}, std::span<const raida::token>{tokens}, one.first(0)}) {
        said.add_thrown([&] { static_cast<void>(ask.detect(bad)); });
        said.add_thrown([&] { static_cast<void>(ask.find(bad, same)); });
        said.add_thrown([&] { static_cast<void>(ask.pown(bad, same)); });
    }
    said.add_thrown([&] { static_cast<void>(ask.pown(one, {})); });
    said.add_thrown([&] { static_cast<void>(raida::write_journal(transfer_of(twice, {}))); });

    asio::io_context io;
    raida::client client{io, raida::loopback()};
    const auto note = [&](std::error_code refused, const auto&) {
        CHECK(refused);
        said.add(refused.message());
    };
    client.async_detect(twice, note);
    client.async_find(one, {}, note);
    client.async_pown(one, {}, note); // in the clear
    client.async_pown(one, {.new_numbers = same}, note);
    io.run();
    CHECK(said.size() >= 6);
    CHECK_FALSE(tells_secrets(said.text(), tokens));
}

TEST_CASE("what is recorded of requests and answers has no secret", "[secrets]")
{
    asio::io_context io;
    raida::testing::fleet servers{io};
    const auto tokens = raida::testing::make_tokens(100), renewed = raida::testing::make_tokens(100, 2);
    servers.add(tokens);
    servers.set(3, {.closed = true});
    servers.set(4, {.garbage = 1});
    servers.set(5, {.answer = raida::testing::forced_answer::as_measured(raida::status::internal)});
    sayings said;
    raida::client_settings<> how{
        .deadline = 200ms, .retry = raida::retry_policy::none(), .allow_plain_pown = true};
    std::size_t records = 0;
    how.on_record = [&](const raida::request_record& one) {
        ++records;
        said.add(support::csv::line(one) + " " + one.error.message() + " " +
                 (one.answer ? raida::describe(*one.answer) : ""));
    };
    raida::client client{io, servers.servers(), how};
    const auto numbers = transfer_of(tokens, renewed).new_numbers;
    client.async_detect(tokens, [&](std::error_code error, const raida::batch_tally<>&) {
        CHECK_FALSE(error);
        client.async_find(tokens, numbers, [&](std::error_code failed, const raida::find_tally<>&) {
            CHECK_FALSE(failed);
            servers.stop();
        });
    });
    io.run();
    CHECK(records == 25 * (2 + 3)); // datagrams of detect and of find
    CHECK_FALSE(tells_secrets(said.text(), tokens));
    CHECK_FALSE(tells_secrets(said.text(), renewed));
}

#ifdef RAIDA_DETECT_PROGRAM

namespace {

// Another program that lies beside detect.
std::string beside_detect(const char* name)
{
    return (std::filesystem::path{RAIDA_DETECT_PROGRAM}.parent_path() / name).string();
}

} // namespace

TEST_CASE("detect shows no secret of its own tokens and keys", "[secrets]")
{
    const scratch_folder folder;
    asio::io_context io;
    support::demonstration same{io, 1}; // has the same tokens and the same key
    auto secrets = same.make_tokens();
    secrets.push_back(same.make_key({{0}, {77}}));
    const std::string program = std::string{RAIDA_DETECT_PROGRAM} + " --deadline 300 --seed 1";
    for (const std::string arguments : {"", " --json", " --encrypt 0:77", " --encrypt 0:77 --json"}) {
        CAPTURE(arguments);
        const outcome shown = run(program + arguments + " --records " + (folder / "records"), folder);
        CHECK(shown.code <= 2); // 2: built without OpenSSL
        CHECK_FALSE(tells_secrets(shown, secrets));
        CHECK_FALSE(tells_secrets(folder.read("records"), secrets));
    }
    const outcome shown = run_in_terminal("TERM=xterm LC_ALL=C.UTF-8 " + program, folder);
    CHECK(shown.says(raida::to_string(secrets[0].id())));
    CHECK_FALSE(tells_secrets(shown, secrets));
}

TEST_CASE("the short examples show no secret", "[secrets]")
{
    const scratch_folder folder;
    const auto tokens = raida::testing::make_tokens(8);
    for (const char* name : {"callback", "coroutine", "progress", "seed", "threads", "ticket"}) {
        CAPTURE(name);
        const outcome shown = run(beside_detect(name), folder);
        CHECK(shown.code == 0);
        CHECK_FALSE(shown.out.empty());
        CHECK_FALSE(tells_secrets(shown, tokens));
    }
}

TEST_CASE("no program repeats the secrets in arguments and files that it refuses", "[secrets]")
{
    const scratch_folder folder;
    const auto tokens = raida::testing::make_tokens(2);
    const std::string number = hex(tokens[0].numbers[0]),
                      line = csv(std::span{tokens}.first(1)).substr(0, 800);
    const std::string good = folder.write("good", csv(tokens)), cut = folder.write("cut", line),
                      long_line = folder.write("long", "0,1," + number + number + "\n"),
                      twice = folder.write("twice", csv(tokens) + csv(tokens));
    const std::vector<std::string> values = {number, upper(number), "0:" + number, "'" + line + "'",
                                             good,   cut,           long_line,     twice};
    std::vector<std::string> programs{RAIDA_DETECT_PROGRAM};
#ifdef RAIDA_ECHO_PROGRAM
    programs.emplace_back(RAIDA_ECHO_PROGRAM);
#endif
#ifdef RAIDA_POWN_PROGRAM
    programs.emplace_back(RAIDA_POWN_PROGRAM);
#endif
    for (const std::string& program : programs)
        for (const std::string& value : values)
            for (const std::string before :
                 {"", "--", "--json=", "--deadline ", "--coin-id ", "--seed ", "--servers ", "--keys ",
                  "--encrypt ", "--watch=", "--count ", "--journal /dev/null --tokens "}) {
                const std::string command = program + " " + before + value + " --tokens " + cut;
                const outcome shown = run(command, folder);
                if (shown.code != 2 || tells_secrets(shown, tokens))
                    FAIL(command << " exits with " << shown.code << ": " << shown.err);
            }
    CHECK(occurrences(run(programs[0] + " " + number, folder).err, "[redacted]") == 1);
}

#endif

#ifdef RAIDA_POWN_PROGRAM

TEST_CASE("pown shows neither the old nor the new numbers", "[secrets]")
{
    const scratch_folder folder;
    background_fleet network;
    const auto tokens = raida::testing::make_tokens(3);
    network.servers.add(tokens);
    network.servers.set(4, {.closed = true});
    network.start();
    const std::string files =
        " --plain --deadline 300 --budget 5 --servers " + folder.write("servers", joined(network.lines()));
    std::string printed;
    std::vector<raida::token> renewed;
    const auto pown = [&](const std::string& more) {
        const outcome shown = run(std::string{RAIDA_POWN_PROGRAM} + files + more, folder);
        CHECK(shown.code == 0);
        printed += shown.out + shown.err;
    };
    pown(" --tokens " + folder.write("tokens", csv(tokens)) + " --out " + (folder / "new"));
    renewed = raida::parse_tokens(folder.read("new"));
    pown(" --tokens " + (folder / "new") + " --json --journal " + (folder / "second") + " --out " +
         (folder / "newer"));
    for (const raida::token& one : raida::parse_tokens(folder.read("newer")))
        renewed.push_back(one);
    network.stop();
    CHECK(network.servers.number(0, tokens[0].id()) == renewed[3].numbers[0]);
    CHECK_FALSE(tells_secrets(printed, tokens));
    CHECK_FALSE(tells_secrets(printed, renewed));
}

#endif
