#include <raida/consensus/aggregate.hpp>

#include <catch2/catch_test_macros.hpp>

#include "support.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using raida::errc;
using raida::status;
using raida::verdict;
using raida::vote;
using tests::body;
using tests::datagram;
using tests::judgement;
using tests::silence;

static_assert(std::is_copy_constructible_v<raida::tally<>>);
static_assert(std::is_nothrow_move_constructible_v<raida::tally<>>);

// Servers 0 .. passes - 1 answer ALL_PASS, the `fails` after them ALL_FAIL, the others nothing.
raida::replies<> split(std::size_t passes, std::size_t fails)
{
    auto all = silence();
    for (std::size_t server = 0; server < passes + fails; ++server)
        all.answer(server, datagram(server < passes ? status::all_pass : status::all_fail));
    return all;
}

template <std::size_t N>
std::size_t sum(const raida::tally<N>& of)
{
    return of.successes + of.failures + of.mixed + of.errors + of.refused;
}

// What one slot is worth when all others are silent.
raida::tally<> alone(const std::vector<std::uint8_t>& bytes, std::size_t tokens, bool verified = true,
                     raida::consensus_options options = {})
{
    auto all = silence();
    all.answer(7, bytes, verified);
    auto result = raida::aggregate(all, tokens, options);
    CHECK(sum(result) == 25);
    return result;
}

// How a slot without an answer shows in the pown string.
char letter(std::error_code error, unsigned attempts)
{
    auto all = silence();
    all.fail(7, error, {}, attempts);
    const auto result = raida::aggregate(all, 1);
    CHECK(result.errors == 25);
    CHECK(result.vote(0, 7) == vote::none);
    return result.pown_string(0)[7];
}

std::error_code refusal(const raida::replies<>& from, std::size_t tokens, raida::consensus_options options)
{
    std::error_code error;
    const auto result = raida::aggregate(from, tokens, options, error);
    CHECK(result.token_count() == 0);
    CHECK(result.errors == 25);
    CHECK_FALSE(result.consensus());
    return error;
}

} // namespace

TEST_CASE("a quorum of passes makes a token authentic, one fewer leaves it undecided", "[consensus]")
{
    const auto enough = raida::aggregate(split(13, 12), 3);
    CHECK(enough.successes == 13);
    CHECK(enough.failures == 12);
    CHECK(enough.consensus());
    CHECK(enough.verdict(0) == verdict::authentic);
    CHECK(enough.verdict(2) == verdict::authentic);
    CHECK(enough.passes(1) == 13);
    CHECK(enough.fails(1) == 12);
    CHECK(enough.unknowns(1) == 0);

    const auto few = raida::aggregate(split(12, 12), 3);
    CHECK_FALSE(few.consensus());
    CHECK(few.verdict(0) == verdict::undecided);
    CHECK(few.unknowns(0) == 1);
}

TEST_CASE("a quorum of fails makes a token counterfeit, one fewer leaves it undecided", "[consensus]")
{
    CHECK(raida::aggregate(split(12, 13), 1).verdict(0) == verdict::counterfeit);
    CHECK(raida::aggregate(split(0, 13), 1).verdict(0) == verdict::counterfeit);
    CHECK(raida::aggregate(split(0, 12), 1).verdict(0) == verdict::undecided);
}

TEST_CASE("no answer is never a fail", "[consensus]")
{
    const auto result = raida::aggregate(silence(), 2);
    CHECK(result.errors == 25);
    CHECK(result.fails(0) == 0);
    CHECK(result.unknowns(0) == 25);
    CHECK(result.verdict(0) == verdict::undecided);
    CHECK(result.vote(1, 24) == vote::none);
}

TEST_CASE("a mixed answer votes on each token by itself", "[consensus]")
{
    auto all = silence();
    for (std::size_t server = 0; server < 25; ++server)
        all.answer(server, datagram(status::mixed, body(server < 13 ? "pffpfffff" : "pfpffffff")));
    const auto result = raida::aggregate(all, 9);
    CHECK(result.mixed == 25);
    CHECK_FALSE(result.consensus());
    CHECK(result.verdict(0) == verdict::authentic);
    CHECK(result.verdict(1) == verdict::counterfeit);
    CHECK(result.verdict(2) == verdict::counterfeit);
    CHECK(result.verdict(3) == verdict::authentic);
    CHECK(result.passes(2) == 12);
    CHECK(result.vote(2, 12) == vote::fail);
    CHECK(result.vote(2, 13) == vote::pass);
    CHECK(result.count(verdict::authentic) == 2);
    CHECK(result.count(verdict::counterfeit) == 7);
    CHECK(result.count(verdict::undecided) == 0);
}

