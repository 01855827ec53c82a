// Replays the harnesses of whatever reads bytes.
#include "replay.hpp"

#include "aggregate.hpp"
#include "bitfield.hpp"
#include "healing.hpp"
#include "hosts.hpp"
#include "journal.hpp"
#include "learning.hpp"
#include "response.hpp"
#include "tcp_answer.hpp"
#include "token_csv.hpp"
#include "token_file.hpp"

#include <unit/wire/data_files.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace {

using bytes = fuzz::byte_list;
using fuzz::replay;

bytes response(std::uint8_t status, const bytes& body, bool with_terminator = true)
{
    bytes datagram(32 + body.size() + (with_terminator ? 2 : 0), raida::terminator_byte);
    raida::response_header header{.server = 3, .status = static_cast<raida::status>(status), .group = 1};
    header.echo = 0x1234;
    header.body_size = static_cast<std::uint32_t>(with_terminator ? body.size() + 2 : 0);
    header.write(datagram.data());
    std::copy(body.begin(), body.end(), datagram.begin() + 32);
    return datagram;
}

bytes text(std::string_view characters)
{
    return {characters.begin(), characters.end()};
}

} // namespace

TEST_CASE("datagrams of any content are judged without harm", "[fuzz]")
{
    bytes request(50);
    raida::request_header{.what = raida::echo_command, .body_size = 18}.write(request.data());
    replay({1,
            {response(241, {}, false), response(243, {0xFF, 0x01}), response(250, text("20250323")),
             response(211, {0, 1, 2}), response(209, {}, false), response(27, bytes(16), false), request}},
           fuzz::response);
}

TEST_CASE("bitfields of any content and count are read without harm", "[fuzz]")
{
    replay({2,
            {{0, 9, 0xFF, 0x01},
             {0, 8, 0x0F},
             {0, 0},
             {0, 64, 1, 2, 3, 4, 5, 6, 7, 8},
             {0xFF, 0xFF, 1},
             {0, 3, 7}}},
           fuzz::bitfield);
}

TEST_CASE("token files of any content are read without harm", "[fuzz]")
{
    const std::string numbers = ",00112233445566778899aabbccddeeff,FFEEDDCCBBAA99887766554433221100";
    const std::string one = "1,5" + numbers + "\n", two = "-8,1023999" + numbers + "\r\n";
    replay({3,
            {text(one), text(one + two), text("# tokens\n\n" + two + one),
             text("an1,an0,serial,dn\n" + numbers.substr(1) + ",1,5\n"),
             text("serial number,denomination\n" + one), text("-2:77"), text(two + "6,0" + numbers)}},
           fuzz::token_csv);
}

TEST_CASE("journals of any content are read without harm", "[fuzz]")
{
    const std::string numbers = ",00112233445566778899aabbccddeeff,FFEEDDCCBBAA99887766554433221100";
    const std::string heading = "raida-journal,1,2\n";
    const std::string one = "1,5,un" + numbers + numbers + "\n",
                      two = "-8,1023999,ox" + numbers + numbers + "\n";
    replay({4,
            {text(fuzz::with_end(heading + one)), text(fuzz::with_end(heading + two + one)),
             text(fuzz::with_end(heading + two)), text(heading + one),
             text(fuzz::with_end("raida-journal,2,2\nheal,6,-" + numbers + "\n1,5,un" + numbers + "\n"))}},
           fuzz::journal);
}

TEST_CASE("server lists of any content are read without harm", "[fuzz]")
{
    replay({5,
            {text("a:1\nb:2\nc:3\n\nd:4\n"), text("10.0.0.1\n[::1]\n10.0.0.2\n"),
             text("a:1 0-0-0-P\nb:2 1-x-x-P\r\nc:3 1-0-0-M\n"), text("a:1 r0\nb:2 r1\n# x\nc:3 m1\n"),
             text("id,host:port\nr0,a:1\n1,b:2\n"), text("host,port,id\na,1,0\nb,2,1\n\"::1\",3,2"),
             text(R"({"v": [1, {}], "servers": [{"id": 0, "hostname": "a", "port": 1},
                  {"id": 2, "hostname": "b", "port": "2"}]})"),
             text("[[raida_servers]]\nindex = 0\naddress = \"a\"\nport = 1\n[[raida_servers]]\nindex = 1\n"
                  "address = '::1'\nport = 2\n"),
             text("raida_servers = [\"a:1\", # x\n'b:2',\n\"c:3\"]\n")}},
           fuzz::hosts);
}

