// Runs every harness over a fixed stream of random and mutated inputs, so that their properties are tested
// where there is no libFuzzer.
#include "bitfield.hpp"
#include "hosts.hpp"
#include "journal.hpp"
#include "response.hpp"
#include "token_csv.hpp"
#include "token_file.hpp"

#include <unit/wire/data_files.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

using bytes = std::vector<std::uint8_t>;

// std::mt19937 gives the same numbers everywhere; the standard distributions do not.
class input_stream
{
  public:
    input_stream(std::uint32_t seed, std::vector<bytes> good) : random_{seed}, good_{std::move(good)} {}

    bytes next()
    {
        if (below(4) == 0)
            return noise(below(100));
        bytes input = good_[below(good_.size())];
        for (std::size_t changes = below(4); changes > 0; --changes)
            mutate(input);
        return input;
    }

  private:
    std::size_t below(std::size_t limit) { return random_() % limit; }

    bytes noise(std::size_t size)
    {
        bytes result(size);
        std::generate(result.begin(), result.end(), [this] { return static_cast<std::uint8_t>(random_()); });
        return result;
    }

    void mutate(bytes& input)
    {
        const std::size_t at = below(input.size() + 1);
        const auto here = input.begin() + static_cast<std::ptrdiff_t>(at);
        switch (below(5)) {
        case 0: // one bit
            if (at < input.size())
                input[at] = static_cast<std::uint8_t>(input[at] ^ (1U << below(8)));
            break;
        case 1: // cut off
            input.resize(at);
            break;
        case 2: { // something in between
            const bytes more = noise(1 + below(4));
            input.insert(here, more.begin(), more.end());
            break;
        }
        case 3: // something missing
            input.erase(here, here + static_cast<std::ptrdiff_t>(std::min(input.size() - at, 1 + below(4))));
            break;
        default: { // the end of another one
            const bytes& other = good_[below(good_.size())];
            input.resize(at);
            input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(std::min(at, other.size())),
                         other.end());
        }
        }
    }

    std::mt19937 random_;
    std::vector<bytes> good_;
};

// Each input lies in memory of exactly its size, so that the address sanitizer sees a read of one byte too
// many.
template <class Harness>
void replay(input_stream inputs, Harness harness)
{
    constexpr int rounds = 10'000;
    int accepted = 0;
    for (int round = 0; round < rounds; ++round) {
        const bytes input = inputs.next();
        const auto exact = std::make_unique<std::uint8_t[]>(input.size());
        std::copy(input.begin(), input.end(), exact.get());
        CAPTURE(round);
        bool good = false;
        REQUIRE_NOTHROW(good = harness(raida::bytes_view{exact.get(), input.size()}));
        accepted += good ? 1 : 0;
    }
    CHECK(accepted > rounds / 10); // both sides of every property were seen
    CHECK(accepted < rounds * 9 / 10);
}

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