TEST_CASE("mixed bodies are read in either bit order", "[consensus]")
{
    const std::vector<std::uint8_t> one_pass{0x01, 0x00};
    const auto lsb = alone(datagram(status::mixed, one_pass), 16);
    CHECK(lsb.vote(0, 7) == vote::pass);
    CHECK(lsb.vote(7, 7) == vote::fail);
    const auto msb =
        alone(datagram(status::mixed, one_pass), 16, true, {.bit_order = raida::bit_order::msb_first});
    CHECK(msb.vote(0, 7) == vote::fail);
    CHECK(msb.vote(7, 7) == vote::pass);
}

TEST_CASE("a mixed body of the wrong length is no vote", "[consensus]")
{
    for (const std::size_t size : {0U, 1U, 3U, 8U, 9U}) {
        const auto result = alone(datagram(status::mixed, std::vector<std::uint8_t>(size, 0x55)), 9);
        CHECK(result.mixed == 0);
        CHECK(result.errors == 25);
        CHECK(result.vote(0, 7) == vote::none);
        CHECK(result.pown_string(0)[7] == 'e');
    }
    CHECK(alone(datagram(status::mixed, {0x55, 0x01}), 9).mixed == 1);
}

TEST_CASE("a mixed body with padding bits set is no vote", "[consensus]")
{
    CHECK(alone(datagram(status::mixed, {0x55, 0x02}), 9).errors == 25);
    CHECK(alone(datagram(status::mixed, {0x55, 0x80}), 9).errors == 25);
    const raida::consensus_options msb{.bit_order = raida::bit_order::msb_first};
    CHECK(alone(datagram(status::mixed, {0x55, 0x40}), 9, true, msb).errors == 25);
    CHECK(alone(datagram(status::mixed, {0x55, 0x01}), 9, true, msb).errors == 25);
    CHECK(alone(datagram(status::mixed, {0x55, 0x80}), 9, true, msb).mixed == 1);

    for (const char alike : {'p', 'f'}) { // the last word alone is not mixed
        auto bytes = body(std::string(63, 'p') + 'f' + std::string(6, alike));
        CHECK(alone(datagram(status::mixed, bytes), 70).mixed == 1);
        bytes.back() |= 0x80;
        CHECK(alone(datagram(status::mixed, bytes), 70).errors == 25);
    }
}

TEST_CASE("a mixed body without both a pass and a fail is no vote", "[consensus]")
{
    for (const std::size_t tokens : {1U, 7U, 8U, 9U, 63U, 64U, 65U, 128U, 200U}) {
        CAPTURE(tokens);
        std::string votes(tokens, 'p');
        CHECK(alone(datagram(status::mixed, body(votes)), tokens).errors == 25);
        if (tokens > 1) {
            votes.front() = 'f';
            CHECK(alone(datagram(status::mixed, body(votes)), tokens).mixed == 1);
        }
        votes.assign(tokens, 'f');
        CHECK(alone(datagram(status::mixed, body(votes)), tokens).errors == 25);
        if (tokens > 1) {
            votes.back() = 'p';
            CHECK(alone(datagram(status::mixed, body(votes)), tokens).mixed == 1);
        }
    }
}

TEST_CASE("an unverified verdict is no vote", "[consensus]")
{
    for (const status what : {status::all_pass, status::all_fail, status::mixed}) {
        const auto bytes = datagram(what, what == status::mixed ? body("pf") : tests::bytes_t{});
        const auto result = alone(bytes, 2, false);
        CHECK(result.errors == 25);
        CHECK(result.unknowns(0) == 25);
        CHECK(result.pown_string(0)[7] == 'e');
        CHECK(alone(bytes, 2, true).errors == 24);
    }
}

TEST_CASE("an answer that is no verdict is refused, verified or not", "[consensus]")
{
    for (const status what : {status::no_error, status::invalid_coin_id, status::invalid_packet_length,
                              status::invalid_crc, status::request_rate, static_cast<status>(99)})
        for (const bool verified : {true, false}) {
            const auto result = alone(datagram(what), 2, verified);
            CHECK(result.refused == 1);
            CHECK(result.errors == 24);
            CHECK(result.pown_string(0)[7] == 'e');
            CHECK(result.complete());
        }
}

TEST_CASE("a success or a find result is refused if it is verified, and else an error", "[consensus]")
{
    for (const status what : {status::success, status::find_neither, status::find_mixed}) {
        CHECK(alone(datagram(what), 2, true).refused == 1);
        CHECK(alone(datagram(what), 2, false).refused == 0);
        CHECK(alone(datagram(what), 2, false).errors == 25);
    }
}

