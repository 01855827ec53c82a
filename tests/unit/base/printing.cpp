#include <raida/base/condition.hpp>
#include <raida/base/format.hpp>
#include <raida/base/printing.hpp>
#include <raida/client/transfer.hpp>
#include <raida/consensus/batch_tally.hpp>
#include <raida/consensus/grade.hpp>
#include <raida/consensus/tally.hpp>
#include <raida/engine/statistics.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/status.hpp>
#include <raida/wire/token.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <locale>
#include <sstream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace mine {

struct own
{};
std::string to_string(own);

} // namespace mine

namespace {

using raida::detail::printing::printable;
static_assert(printable<raida::vote> && printable<raida::tally<>> && printable<raida::token>);
static_assert(!printable<mine::own> && !printable<int> && !printable<std::string>,
              "others' types are theirs");
static_assert(!printable<raida::authenticity_number> && !printable<raida::transfer_record<>>, "secret");

template <class Printed>
std::string printed(const Printed& what)
{
    struct grouping : std::numpunct<char>
    {
        char do_thousands_sep() const override { return ','; }
        std::string do_grouping() const override { return "\1"; }
    };
    std::ostringstream out;
    out.imbue(std::locale{std::locale::classic(), new grouping});
    out << what;
    CHECK(out.str() == to_string(what));
#ifdef __cpp_lib_format
    CHECK(std::format("{:>80}", what) == std::string(80 - out.str().size(), ' ') + out.str());
#endif
    return out.str();
}

using datagram = std::array<std::uint8_t, raida::header_size>;

datagram answered(raida::status what)
{
    datagram bytes{};
    raida::response_header{.status = what, .group = 1}.write(bytes.data());
    return bytes;
}

} // namespace

TEST_CASE("enumerations are printed in words", "[printing]")
{
    CHECK(printed(raida::vote::none) == "none");
    CHECK(printed(raida::vote::pass) == "pass");
    CHECK(printed(raida::vote::fail) == "fail");
    CHECK(printed(raida::verdict::undecided) == "undecided");
    CHECK(printed(raida::verdict::authentic) == "authentic");
    CHECK(printed(raida::verdict::counterfeit) == "counterfeit");
    CHECK(printed(raida::token_grade::bad_key) == "bad key");
    CHECK(printed(raida::holding::unknown) == "unknown");
    CHECK(printed(raida::holding::old_number) == "old number");
    CHECK(printed(raida::holding::new_number) == "new number");
    CHECK(printed(raida::holding::neither) == "neither");
    CHECK(printed(raida::holding::not_asked) == "not asked");
    CHECK(printed(raida::transfer_outcome::split) == "split");
    CHECK(printed(raida::status::all_pass) == "all pass");
    CHECK(printed(raida::condition::timed_out) == "timed out");
}

TEST_CASE("a reply says whose it is, what came or why nothing did, and how long that took", "[printing]")
{
    raida::replies<3> got;
    CHECK(printed(got[0]) == "server 0: no answer yet");
    got.answer(1, answered(raida::status::all_pass), true, 1'340us);
    CHECK(printed(got[1]) == "server 1: all pass (241), 1.3 ms");
    got.verify(1, false);
    CHECK(printed(got[1]) == "server 1: all pass (241), not verified, 1.3 ms");
    got.fail(2, raida::errc::timed_out, 3s);
    got.hint(2, raida::status::invalid_coin_id);
    CHECK(printed(got[2]) == "server 2: no answer before the deadline, hint: " +
                                 describe(raida::status::invalid_coin_id) + ", 3000.0 ms");
}

TEST_CASE("a tally says what became of the tokens and what the servers said", "[printing]")
{
    CHECK(printed(raida::tally<3>{}) == "no tokens; servers: 3 errors");
    raida::replies<3> got;
    got.answer(0, answered(raida::status::all_pass));
    got.answer(1, answered(raida::status::all_pass));
    got.fail(2, raida::errc::timed_out);
    raida::tally<3> votes;
    votes.assign(got, 2);
    CHECK(printed(votes) == "2 authentic; servers: 2 all pass, 1 error");
    raida::batch_tally<3> batch;
    CHECK(printed(batch) == "no tokens");
    batch.add(0, votes);
    got.answer(0, answered(raida::status::all_fail));
    votes.assign(got, 1234);
    batch.add(2, votes);
    CHECK(printed(batch) == "2 authentic, 1234 undecided");
}

TEST_CASE("a transfer is printed without its numbers", "[printing]")
{
    CHECK(printed(raida::transfer<>{}) == "no tokens");
    raida::transfer<> two{raida::transfer_record<>{.tokens = raida::testing::make_tokens(2)}};
    for (std::size_t server = 0; server < 13; ++server)
        two.set(0, server, raida::holding::new_number);
    CHECK(printed(two) == "1 transferred, 1 unknown");
    const auto token = raida::testing::make_tokens(1)[0];
    CHECK(printed(token) == printed(token.id()));
}

TEST_CASE("statistics name what they counted, and leave out the rest", "[printing]")
{
    raida::fanout_statistics<2> counts;
    CHECK(printed(counts) == "nothing sent");
    counts.servers[0] = {.sent = 1000, .answered = 999};
    counts.servers[1].no_buffers = 2;
    CHECK(printed(counts.servers[0]) == "1000 sent, 999 answered");
    CHECK(printed(counts) == "1000 sent, 999 answered, 2 without buffer");
}
