#include <raida/wire/token_csv.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unit/hex.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using raida::errc;
using raida::parse_error;
using raida::token_id;

const std::string one = "00112233445566778899AABBCCDDEEFF";
const std::string two = "ffeeddccbbaa99887766554433221100";

std::string line(const std::string& start)
{
    return start + "," + one + "," + two + "\n";
}

parse_error error_of(const std::string& text, std::uint32_t limit = raida::serial_limit)
{
    parse_error error;
    const auto tokens = raida::parse_tokens<2>(text, error, limit);
    CHECK(tokens.empty() == static_cast<bool>(error));
    return error;
}

std::vector<std::string> ids_of(const std::string& text)
{
    std::vector<std::string> ids;
    for (const auto& each : raida::parse_tokens<2>(text))
        ids.push_back(to_string(each.id()));
    return ids;
}

using ids = std::vector<std::string>;

// What is written, as text.
std::string text_of(const raida::secret_bytes& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string written(const std::string& text)
{
    const auto tokens = raida::parse_tokens<2>(text);
    return text_of(raida::write_tokens_csv<2>(tokens));
}

} // namespace

TEST_CASE("a token file gives each server its own number", "[token_csv]")
{
    const auto tokens = raida::parse_tokens<2>(line("1,5") + line("-8,1023999"));
    REQUIRE(tokens.size() == 2);
    CHECK(tokens[0].id() == token_id{{1}, {5}});
    CHECK(tokens[1].id() == token_id{{-8}, {1'023'999}});
    CHECK(tests::hex(tokens[1].numbers[0].bytes()) == "00112233445566778899AABBCCDDEEFF");
    CHECK(tests::hex(tokens[1].numbers[1].bytes()) == "FFEEDDCCBBAA99887766554433221100");
}

TEST_CASE("a token file for the whole network has 25 numbers a line", "[token_csv]")
{
    std::string text = "0,7";
    for (int i = 0; i < 25; ++i)
        text += "," + (i == 24 ? two : one);
    const std::vector<raida::token> tokens = raida::parse_tokens(text);
    REQUIRE(tokens.size() == 1);
    CHECK(tokens[0].numbers[24] == *raida::authenticity_number::from_hex(two));
}

TEST_CASE("blank lines, comments, a heading, blanks, CRLF and a byte order mark are fine", "[token_csv]")
{
    CHECK(ids_of("\n  \n# my tokens\n" + line("1,1") + "\t\n   # more\n" + line("1,2")) == ids{"1:1", "1:2"});
    CHECK(ids_of("denomination,serial,an0,an1\n" + line("1,1")) == ids{"1:1"});
    CHECK(ids_of("# first\nDN , SN\n" + line("1,1")) == ids{"1:1"});
    CHECK(ids_of(" 1 ,\t2 , " + one + " ," + two + " \r\n\r\n1,3," + one + "," + two + "\r\n") ==
          ids{"1:2", "1:3"});
    CHECK(ids_of("\xEF\xBB\xBF" + line("1,7")) == ids{"1:7"});
    CHECK(ids_of("1,7," + one + "," + two) == ids{"1:7"});         // no line end
    CHECK(ids_of("1,7," + one + "," + two + ",\n") == ids{"1:7"}); // spreadsheets end lines so
}

TEST_CASE("a heading is fine before the first token only, and only once", "[token_csv]")
{
    CHECK(error_of(line("1,1") + "denomination,serial\n").message() ==
          "line 2, denomination: denomination out of range (-8 to 6)");
    CHECK(error_of("denomination,serial\ndenomination,serial\n" + line("1,1")).line == 2);
    CHECK(error_of("denomination\n" + line("1,1")).line == 1); // one name is no heading
    CHECK(error_of(line("x,1")).line == 1);                    // nor is a token with a mistake
}

TEST_CASE("each wrong field of a token file is named with its line", "[token_csv]")
{
    const std::string good = "# comment\n" + line("1,1");
    const auto message = [&](const std::string& bad) {
        return error_of(good + bad + "\n" + line("1,2")).message();
    };
    const std::string denomination = "line 3, denomination: denomination out of range (-8 to 6)";
    const std::string serial = "line 3, serial number: serial number out of range (by default under 1024000)";
    const std::string number = ": authenticity number missing or unusable";
    const std::string first = "line 3, authenticity number of server 0" + number;
    const std::string second = "line 3, authenticity number of server 1" + number;

    for (const std::string bad : {"7", "-9", "", "x", "1x", "0x1", "1.0", "256", "+1"})
        CHECK(message(line(bad + ",5")) == denomination);
    for (const std::string bad : {"1024000", "4294967296", "-1", "", "x", "1 2"})
        CHECK(message(line("1," + bad)) == serial);
    CHECK(message("1") == serial);
    CHECK(message("1,5") == first);
    CHECK(message("1,5," + one.substr(1) + "," + two) == first);
    CHECK(message("1,5,," + two) == first);
    CHECK(message("1,5," + one) == second);
    CHECK(message("1,5," + one + "," + two + "0") == second);
    CHECK(message("1,5," + one + "," + two.substr(1) + "g") == second);
    CHECK(message(line("1,5," + one)) == "line 3, after the last authenticity number: line of unknown form");
}