TEST_CASE("malformed datagrams are errors, whatever status they show", "[consensus]")
{
    auto cut = datagram(status::mixed, body("pf"));
    cut.pop_back();
    CHECK(alone(cut, 2).errors == 25);
    auto unterminated = datagram(status::mixed, body("pf"));
    unterminated.back() = 0;
    CHECK(alone(unterminated, 2).errors == 25);
    auto longer = datagram(status::mixed, body("pf"));
    longer[11] = 4;
    CHECK(alone(longer, 2).errors == 25);
    CHECK(alone(std::vector<std::uint8_t>(31), 2).errors == 25);
    CHECK(alone({}, 2).errors == 25);
}

TEST_CASE("a body longer than its size field can say is an error", "[consensus]")
{
    constexpr std::size_t body_size = 0x100'0000;
    auto bytes = datagram(status::mixed, std::vector<std::uint8_t>(body_size, 0x55));
    raida::reply one;
    one.error = {};
    one.datagram = bytes;
    one.verified = true;
    CHECK(raida::detail::judge_reply(one, false) == raida::detail::ballot::unusable);
    CHECK(raida::detail::mixed_datagram{8 * body_size}.body_of(one) == nullptr);
}

TEST_CASE("an error with a 48-byte header is refused, a verdict with one is an error", "[consensus]")
{
    auto wide = datagram(status::invalid_encryption_code);
    wide.resize(48);
    CHECK(alone(wide, 2, false).refused == 1);
    auto verdict_in_it = datagram(status::all_pass);
    verdict_in_it.resize(48);
    CHECK(alone(verdict_in_it, 2).errors == 25);
}

TEST_CASE("a key that was not accepted shows as b", "[consensus]")
{
    CHECK(alone(datagram(status::key_token_not_found), 1).pown_string(0)[7] == 'b');
    CHECK(alone(datagram(status::invalid_encryption), 1).pown_string(0)[7] == 'b');
    CHECK(alone(datagram(status::key_token_not_found), 1).refused == 1);
    CHECK(alone(datagram(status::invalid_crc), 1, false).pown_string(0)[7] == 'e');
    const auto encrypted = alone(datagram(status::invalid_crc), 1, false, {.encrypted = true});
    CHECK(encrypted.pown_string(0)[7] == 'b');
    CHECK(encrypted.refused == 1);
}

TEST_CASE("the pown string tells why there is no vote", "[consensus]")
{
    const std::error_code aborted = std::make_error_code(std::errc::operation_canceled);
    for (const auto error : {errc::timed_out, errc::not_awaited, errc::pending}) {
        CHECK(letter(error, 1) == 'n');
        CHECK(letter(error, 0) == 'u');
    }
    CHECK(letter(aborted, 2) == 'n');
    CHECK(letter(aborted, 0) == 'u');
    CHECK(letter(std::make_error_code(std::errc::connection_refused), 1) == 'd');
    CHECK(letter(std::make_error_code(std::errc::network_unreachable), 1) == 'd');
    CHECK(letter(std::make_error_code(std::errc::network_unreachable), 0) == 'u');
    for (const auto error : {errc::overloaded, errc::skipped, errc::no_endpoint, errc::isolated})
        CHECK(letter(error, 1) == 'u');
    CHECK(letter(errc::oversize, 1) == 'e');
}

TEST_CASE("the pown string has one letter per server, by the token's own vote", "[consensus]")
{
    auto all = split(2, 1);
    all.answer(3, datagram(status::mixed, body("fp")));
    all.fail(4, std::make_error_code(std::errc::connection_refused));
    all.answer(5, datagram(status::invalid_packet_length), false);
    all.fail(6, errc::skipped, {}, 0);
    all.answer(7, datagram(status::invalid_encryption), false);
    const auto result = raida::aggregate(all, 2);
    CHECK(result.pown_string(0) == "ppffdeub" + std::string(17, 'n'));
    CHECK(result.pown_string(1) == "ppfpdeub" + std::string(17, 'n'));
    CHECK(result.pown_letter(1, 3) == 'p');
}

