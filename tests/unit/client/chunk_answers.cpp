#include <raida/client/detail/chunk_answers.hpp>

#include <catch2/catch_test_macros.hpp>

#include <raida/consensus/aggregate.hpp>

#include <unit/consensus/support.hpp>

#include <algorithm>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace {

using raida::bit_order;
using raida::status;

constexpr std::size_t N = 5;
using chunk = raida::detail::chunk_answers<N>;
using bits = std::bitset<N>;

constexpr std::size_t first = 100; // where the chunk begins in its batch
constexpr std::size_t complainer = 3;

// Server 3 found it too long; the others passed everything, but for one that is silent.
raida::replies<N> whole()
{
    auto answers = tests::silence<N>();
    for (const std::size_t server : {0U, 1U, 2U})
        answers.answer(server, tests::datagram(status::all_pass));
    answers.answer(complainer, tests::datagram(status::invalid_packet_length), false);
    return answers;
}

raida::replies<N> from_complainer(const tests::bytes_t& datagram, bool verified = true)
{
    auto answers = tests::silence<N>();
    answers.answer(complainer, datagram, verified);
    return answers;
}

const bits asked = bits{}.set(complainer);

// What everybody answered about all of it has been taken.
chunk made(std::size_t count, const raida::replies<N>& answers, bit_order order = bit_order::lsb_first)
{
    chunk of{first, count, ~bits{}, order};
    of.take(first, count, answers, ~bits{});
    return of;
}

void add(chunk& to, std::size_t from, std::string_view votes, bit_order order = bit_order::lsb_first)
{
    to.take(first + from, votes.size(), from_complainer(tests::judgement(votes, order)), asked);
}

// One letter per token: what a server's votes are after all.
std::string votes_of(const chunk& of, std::size_t count, std::size_t server,
                     bit_order order = bit_order::lsb_first)
{
    const auto tally = raida::aggregate(of.whole(), count, {.bit_order = order});
    std::string all;
    for (std::size_t token = 0; token < count; ++token)
        all += tally.pown_string(token)[server];
    return all;
}

} // namespace

TEST_CASE("the parts of one server's answer become its votes, in whatever order they come", "[chunk_answers]")
{
    for (const auto order : {bit_order::lsb_first, bit_order::msb_first}) {
        CAPTURE(order == bit_order::lsb_first);
        chunk of = made(21, whole(), order);
        add(of, 11, "ffffffffff", order);
        add(of, 0, "pfpfp", order);
        add(of, 5, "pppppp", order);
        CHECK(votes_of(of, 21, complainer, order) == "pfpfpppppppffffffffff");
        CHECK(votes_of(of, 21, 0, order) == std::string(21, 'p'));
        CHECK(votes_of(of, 21, 4, order) == std::string(21, 'n'));
    }
}

TEST_CASE("parts that all pass, or all fail, are a whole that does", "[chunk_answers]")
{
    for (const char vote : {'p', 'f'}) {
        chunk of = made(16, whole(), bit_order::lsb_first);
        add(of, 8, std::string(8, vote));
        add(of, 0, std::string(8, vote));
        const auto& answer = of.whole()[complainer];
        CHECK(answer.status() == (vote == 'p' ? status::all_pass : status::all_fail));
        CHECK(answer.datagram.size() == raida::header_size);
        CHECK(answer.verified);
        CHECK(votes_of(of, 16, complainer) == std::string(16, vote));
    }
}

TEST_CASE("one part missing: the server has no vote on any token of the chunk", "[chunk_answers]")
{
    chunk of = made(12, whole(), bit_order::lsb_first);
    CHECK(votes_of(of, 12, complainer) == std::string(12, 'e'));
    add(of, 0, "pppp");
    add(of, 8, "pppp");
    CHECK(votes_of(of, 12, complainer) == std::string(12, 'e')); // its first answer stands
    CHECK(of.whole()[complainer].status() == status::invalid_packet_length);
    add(of, 4, "ffff");
    CHECK(votes_of(of, 12, complainer) == "ppppffffpppp");
}