TEST_CASE("the serial number's limit can be set", "[token_csv]")
{
    CHECK(error_of(line("1,100"), 100).code == errc::invalid_serial_number);
    CHECK_FALSE(error_of(line("1,99"), 100));
    CHECK_FALSE(error_of(line("1,4294967294"), 4'294'967'295));
}

TEST_CASE("a token that is named twice is refused where it is repeated first", "[token_csv]")
{
    CHECK(error_of(line("1,1") + line("1,2") + line("1,1") + line("1,2")).message() ==
          "line 3: the same token twice");
    CHECK(error_of(line("1,9") + line("1,3") + line("1,3") + line("1,9")).line == 3);
    CHECK_FALSE(error_of(line("1,1") + line("2,1") + line("-1,1"))); // one serial, three tokens
}

TEST_CASE("a text without any token is refused as such", "[token_csv]")
{
    for (const std::string text : {"", "\n\n", "# nothing\n", "denomination,serial\n", "\xEF\xBB\xBF"}) {
        const parse_error error = error_of(text);
        CHECK(error.code == errc::no_tokens);
        CHECK(error.message() == "no tokens");
    }
}

TEST_CASE("an error about a token file never repeats what the file holds", "[token_csv]")
{
    const std::string secret = "5EC2E75EC2E75EC2E75EC2E75EC2E75E";
    for (const std::string& text :
         {secret + "\n", "1," + secret + "\n", "1,1," + secret + "0\n",
          "1,1," + secret + "," + secret.substr(1) + "\n",
          "1,1," + secret + "," + secret + "," + secret + "\n",
          "1,1," + secret + "," + secret + "\n1,1," + secret + "," + secret + "\n"}) {
        const parse_error error = error_of(text);
        REQUIRE(error);
        CHECK(error.message().find("5EC2E7") == std::string::npos);
        try {
            (void)raida::parse_tokens<2>(text);
            FAIL("nothing was thrown");
        } catch (const std::system_error& thrown) {
            CHECK(thrown.code() == error.code);
            CHECK(std::string_view{thrown.what()}.starts_with(error.message())); // Boost adds the number
        }
    }
}

TEST_CASE("an old parse error does not survive a good text", "[token_csv]")
{
    parse_error error{errc::malformed_line, 9, "old"};
    CHECK(raida::parse_tokens<2>(line("1,7"), error).size() == 1);
    CHECK_FALSE(error);
    CHECK(error.message() == parse_error{}.message());
}

TEST_CASE("a heading says which column is which", "[token_csv]")
{
    const auto first_of = [](const std::string& heading, const std::string& row) {
        const auto tokens = raida::parse_tokens<2>(heading + "\n" + row + "\n");
        return to_string(tokens.at(0).id()) + " " + tests::hex(tokens[0].numbers[0].bytes()).substr(0, 4) +
               " " + tests::hex(tokens[0].numbers[1].bytes()).substr(0, 4);
    };
    const std::string numbers = "," + one + "," + two;
    CHECK(first_of("serial number,denomination,an0,an1", "5,1" + numbers) == "1:5 0011 FFEE");
    CHECK(first_of("Serial_Number, DN ,AN1,AN2", "5,1" + numbers) == "1:5 0011 FFEE");
    CHECK(first_of("dn,sn,an1,an0", "1,5" + numbers) == "1:5 FFEE 0011");
    CHECK(first_of("dn,sn,an2,an1", "1,5" + numbers) == "1:5 FFEE 0011");
    CHECK(first_of("an0,sn,an1,dn", one + ",5," + two + ",-1") == "-1:5 0011 FFEE");
    CHECK(first_of("sn,dn", "5,1" + numbers) == "1:5 0011 FFEE");
    CHECK(first_of("\"dn\";\"sn\"", "\"1\";5;" + one + ";\"" + two + "\"") == "1:5 0011 FFEE");
}

TEST_CASE("a heading that names anything else is refused with the column", "[token_csv]")
{
    const auto column = [](const std::string& heading) {
        const auto error = error_of(heading + "\n" + line("1,5"));
        CHECK(error.code == errc::malformed_line);
        CHECK(error.line == 1);
        return error.field;
    };
    CHECK(column("denomination,serial,a,b") == "heading, column 3");
    CHECK(column("name,serial,an0,an1") == "heading, column 1");
    CHECK(column("dn,dn,an0,an1") == "heading, column 2");
    CHECK(column("dn,sn,an0,an0") == "heading, column 4");
    CHECK(column("dn,sn,an0") == "heading, column 4");         // one is missing
    CHECK(column("dn,sn,an0,an1,an2") == "heading, column 6"); // one too many
    CHECK(column("dn,sn,an1,an3") == "heading, column 4");
    CHECK(column("dn,an0,an1") == "heading, column 4");
    CHECK(column("sn,an0,an1") == "heading, column 4");
    CHECK(column("dn,sn,,an0,an1") == "heading, column 3");
    CHECK(column("dn,sn,an0,an99999999999999999999999999999999") == "heading, column 4");
}

TEST_CASE("fields may be quoted, and semicolons may stand between them", "[token_csv]")
{
    const std::string quoted = "\"1\",\"5\",\"" + one + "\",\"" + two + "\"\r\n";
    CHECK(ids_of(quoted + line("1,6")) == ids{"1:5", "1:6"});
    std::string semicolons = line("-1,5") + line("0,6");
    std::replace(semicolons.begin(), semicolons.end(), ',', ';');
    CHECK(ids_of(semicolons) == ids{"-1:5", "0:6"});
    CHECK(written(quoted) == "1,5,00112233445566778899aabbccddeeff," + two + "\n");
}

TEST_CASE("rows of the old network are read by the value of their serial numbers", "[token_csv]")
{
    const std::string numbers = "," + one + "," + two + "\n";
    CHECK(ids_of("sn,denomination,nn,an1,an2,\n12345,1,1" + numbers) == ids{"0:12345"});
    CHECK(ids_of("sn,nn,an1,an2\n5,1" + numbers + "1,1" + numbers) == ids{"0:5", "0:1"});
    CHECK(ids_of("12345,1,1" + numbers + "7,1,1" + numbers) == ids{"0:12345", "0:7"});
    CHECK(error_of("12345,5,1" + numbers).message() == "line 1, value: denomination out of range (-8 to 6)");
    CHECK(error_of("12345,1,0" + numbers).field == "network");
    CHECK(error_of("sn,nn\n5,x" + numbers).field == "network");
    CHECK(error_of("sn,nn\n16777217,1" + numbers).code == errc::invalid_serial_number);
}

TEST_CASE("tokens of the old network that today's servers do not have are refused as such", "[token_csv]")
{
    const std::string numbers = "," + one + "," + two + "\n";
    for (const std::string row : {"1024000,1,1", "2097152,1,1", "2097153,5,1", "4194305,25,1",
                                  "6291457,100,1", "14680065,250,1", "16777216,250,1"}) {
        CHECK(error_of(row + numbers).message() ==
              "line 1, serial number: a token of the old network: it must be converted first");
    }
    CHECK(error_of("2097152,5,1" + numbers).field == "value");
}

TEST_CASE("rows that may be read in two ways are refused without a heading", "[token_csv]")
{
    const std::string numbers = "," + one + "," + two + "\n";
    const auto refused = [&](const std::string& text) {
        const auto error = error_of(text);
        CHECK(error.field.find("put a heading in front") != std::string::npos);
        return error.code == errc::unsupported_format;
    };
    CHECK(refused("5,1" + numbers));
    CHECK(refused("5,1" + numbers + "3,1" + numbers));
    CHECK(refused("12345,1" + numbers));
    CHECK(refused("# mine\n5,1" + numbers + "9752,1" + numbers));
    CHECK(ids_of("5,1" + numbers + "5,2" + numbers) == ids{"5:1", "5:2"});
    CHECK(ids_of("-5,1" + numbers) == ids{"-5:1"});
    CHECK(ids_of("dn,sn\n5,1" + numbers) == ids{"5:1"});
    CHECK(written("dn,sn\n5,1" + numbers).starts_with("denomination,serial number,an0,an1\n5,1,0011"));
    CHECK(ids_of(written("dn,sn\n5,1" + numbers)) == ids{"5:1"});
}

TEST_CASE("a token file in UTF-16 is called that", "[token_csv]")
{
    for (const std::string mark : {"\xFF\xFE", "\xFE\xFF"}) {
        const auto error = error_of(mark + line("1,5"));
        CHECK(error.code == errc::unsupported_format);
        CHECK(error.field.starts_with("UTF-16"));
    }
}

TEST_CASE("what is written is what was read", "[token_csv]")
{
    std::string text = line("1,5") + line("-8,1023999") + line("6,0");
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    CHECK(written(text) == text);
    CHECK(raida::write_tokens_csv(std::span<const raida::token>{}).size() > 0); // a heading and nothing
}