TEST_CASE("a fan-out is complete when every asked slot was awaited", "[consensus]")
{
    const auto complete_with = [](std::error_code error, unsigned attempts) {
        auto all = split(20, 4);
        all.fail(24, error, {}, attempts);
        return raida::aggregate(all, 1).complete();
    };
    CHECK(complete_with(errc::timed_out, 1));
    CHECK(complete_with(errc::oversize, 1));
    CHECK(complete_with(std::make_error_code(std::errc::connection_refused), 1));
    CHECK(complete_with(errc::skipped, 0));
    CHECK(complete_with(errc::no_endpoint, 0));
    CHECK(complete_with(errc::isolated, 0));
    CHECK_FALSE(complete_with(errc::pending, 1));
    CHECK_FALSE(complete_with(errc::pending, 0));
    CHECK_FALSE(complete_with(errc::not_awaited, 1));
    CHECK_FALSE(complete_with(errc::not_awaited, 0));
    CHECK_FALSE(complete_with(errc::overloaded, 0));
    CHECK_FALSE(complete_with(std::make_error_code(std::errc::operation_canceled), 1));
    CHECK_FALSE(complete_with(std::make_error_code(std::errc::operation_canceled), 0));
    CHECK(raida::aggregate(split(25, 0), 1).complete());
}

TEST_CASE("an authentic token with a verified fail is fractured, and only the fails are to be healed",
          "[consensus]")
{
    auto all = split(20, 2);
    all.answer(23, datagram(status::all_fail), false);
    const auto result = raida::aggregate(all, 1);
    CHECK(result.fractured(0));
    CHECK(result.servers_to_heal(0) == std::vector<std::size_t>{20, 21});

    const auto whole = raida::aggregate(split(20, 0), 1);
    CHECK(whole.verdict(0) == verdict::authentic);
    CHECK_FALSE(whole.fractured(0));
    CHECK(whole.servers_to_heal(0).empty());
}

TEST_CASE("a token that is not authentic is neither fractured nor to be healed", "[consensus]")
{
    for (const auto& all : {split(12, 13), split(12, 12)})
        if (const auto result = raida::aggregate(all, 1); true) {
            CHECK_FALSE(result.fractured(0));
            CHECK(result.servers_to_heal(0).empty());
        }
}

TEST_CASE("a margin asks for more votes than the quorum", "[consensus]")
{
    CHECK(raida::aggregate(split(14, 0), 1, {.margin = 2}).verdict(0) == verdict::undecided);
    CHECK_FALSE(raida::aggregate(split(14, 0), 1, {.margin = 2}).consensus());
    CHECK(raida::aggregate(split(15, 0), 1, {.margin = 2}).verdict(0) == verdict::authentic);
    CHECK(raida::aggregate(split(15, 0), 1, {.margin = 2}).consensus());
    CHECK(raida::aggregate(split(0, 15), 1, {.margin = 2}).verdict(0) == verdict::counterfeit);
    CHECK(raida::aggregate(split(20, 0), 1, {.quorum = 20}).votes_needed() == 20);
    CHECK(raida::aggregate(split(19, 0), 1, {.quorum = 20}).verdict(0) == verdict::undecided);
}

TEST_CASE("a quorum at or under half of the servers, or above all of them, is refused", "[consensus]")
{
    const auto all = split(25, 0);
    for (const std::size_t quorum : {1U, 12U, 26U})
        CHECK(refusal(all, 1, {.quorum = quorum}) == errc::invalid_quorum);
    CHECK(refusal(all, 1, {.quorum = 13, .margin = 13}) == errc::invalid_quorum);
    CHECK(refusal(all, 1, {.margin = static_cast<std::size_t>(-1)}) == errc::invalid_quorum);
    std::error_code error;
    CHECK(raida::aggregate(all, 1, {.quorum = 13, .margin = 12}, error).consensus());
    CHECK_FALSE(error);
    CHECK_THROWS_AS(raida::aggregate(all, 1, {.quorum = 12}), std::system_error);
}

TEST_CASE("a token count of zero is refused", "[consensus]")
{
    CHECK(refusal(split(25, 0), 0, {}) == errc::no_tokens);
    CHECK_THROWS_AS(raida::aggregate(split(25, 0), 0), std::system_error);
}

TEST_CASE("an index out of range is an exception, not a vote", "[consensus]")
{
    const auto result = raida::aggregate(split(25, 0), 3);
    CHECK_THROWS_AS(result.verdict(3), std::out_of_range);
    CHECK_THROWS_AS(result.vote(3, 0), std::out_of_range);
    CHECK_THROWS_AS(result.vote(0, 25), std::out_of_range);
    CHECK_THROWS_AS(result.pown_string(3), std::out_of_range);
    CHECK_THROWS_AS(result.servers_to_heal(3), std::out_of_range);
    CHECK_THROWS_AS(raida::tally<>{}.verdict(0), std::out_of_range);
}