TEST_CASE("a part that is no answer is a part that is missing", "[chunk_answers]")
{
    const auto mixed = tests::datagram(status::mixed, {0x05});
    const auto refuses = [](const raida::replies<N>& part, bits servers = asked) {
        chunk of = made(8, whole(), bit_order::lsb_first);
        add(of, 4, "pfpf");
        of.take(first, 4, part, servers);
        const std::string votes = votes_of(of, 8, complainer);
        return votes.find_first_of("pf") == std::string::npos;
    };
    CHECK_FALSE(refuses(from_complainer(mixed)));
    CHECK(refuses(from_complainer(mixed, false)));
    CHECK(refuses(from_complainer(tests::datagram(status::all_pass), false)));
    CHECK(refuses(from_complainer(mixed), {})); // somebody who was not asked
    CHECK(refuses(tests::silence<N>()));
    CHECK(refuses(raida::replies<N>{}));
    for (const auto what : {status::invalid_packet_length, status::success, status::find_all_authenticity,
                            status::internal, status{}})
        CHECK(refuses(from_complainer(tests::datagram(what))));
    CHECK(refuses(from_complainer(tests::datagram(status::mixed))));         // no body
    CHECK(refuses(from_complainer(tests::datagram(status::mixed, {5, 0})))); // too long a one
    CHECK(refuses(from_complainer(tests::datagram(status::mixed, {0x15})))); // padding
    CHECK(refuses(from_complainer(tests::datagram(status::mixed, {0x0F})))); // not mixed at all
    CHECK(refuses(from_complainer(tests::datagram(status::mixed, {0x00}))));
    auto cut = mixed;
    cut.pop_back();
    CHECK(refuses(from_complainer(cut)));
}

TEST_CASE("several servers may complain, and each gets its own votes", "[chunk_answers]")
{
    auto answers = whole();
    answers.answer(0, tests::datagram(status::invalid_packet_length), false);
    chunk of = made(4, answers);
    auto left = tests::silence<N>(), right = tests::silence<N>();
    left.answer(0, tests::judgement("pf"));
    left.answer(complainer, tests::judgement("fp"));
    right.answer(0, tests::judgement("ff"));
    of.take(first, 2, left, bits{asked}.set(0));
    of.take(first + 2, 2, right, bits{asked}.set(0)); // where the other one is silent
    CHECK(votes_of(of, 4, 0) == "pfff");
    CHECK(votes_of(of, 4, complainer) == "nnnn"); // as it was last heard of
    CHECK(votes_of(of, 4, 1) == "pppp");
}

TEST_CASE("what is put together looks as the server would have said it", "[chunk_answers]")
{
    using std::chrono::milliseconds;
    auto answers = whole();
    answers.answer(complainer, tests::datagram(status::invalid_packet_length), false, milliseconds{1}, 2);
    chunk of = made(9, answers);
    auto part = tests::silence<N>();
    part.answer(complainer, tests::judgement("ppppp"), true, milliseconds{7});
    of.take(first, 5, part, asked);
    add(of, 5, "pppf");
    const raida::reply& joined = of.whole()[complainer];
    CHECK(std::ranges::equal(joined.datagram, tests::judgement("ppppppppf")));
    CHECK(joined.status() == status::mixed);
    CHECK(joined.verified);
}

TEST_CASE("chunks of any size cut anywhere come out as they went in", "[chunk_answers]")
{
    tests::dice dice{7};
    for (int round = 0; round < 200; ++round) {
        const auto order = dice.below(2) == 0 ? bit_order::lsb_first : bit_order::msb_first;
        const std::size_t count = 2 + dice.below(130);
        const std::string votes = dice.votes(count, dice.below(3) * 50);
        const std::size_t middle = 1 + dice.below(count - 1);
        chunk of = made(count, whole(), order);
        const std::string_view all{votes};
        add(of, middle, all.substr(middle), order);
        add(of, 0, all.substr(0, middle), order);
        if (votes_of(of, count, complainer, order) != votes)
            FAIL("round " << round << ": " << count << " cut at " << middle);
    }
}
