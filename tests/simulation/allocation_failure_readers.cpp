// Memory that runs out at any moment of a reader, a writer, or a count of votes: the call throws
// std::bad_alloc, nothing leaks, and what was there is as it was.
#include "simulation/counted_new.hpp"
#include "simulation/support.hpp"

#include <raida/client/journal.hpp>
#include <raida/client/journal_file.hpp>
#include <raida/consensus.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/wire.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>
#include <string>

#include <unistd.h>

using namespace tests;
namespace fs = std::filesystem;

namespace {

/// Calls `what` with each of its allocations failing, until none does. After each, `look` may look.
template <class What, class Look>
void starve(What what, Look look)
{
    what(); // what is made once is made
    for (std::size_t nth = 1;; ++nth) {
        CAPTURE(nth);
        const auto before = live_allocations();
        bool threw = false, failed = false;
        {
            const failing_allocation failure{nth};
            try {
                what();
            } catch (const std::bad_alloc&) {
                threw = true;
            }
            failed = failure.happened();
        }
        const auto leaked = live_allocations() - before;
        REQUIRE(threw == failed);
        REQUIRE(leaked == 0);
        look();
        if (!failed) {
            CHECK(nth > 1);
            return;
        }
    }
}

template <class What>
void starve(What what)
{
    starve(what, [] {});
}

raida::transfer_record<> make_record()
{
    raida::transfer_record<> record{.tokens = raida::testing::make_tokens(5)};
    for (const auto& other : raida::testing::make_tokens(5, 5))
        record.new_numbers.push_back(other.numbers);
    record.holdings.resize(5);
    return record;
}

raida::replies<> make_answers(std::size_t bits)
{
    raida::replies<> answers;
    const auto request = request_to(0, 1);
    for (std::size_t server = 0; server < n; ++server)
        answers.answer(server, server % 3 == 0 ? answer(request, status::mixed, bytes((bits + 7) / 8, 0x5A))
                                               : answer(request, status::all_pass));
    return answers;
}

} // namespace

TEST_CASE("a journal is written and read whole, or not at all", "[journal][allocation]")
{
    const auto record = make_record();
    starve([&] { static_cast<void>(raida::write_journal(record)); });
    const auto written = raida::write_journal(record);
    starve([&] {
        raida::parse_error error;
        const auto read = raida::parse_journal<>(written.text(), error);
        if (error || read.tokens.size() != 5)
            throw std::runtime_error{"it was good"};
    });
    const std::string cut{written.text().substr(0, written.text().size() - 20)};
    starve([&] {
        raida::parse_error error;
        static_cast<void>(raida::parse_journal<>(cut, error));
        if (!error)
            throw std::runtime_error{"it was cut"};
    });
}

TEST_CASE("a journal's file is as it was, or new, and its lock is given back", "[journal][allocation]")
{
    const auto folder = fs::temp_directory_path() / ("raida-starved-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    const auto path = (folder / "journal").string();
    const auto text = [&] {
        std::ifstream in{path};
        return std::string{std::istreambuf_iterator<char>{in}, {}};
    };
    auto record = make_record();
    {
        raida::journal_file first;
        REQUIRE_FALSE(first.open(path));
        REQUIRE_FALSE(first.write(record));
    }
    const auto before = text();
    record.finished = true;
    const std::string after{raida::write_journal(record).text()};
    starve(
        [&] {
            raida::journal_file journal;
            if (journal.open(path) || journal.write(record))
                throw std::runtime_error{"there is a disk"};
        },
        [&] {
            const auto now = text();
            CHECK((now == before || now == after));
            CHECK(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}) == 1);
        });
    starve([&] {
        raida::journal_file journal;
        raida::parse_error error;
        if (journal.open(path) || journal.read(error).tokens.size() != 5 || error)
            throw std::runtime_error{"it was good"};
    });
    fs::remove_all(folder);
}

TEST_CASE("token files are read and written whole, or not at all", "[token_file][allocation]")
{
    raida::token_file file;
    file.tokens = raida::testing::make_tokens(1);
    file.tokens[0].denomination.value = 0; // which each format has a place for
    for (const auto format :
         {raida::token_format::bin, raida::token_format::csv, raida::token_format::stack}) {
        CAPTURE(static_cast<int>(format));
        starve([&] { static_cast<void>(raida::write_token_file(file, format)); });
        const auto written = raida::write_token_file(file, format);
        starve([&] {
            raida::parse_error error;
            if (raida::read_token_file(written, error).tokens.size() != 1)
                throw std::runtime_error{"it was good"};
        });
        for (const std::size_t size : {written.size() / 2, written.size() - 1}) // an error needs memory, too
            starve([&] {
                raida::parse_error error;
                static_cast<void>(raida::read_token_file(bytes_view{written}.first(size), error));
                static_cast<void>(error.message().size());
            });
    }
}

TEST_CASE("server lists are read whole, or not at all", "[hosts][allocation]")
{
    std::string lines, csv, toml, json = R"({"servers":[)";
    for (int i = 0; i < 3; ++i) {
        const auto number = std::to_string(i);
        const std::string host = "a-rather-long-name-of-a-host-" + number + ".example.org";
        lines += host + ":1800" + number + "\n";
        csv += number + "," + host + ",1800" + number + "\n";
        toml += "[[raida_servers]]\nindex = " + number + "\naddress = \"" + host + "\"\nport = 1800" +
                number + "\n";
        json += (i == 0 ? "" : ",") + std::string{R"({"id":)"} + number + R"(,"hostname":")" + host +
                R"(","port":1800)" + number + "}";
    }
    json += "]}";
    for (const auto& text : {lines, csv, toml, json, std::string{"nonsense that is no server list at all"}})
        starve([&] {
            raida::parse_error error;
            const auto list = raida::parse_servers<3>(text, error);
            if (error.message().empty() || (!error && !list.primary[2]))
                throw std::runtime_error{"it was good"};
        });
}

TEST_CASE("votes are counted whole, or not at all", "[consensus][allocation]")
{
    for (const std::size_t tokens : {1U, 64U, 300U}) {
        const auto answers = make_answers(tokens);
        starve([&] {
            if (raida::aggregate(answers, tokens).token_count() != tokens)
                throw std::runtime_error{"all of them"};
        });
        raida::tally<> kept;
        std::error_code error;
        kept.assign(answers, 1, {}, error);
        REQUIRE_FALSE(error);
        starve(
            [&] {
                raida::tally<> other;
                other.assign(answers, tokens, {}, error);
                raida::batch_tally<> together;
                together.add(0, std::move(other));
                if (together.token_count() != tokens || together.pown_string(tokens - 1).size() != n)
                    throw std::runtime_error{"all of them"};
            },
            [&] { CHECK(kept.token_count() == 1); });
    }
}