TEST_CASE("a tally outlives the replies, and a moved-from one holds no tokens", "[consensus]")
{
    auto first = [] {
        auto all = silence();
        for (std::size_t server = 0; server < 25; ++server)
            all.answer(server, datagram(status::mixed, body("pf")));
        return raida::aggregate(all, 2);
    }();
    CHECK(first.verdict(0) == verdict::authentic);
    const auto copy = first;
    const auto second = std::move(first);
    CHECK(second.verdict(1) == verdict::counterfeit);
    CHECK(copy.verdict(1) == verdict::counterfeit);
    CHECK(first.token_count() == 0); // NOLINT(bugprone-use-after-move)
    CHECK_THROWS_AS(first.vote(0, 0), std::out_of_range);
}

TEST_CASE("plain triples give the same result in any order", "[consensus]")
{
    const auto votes = body("pfp");
    std::vector<raida::answer> answers;
    for (std::size_t i = 0; i < 14; ++i)
        answers.push_back({24 - i, status::mixed, votes});
    answers.push_back({0, status::all_pass});
    answers.push_back({3, status::invalid_crc});
    answers.push_back({5, status::all_pass, {}, false});
    const auto result = raida::aggregate(answers, 3);
    CHECK(result.mixed == 14);
    CHECK(result.successes == 1);
    CHECK(result.refused == 1);
    CHECK(result.errors == 9);
    CHECK(sum(result) == 25);
    CHECK(result.verdict(0) == verdict::authentic);
    CHECK(result.verdict(1) == verdict::counterfeit);
    CHECK(result.servers_to_heal(0).empty());
    CHECK(result.pown_string(1) == "puueueuuuuu" + std::string(14, 'f'));
    CHECK(result.complete());
}

TEST_CASE("triples name each server at most once, and no other servers", "[consensus]")
{
    std::error_code error;
    const std::vector<raida::answer> twice{{3, status::all_pass}, {3, status::all_pass}};
    CHECK(raida::aggregate(twice, 1, {}, error).errors == 25);
    CHECK(error == errc::duplicate_server);
    const std::vector<raida::answer> beyond{{25, status::all_pass}};
    CHECK(raida::aggregate(beyond, 1, {}, error).errors == 25);
    CHECK(error == errc::invalid_server);
    CHECK_THROWS_AS(raida::aggregate(beyond, 1), std::system_error);
    CHECK(raida::aggregate<26>(beyond, 1, {}, error).successes == 1);
    CHECK_FALSE(error);
    CHECK(raida::aggregate(std::span<const raida::answer>{}, 1).errors == 25);
}

TEST_CASE("a tally that is used again forgets what it held", "[consensus]")
{
    auto all = silence();
    for (std::size_t server = 0; server < 25; ++server)
        all.answer(server, datagram(status::mixed, body(std::string(70, 'p') + std::string(70, 'f'))));
    raida::tally<> result;
    result.assign(all, 140);
    CHECK(result.count(verdict::authentic) == 70);
    result.assign(split(0, 25), 5, {.quorum = 25});
    CHECK(result.mixed == 0);
    CHECK(result.token_count() == 5);
    CHECK(result.count(verdict::counterfeit) == 5);
    CHECK(result.votes_needed() == 25);
    std::error_code error;
    result.assign(all, 0, {}, error);
    CHECK(error == errc::no_tokens);
    CHECK(result.token_count() == 0);
    CHECK(result.votes_needed() == 13);
    result.assign(all, 140);
    CHECK(result.count(verdict::counterfeit) == 70);
}

TEST_CASE("word size: rows whose size does not fit a std::size_t are refused, never cut to what fits",
          "[consensus]")
{
    constexpr auto all = std::numeric_limits<std::size_t>::max();
    for (const std::size_t tokens : {all, all - 63, all / 2 + 1}) {
        raida::detail::bit_planes planes;
        planes.start(tokens);
        const std::size_t most = all / sizeof(raida::detail::plane_word) / planes.stride();
        for (std::size_t rows = 2 * most; rows < all / 2; rows *= 2) // wraps around on the way
            CHECK_THROWS_AS(planes.reserve(rows), std::length_error);
        CHECK(planes.tokens() == 0);
    }
}

TEST_CASE("rows keep their memory from one batch to the next", "[consensus]")
{
    raida::detail::bit_planes planes;
    planes.start(10'000);
    planes.reserve(27);
    const auto* memory = planes.row(0);
    for (const std::size_t tokens : {10'000U, 64U, 1U, 9'999U}) {
        planes.start(tokens);
        planes.reserve(27);
        CHECK(planes.row(0) == memory);
    }
}
