#include <raida/client/journal.hpp>
#include <raida/testing/tokens.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using raida::errc;
using raida::holding;
using raida::parse_error;

using pair_record = raida::transfer_record<2>; // two servers: lines that fit a test

const std::string old_numbers = ",00112233445566778899aabbccddeeff,ffeeddccbbaa99887766554433221100";
const std::string new_numbers = ",10112233445566778899aabbccddeeff,1feeddccbbaa99887766554433221100";
const std::string version_1 = "raida-journal,1,2\n";
const std::string heading = "raida-journal,2,2\ntransfer,6,0123456789abcdef,1764103195\n";
const std::string line = "1,5,un" + old_numbers + new_numbers + "\n";

// With an end line that fits.
std::string ended(std::string text, std::size_t count, const std::string& state = "open")
{
    text += "end," + std::to_string(count) + "," + state + ",";
    const std::uint32_t crc = raida::crc32({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    for (int shift = 28; shift >= 0; shift -= 4)
        text += "0123456789abcdef"[crc >> shift & 15];
    return text + "\n";
}

parse_error error_of(const std::string& text, std::uint32_t limit = raida::serial_limit)
{
    parse_error error;
    const auto record = raida::parse_journal<2>(text, error, limit);
    CHECK(record.tokens.empty() == static_cast<bool>(error));
    CHECK(record.new_numbers.size() == record.tokens.size());
    CHECK(record.holdings.size() == record.tokens.size());
    return error;
}

template <std::size_t N>
bool same(const raida::transfer_record<N>& left, const raida::transfer_record<N>& right)
{
    const auto same_token = [](const auto& one, const auto& other) {
        return one.id() == other.id() && one.numbers == other.numbers;
    };
    return std::equal(left.tokens.begin(), left.tokens.end(), right.tokens.begin(), right.tokens.end(),
                      same_token) &&
           left.new_numbers == right.new_numbers && left.holdings == right.holdings &&
           left.finished == right.finished && left.coin == right.coin && left.servers == right.servers &&
           left.keep_both_until == right.keep_both_until;
}

template <std::size_t N = 25>
raida::transfer_record<N> make_record(std::size_t count, bool finished)
{
    raida::transfer_record<N> record{.tokens = raida::testing::make_tokens<N>(count), .finished = finished};
    for (const auto& other : raida::testing::make_tokens<N>(count, 2))
        record.new_numbers.push_back(other.numbers);
    for (std::size_t i = 0; i < count; ++i) {
        auto& of = record.holdings.emplace_back();
        for (std::size_t server = 0; server < N; ++server)
            of[server] = static_cast<holding>((i + server) % 5);
    }
    return record;
}

} // namespace

TEST_CASE("a record is read as it was written", "[journal]")
{
    for (const std::size_t count : {1U, 2U, 15U, 100U})
        for (const bool finished : {false, true}) {
            const auto record = make_record(count, finished);
            CHECK(same(raida::parse_journal(raida::write_journal(record).text()), record));
        }
    auto record = make_record(2, true);
    record.coin = 65535;
    record.servers[24] = 0xfedcba98;
    record.keep_both_until = std::chrono::system_clock::time_point{std::chrono::seconds{1}};
    CHECK(same(raida::parse_journal(raida::write_journal(record).text()), record));
    const auto lone = make_record<1>(3, true);
    CHECK(same(raida::parse_journal<1>(raida::write_journal(lone).text()), lone));
}

TEST_CASE("the longest numbers find room", "[journal]")
{
    auto record = make_record<1>(2, true);
    record.tokens[0].denomination.value = -8;
    record.tokens[0].serial.value = 4'294'967'294;
    record.tokens[1].denomination.value = -7;
    record.tokens[1].serial.value = 4'294'967'293;
    CHECK(same(raida::parse_journal<1>(raida::write_journal(record).text(), 4'294'967'295), record));
}

TEST_CASE("the text of a journal stays as it is, for those who read it later", "[journal]")
{
    const std::string text = ended(heading + line, 1, "finished");
    const auto record = raida::parse_journal<2>(text);
    CHECK(record.finished);
    CHECK(record.coin == 6);
    CHECK(record.servers == std::array{0x01234567U, 0x89abcdefU});
    CHECK(record.keep_both_until.time_since_epoch() == std::chrono::seconds{1'764'103'195});
    CHECK(record.tokens.at(0).id() == raida::token_id{{1}, {5}});
    CHECK(record.holdings.at(0) == std::array{holding::unknown, holding::new_number});
    CHECK(record.tokens[0].numbers[1].bytes()[0] == 0xff);
    CHECK(record.new_numbers.at(0)[1].bytes()[0] == 0x1f);
    CHECK(raida::write_journal(record).text() == text);
    CHECK(raida::parse_journal<2>(ended(heading + "-8,0,ox" + old_numbers + new_numbers + "\n", 1))
              .holdings.at(0) == std::array{holding::old_number, holding::neither});
    CHECK(raida::parse_journal<2>(ended(heading + "1,5,-u" + old_numbers + new_numbers + "\n", 1))
              .holdings.at(0) == std::array{holding::not_asked, holding::unknown});
}

TEST_CASE("a journal of version 1 is read as it ever was, and says nothing of coin and servers", "[journal]")
{
    const auto record = raida::parse_journal<2>(ended(version_1 + line, 1, "finished"));
    CHECK(record.finished);
    CHECK(record.tokens.at(0).id() == raida::token_id{{1}, {5}});
    CHECK(record.holdings.at(0) == std::array{holding::unknown, holding::new_number});
    CHECK_FALSE(record.coin);
    CHECK(record.servers == std::array{0U, 0U});
    CHECK(record.keep_both_until == std::chrono::system_clock::time_point{});
    const auto written = raida::write_journal(record);
    CHECK(written.text().starts_with("raida-journal,2,2\ntransfer,-,-,-\n1,5,un,"));
    CHECK(same(raida::parse_journal<2>(written.text()), record));
}

TEST_CASE("holdings that are missing are unknown", "[journal]")
{
    auto record = make_record(2, false);
    record.holdings.clear();
    const auto read = raida::parse_journal(raida::write_journal(record).text());
    REQUIRE(read.holdings.size() == 2);
    for (const auto& of : read.holdings)
        CHECK(std::count(of.begin(), of.end(), holding::unknown) == 25);
}

TEST_CASE("a record without tokens, or without their new numbers, is not written", "[journal]")
{
    std::error_code error;
    CHECK(raida::write_journal(pair_record{}, error).text().empty());
    CHECK(error == errc::no_tokens);
    auto record = make_record<2>(2, false);
    CHECK_FALSE(raida::write_journal(record, error).text().empty());
    CHECK_FALSE(error);
    record.new_numbers.pop_back();
    CHECK(raida::write_journal(record, error).text().empty());
    CHECK(error == errc::invalid_authenticity);
    CHECK_THROWS_AS(raida::write_journal(record), std::system_error);
}

TEST_CASE("a text that was moved from is empty, and the other one is whole", "[journal]")
{
    auto text = raida::write_journal(make_record<2>(1, false));
    const std::string before{text.text()};
    const auto moved = std::move(text);
    CHECK(moved.text() == before);
    CHECK(text.text().empty()); // NOLINT: that is the question
}

TEST_CASE("a journal that was cut off anywhere says so, in the line where it ends", "[journal]")
{
    for (const std::string& first : {heading, version_1}) {
        const std::string whole = ended(first + line + "2,5,un" + old_numbers + new_numbers + "\n", 2);
        REQUIRE_FALSE(error_of(whole));
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const std::string part = whole.substr(0, size);
            const auto error = error_of(part);
            CAPTURE(size);
            CHECK(error.code == errc::truncated);
            CHECK(error.line == 1 + static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n')));
        }
    }
    CHECK(error_of("").message() == "line 1: cut off: the rest is missing");
}

TEST_CASE("what editors and copies as text do to a journal does no harm", "[journal]")
{
    const auto record = make_record(3, false);
    const auto written = raida::write_journal(record);
    const std::string text{written.text()};
    std::string crlf;
    for (const char c : text)
        crlf += c == '\n' ? std::string{"\r\n"} : std::string{c};
    const std::string mark = "\xEF\xBB\xBF";
    for (const std::string& form :
         {crlf, mark + text, mark + crlf, text + "\n", crlf + "\r\n\r\n", text + " \t\n  ", crlf + "\r"}) {
        parse_error error;
        CHECK(same(raida::parse_journal(form, error), record));
        CHECK(error.message() == parse_error{}.message());
    }
    for (std::size_t size = 0; size < crlf.size() - 1; ++size) {
        parse_error error;
        static_cast<void>(raida::parse_journal(std::string_view{crlf}.substr(0, size), error));
        CHECK(error.code == errc::truncated);
    }
}

TEST_CASE("a blank more in a journal's line is no line end, and is noticed", "[journal]")
{
    std::string text = ended(heading + line, 1);
    for (const std::string blank : {" ", "\t", "\r"})
        for (const std::size_t at : {heading.size() + 3, heading.size(), text.size() - 20}) {
            std::string changed = text;
            CHECK(error_of(changed.insert(at, blank)));
        }
}

TEST_CASE("no changed bit goes unnoticed", "[journal]")
{
    const std::string whole = ended(heading + line, 1, "finished");
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            std::string changed = whole;
            changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
            const bool other_case = bit == 5 && at + 10 > whole.size(); // of a digit of the checksum
            CAPTURE(at, bit);
            if (!other_case)
                CHECK(error_of(changed));
        }
}

TEST_CASE("what is wrong in a journal is said with line and field", "[journal]")
{
    const std::string numbers = old_numbers + new_numbers;
    std::string odd_digit = line;
    odd_digit[odd_digit.size() - 3] = 'x';
    const std::string good = ended(heading + line, 1);
    const std::pair<std::string, std::string> cases[] = {
        {"1,5" + old_numbers + "\n", "line 1, the name of the format: line of unknown form"},
        {std::string(1000, '\0'), "line 1, the name of the format: line of unknown form"},
        {"raida-journal,3,2\n", "line 1, the version of the format: line of unknown form"},
        {ended("raida-journal,2,25\n" + line, 1),
         "line 1, number of servers: not exactly one address per server"},
        {ended("raida-journal,2,2\n" + line, 1), "line 2, the line about the transfer: line of unknown form"},
        {ended("raida-journal,2,2\ntransfer,65536,-,-\n" + line, 1), "line 2, coin: line of unknown form"},
        {ended("raida-journal,2,2\ntransfer,6,01,-\n" + line, 1),
         "line 2, fingerprints of the servers: line of unknown form"},
        {ended("raida-journal,2,2\ntransfer,6,-,-1\n" + line, 1),
         "line 2, until when both numbers are needed: line of unknown form"},
        {ended("raida-journal,2,2\ntransfer,6,-,9223372036854775807\n" + line, 1),
         "line 2, until when both numbers are needed: line of unknown form"},
        {ended(heading + line + "\n", 1), "line 4, denomination: denomination out of range (-8 to 6)"},
        {ended(heading + "7,5,un" + numbers + "\n", 1),
         "line 3, denomination: denomination out of range (-8 to 6)"},
        {ended(heading + "1,1024000,un" + numbers + "\n", 1),
         "line 3, serial number: serial number out of range (by default under 1024000)"},
        {ended(heading + "1,5,u" + numbers + "\n", 1), "line 3, what the servers hold: line of unknown form"},
        {ended(heading + "1,5,ua" + numbers + "\n", 1),
         "line 3, what the servers hold: line of unknown form"},
        {ended(heading + "1,5,un" + old_numbers + "\n", 1),
         "line 3, new authenticity number of server 0: authenticity number missing or unusable"},
        {ended(heading + odd_digit, 1),
         "line 3, new authenticity number of server 1: authenticity number missing or unusable"},
        {ended(heading + line + "2,5,un,00" + numbers + "\n", 2),
         "line 4, authenticity number of server 0: authenticity number missing or unusable"},
        {ended(heading + "1,5,un" + numbers + ",00\n", 1),
         "line 3, after the last authenticity number: line of unknown form"},
        {ended(heading + line + line, 2), "line 4: the same token twice"},
        {ended(heading + line, 2), "line 4, number of tokens: damaged: it does not fit what comes before"},
        {ended(heading + line, 1, "half"), "line 4, state: line of unknown form"},
        {ended(heading + line, 1, "open,"), "line 4, checksum: line of unknown form"},
        {heading + line + "end,1,finished" + good.substr(good.size() - 10),
         "line 4, checksum: damaged: it does not fit what comes before"},
        {ended(heading, 0), "line 3: no tokens"},
        {good + good, "line 4, denomination: denomination out of range (-8 to 6)"},
    };
    for (const auto& [text, complaint] : cases)
        CHECK(error_of(text).message() == complaint);
}

TEST_CASE("the limit of serial numbers is the caller's", "[journal]")
{
    const std::string text = ended(heading + "1,9,un" + old_numbers + new_numbers + "\n", 1);
    CHECK(error_of(text, 9).code == errc::invalid_serial_number);
    CHECK_FALSE(error_of(text, 10));
    CHECK(raida::parse_journal<2>(text, 10).tokens.size() == 1);
}

TEST_CASE("an error never repeats what is in the journal", "[journal]")
{
    std::string text = heading + line;
    text.insert(text.size() - 40, "!");
    try {
        static_cast<void>(raida::parse_journal<2>(ended(text, 1)));
        FAIL("a digit too many");
    } catch (const std::system_error& error) {
        CHECK(error.code() == errc::invalid_authenticity);
        for (const char* digits : {"0011", "ffee", "1011", "1fee", "8877"})
            CHECK(std::string_view{error.what()}.find(digits) == std::string_view::npos);
    }
}