TEST_CASE("files of tokens of any content are read without harm", "[fuzz]")
{
    std::vector<bytes> files;
    for (const char* name :
         {"00060100002618.key", "0_super.bin", "405.bin", "9_limbo.bin", "9_multi.bin", "9_single.bin",
          "bin.stack", "bom_head.csv", "card.png", "json.stack", "legacy.jpg", "legacy_sn_denom_nn.csv",
          "quoted.csv", "ref.json", "swapped_head.csv"})
        files.push_back(text(tests::data_file(std::string{"tokens/"} + name)));
    replay({6, std::move(files)}, fuzz::token_file);
}

TEST_CASE("answers of any content and none are counted as a naive loop counts them", "[fuzz]")
{
    replay({7, fuzz::programs(7, 80)}, fuzz::aggregate);
}

TEST_CASE("learned round trips of any value stay within bounds", "[fuzz]")
{
    const auto numbers = [](std::initializer_list<std::uint64_t> values) {
        bytes made;
        for (const std::uint64_t value : values) {
            made.resize(made.size() + 8);
            raida::detail::store_big<8>(made.data() + made.size() - 8, value);
        }
        return made;
    };
    constexpr std::uint64_t ms = 1'000'000, most = 3'600'000 * ms, min = 1ULL << 63, max = min - 1;
    replay({8,
            {numbers({30 * ms, ms, 0, 7, 200 * ms, 10'000 * ms, 3'000 * ms, 30 * ms, 1400}),
             numbers({min, max, min, ~0ULL, 1, most, most, max, max, min, min, 0, 0}),
             numbers({max, max, max, ~0ULL, most, most, 1}), numbers({0, 0, 0, 0, 2, 1, 1})}},
           fuzz::learning);
}

TEST_CASE("answers to healing's commands of any content are read without harm", "[fuzz]")
{
    replay({9,
            {{3, 0, 241, 0, 0, 1, 2},
             {3, 0, 243, 5, 0, 0, 1, 2},
             {3, 1, 243, 0xA0},
             {9, 0, 243, 1, 1, 9, 9, 9, 9},
             {1, 0, 242},
             {1, 0, 241},
             {1, 0, 241, 0, 0, 0, 0}}},
           fuzz::healing);
}

TEST_CASE("answers over a connection end where they say, in whatever pieces they come", "[fuzz]")
{
    const auto in_pieces = [](const bytes& answer, std::size_t most, std::uint8_t limit = 255) {
        bytes made{0, limit};
        for (std::size_t at = 0; at < answer.size(); at += most) {
            const auto first = answer.begin() + static_cast<std::ptrdiff_t>(at);
            const std::size_t size = std::min(most, answer.size() - at);
            made.push_back(static_cast<std::uint8_t>(size - 1));
            made.insert(made.end(), first, first + static_cast<std::ptrdiff_t>(size));
        }
        return made;
    };
    const bytes short_one = response(241, {}, false), long_one = response(243, bytes(60, 1));
    bytes wide = short_one;
    wide.resize(48);
    replay({10,
            {in_pieces(short_one, 40), in_pieces(short_one, 7), in_pieces(wide, 48), in_pieces(long_one, 100),
             in_pieces(long_one, 33), in_pieces(long_one, 1), in_pieces(long_one, 94, 94),
             in_pieces(long_one, 94, 93), in_pieces(response(243, bytes(400)), 50)}},
           fuzz::tcp_answer);
}
