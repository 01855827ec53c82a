// A heal's record as text: what is written is read again, and nothing else is taken for it.
#include <raida/client/journal.hpp>
#include <raida/testing/tokens.hpp>

#if !defined(_WIN32)
#include <raida/client/journal_file.hpp>

#include <cstdlib>
#include <filesystem>
#endif

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace {

using raida::errc;
using raida::holding;
using raida::parse_error;
using record_type = raida::heal_record<2>;

record_type make_record(std::size_t tokens = 3)
{
    return {.tokens = raida::testing::make_tokens<2>(tokens),
            .seeds = raida::testing::make_tokens<2>(1, 9)[0].numbers,
            .holdings = {tokens, {holding::unknown, holding::neither}},
            .finished = true,
            .coin = std::uint16_t{6},
            .servers = {0x01234567, 0}};
}

bool same(const record_type& left, const record_type& right)
{
    const auto same_token = [](const auto& one, const auto& other) {
        return one.id() == other.id() && one.numbers == other.numbers;
    };
    return std::equal(left.tokens.begin(), left.tokens.end(), right.tokens.begin(), right.tokens.end(),
                      same_token) &&
           left.seeds == right.seeds && left.holdings == right.holdings && left.finished == right.finished &&
           left.coin == right.coin && left.servers == right.servers;
}

record_type read(std::string_view text, parse_error& error)
{
    return raida::parse_heal_journal<2>(text, error);
}

} // namespace

TEST_CASE("a heal's journal says again what was written, seeds included", "[journal][heal]")
{
    parse_error error;
    for (const bool finished : {false, true}) {
        auto record = make_record();
        record.finished = finished;
        const auto written = raida::write_journal(record);
        CHECK(written.text().starts_with("raida-journal,2,2\nheal,6,0123456700000000,"));
        const auto again = read(written.text(), error);
        CHECK_FALSE(error);
        CHECK(same(again, record));
        CHECK(again.fixed(2, 1) == record.fixed(2, 1));
    }
    auto unsaid = make_record();
    unsaid.coin.reset();
    unsaid.servers = {};
    CHECK(same(read(raida::write_journal(unsaid).text(), error), unsaid));
    std::error_code none;
    CHECK(raida::write_journal(record_type{}, none).text().empty());
    CHECK(none == errc::no_tokens);
}

TEST_CASE("the journals of a heal and of a pown are not taken for each other", "[journal][heal]")
{
    const auto record = make_record();
    const raida::transfer_record<2> pown{.tokens = record.tokens,
                                         .new_numbers = {3, raida::testing::make_tokens<2>(1, 5)[0].numbers}};
    parse_error error;
    CHECK(raida::parse_journal<2>(raida::write_journal(record).text(), error).tokens.empty());
    CHECK(error.code == errc::malformed_line);
    CHECK(error.line == 2);
    CHECK(read(raida::write_journal(pown).text(), error).tokens.empty());
    CHECK(error.code == errc::malformed_line);
    CHECK(error.line == 2);
    CHECK(read("raida-journal,1,2\n1,5,un\nend,1,open,00000000\n", error).tokens.empty());
    CHECK(error.code == errc::malformed_line);
}

TEST_CASE("a heal's journal that is cut off or changed anywhere is none", "[journal][heal]")
{
    const auto written = raida::write_journal(make_record());
    const std::string text{written.text()};
    parse_error error;
    for (std::size_t size = 0; size + 1 < text.size(); ++size) {
        CHECK(read(std::string_view{text}.substr(0, size), error).tokens.empty());
        CHECK(error);
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto changed = text;
        changed[at] = changed[at] == '1' ? '2' : '1';
        CHECK(read(changed, error).tokens.empty());
        CHECK(error);
    }
}

#if !defined(_WIN32)
TEST_CASE("a heal's journal file gives way to another heal once nothing in it is open",
          "[journal_file][heal]")
{
    std::string folder = (std::filesystem::temp_directory_path() / "raida-heal-XXXXXX").string();
    REQUIRE(mkdtemp(folder.data()) != nullptr);
    {
        raida::basic_journal_file<2, record_type> journal;
        REQUIRE_FALSE(journal.open(folder + "/j"));
        REQUIRE_FALSE(journal.begin());
        auto record = make_record();
        REQUIRE_FALSE(journal.write(record));
        parse_error error;
        CHECK(same(journal.read(error), record));
        CHECK(journal.begin().code == errc::journal_unfinished); // a fix is open
        for (auto& of : record.holdings)
            of.fill(holding::not_asked); // a silent server keeps nobody waiting
        REQUIRE_FALSE(journal.write(record));
        CHECK_FALSE(journal.begin());
        REQUIRE_FALSE(journal.write(make_record(1)));
        CHECK(journal.read(error).tokens.size() == 1);
        CHECK(journal.moved_to() == folder + "/j.1");
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
}
#endif
