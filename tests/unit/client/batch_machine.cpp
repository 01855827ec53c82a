#include <raida/client/detail/batch_machine.hpp>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <raida/client/detail/books.hpp>
#include <raida/client/detail/cutting.hpp>
#include <raida/testing/tokens.hpp>

#include <unit/consensus/support.hpp>

#include <array>
#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using raida::errc;
using raida::status;
using raida::wait_for;

constexpr std::size_t N = 5; // a quorum is 3
using tokens_type = std::vector<raida::basic_token<N>>;
using servers = std::bitset<N>;
using part = raida::detail::piece<N>;
using detect_machine = raida::detail::batch_machine<N, raida::detail::vote_book<N>>;
using find_machine = raida::detail::batch_machine<N, raida::detail::find_book<N>>;
using asked_part = std::pair<std::uint32_t, part>;

tokens_type make(std::size_t count)
{
    return raida::testing::make_tokens<N>(count);
}

struct detecting
{
    tokens_type tokens;
    std::array<std::size_t, N> most{8, 8, 8, 8, 8};
    detect_machine machine;

    explicit detecting(tokens_type given, detect_machine::rules how = {})
        : tokens{std::move(given)}, machine{tokens, how, {{}, tokens.size()}}
    {}
    explicit detecting(std::size_t count, detect_machine::rules how = {}) : detecting{make(count), how} {}

    std::optional<asked_part> next()
    {
        return machine.next([this](std::size_t server) { return most[server]; });
    }

    // Server by server: these votes on the part, or the status. True where enough was known before the last.
    bool answer(const asked_part& asked, const std::array<std::string, N>& votes)
    {
        raida::replies<N> answers;
        bool enough = false;
        for (std::size_t i = 0; i < N; ++i)
            if (!asked.second.servers[i])
                answers.fail(i, errc::skipped, {}, 0);
        for (std::size_t i = 0; i < N && !enough; ++i) {
            if (!asked.second.servers[i])
                continue;
            if (votes[i] == "silent")
                answers.fail(i, errc::timed_out);
            else if (votes[i] == "too long")
                answers.answer(i, tests::datagram(status::invalid_packet_length), false);
            else
                answers.answer(i, tests::judgement(votes[i]));
            machine.settled(asked.first, answers[i], true);
            enough = machine.has_enough(asked.first, answers, {});
        }
        for (std::size_t i = 0; i < N; ++i)
            if (answers[i].error == errc::pending)
                answers.fail(i, errc::not_awaited);
        machine.finished(asked.first, {}, answers);
        return enough;
    }

    bool all_pass(const asked_part& asked)
    {
        std::array<std::string, N> votes;
        votes.fill(std::string(asked.second.count, 'p'));
        return answer(asked, votes);
    }

    raida::batch_tally<N> take()
    {
        REQUIRE(machine.is_over());
        return std::move(machine).take();
    }
};

} // namespace

TEST_CASE("a batch is cut into chunks, and no more are in flight than the window", "[batch]")
{
    detecting w{20, {.window = 2}};
    const auto first = w.next(), second = w.next();
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->second.first == 0);
    CHECK(first->second.count == 8);
    CHECK(second->second.first == 8);
    CHECK_FALSE(w.next());
    CHECK(w.machine.in_flight() == 2);
    w.all_pass(*second);
    const auto third = w.next();
    REQUIRE(third);
    CHECK(third->second.first == 16);
    CHECK(third->second.count == 4);
    CHECK_FALSE(w.machine.is_over());
    w.all_pass(*first);
    w.all_pass(*third);
    const auto result = w.take();
    CHECK(result.token_count() == 20);
    CHECK(result.count(raida::verdict::authentic) == 20);
    CHECK(w.machine.decided() == 20);
}

TEST_CASE("sealed chunks are cut as if all the tokens that are left were seen", "[batch]")
{
    for (const std::size_t most : {8U, 11U, 16U})
        for (std::size_t left = 40; left != 0; --left) {
            detecting w{left, {.is_sealed = true}};
            w.most.fill(most);
            for (std::size_t rest = left; rest != 0;) {
                const auto asked = w.next();
                REQUIRE(asked);
                REQUIRE(asked->second.count == raida::detail::cut(rest, most, true));
                rest -= asked->second.count;
            }
        }
}

TEST_CASE("enough is known as soon as nothing can change any token's verdict", "[batch]")
{
    detecting w{8};
    const auto asked = *w.next();
    CHECK(w.answer(asked, {"pppppppp", "pppppppp", "pppppppp", "silent", "silent"}));
    const auto result = w.take();
    CHECK(result.count(raida::verdict::authentic) == 8);
    CHECK(result.pown_string(0) == "pppnn");
    CHECK_FALSE(result.complete());
}

TEST_CASE("who waits for all gets everybody's vote", "[batch]")
{
    detecting w{8, {.wait = wait_for::all}};
    const auto asked = *w.next();
    CHECK_FALSE(w.answer(asked, {"pppppppp", "pppppppp", "pppppppp", "ffffffff", "silent"}));
    CHECK(w.take().pown_string(0) == "pppfn");
}

TEST_CASE("a slot that is asked again in parts, or open elsewhere, decides nothing", "[batch]")
{
    detecting w{8};
    const auto asked = *w.next();
    raida::replies<N> so_far;
    for (const std::size_t i : {0U, 1U, 2U}) {
        so_far.answer(i, tests::judgement("pppppppp"));
        w.machine.settled(asked.first, so_far[i], true);
    }
    CHECK_FALSE(w.machine.has_enough(asked.first, so_far, servers{0b100}));
    CHECK(w.machine.has_enough(asked.first, so_far, {}));
}

TEST_CASE("a server that finds a chunk too long is asked in halves, alone, down to one token", "[batch]")
{
    detecting w{4, {.wait = wait_for::all}};
    CHECK_FALSE(w.answer(*w.next(), {"pppp", "pppp", "too long", "pppp", "pppp"}));
    CHECK_FALSE(w.machine.is_over());
    const auto left = *w.next(), right = *w.next();
    CHECK(left.second.servers == 0b00100);
    CHECK(left.second.count == 2);
    CHECK(right.second.first == 2);
    w.answer(left, {"", "", "pf", "", ""});
    w.answer(right, {"", "", "too long", "", ""});
    const auto third = *w.next(), fourth = *w.next();
    CHECK(third.second.count == 1);
    w.answer(fourth, {"", "", "f", "", ""});
    w.answer(third, {"", "", "p", "", ""});
    const auto result = w.take();
    CHECK(result.pown_string(0) == "ppppp");
    CHECK(result.pown_string(1) == "ppfpp");
    CHECK(result.pown_string(2) == "ppppp");
    CHECK(result.pown_string(3) == "ppfpp");
}

TEST_CASE("servers that take less are asked in parts at once, and cost the others nothing", "[batch]")
{
    detecting w{8, {.wait = wait_for::all}};
    w.most[4] = 3;
    const auto whole = *w.next();
    CHECK(whole.second.servers == 0b01111);
    std::vector<asked_part> parts;
    while (const auto more = w.next())
        parts.push_back(*more);
    REQUIRE(parts.size() == 3);
    for (const auto& one : parts)
        CHECK(one.second.servers == 0b10000);
    CHECK(parts[2].second.count == 2);
    w.answer(parts[1], {"", "", "", "", "fff"});
    w.answer(whole, {"pppppppp", "pppppppp", "pppppppp", "pppppppp", ""});
    w.answer(parts[0], {"", "", "", "", "ppp"});
    w.answer(parts[2], {"", "", "", "", "pp"});
    const auto result = w.take();
    CHECK(result.pown_string(0) == "ppppp");
    CHECK(result.pown_string(3) == "ppppf");
    CHECK(result.pown_string(7) == "ppppp");
}

TEST_CASE("parts are no longer wanted once their chunk is decided without them", "[batch]")
{
    detecting w{8};
    w.most[4] = 3;
    const auto whole = *w.next();
    const auto slow = *w.next(); // two more wait in the queue
    CHECK(w.answer(whole, {"pppppppp", "pppppppp", "pppppppp", "silent", ""}));
    CHECK(w.machine.no_longer_wanted() == std::vector<std::uint32_t>{slow.first});
    CHECK_FALSE(w.next());
    raida::replies<N> given_up;
    given_up.fail(4, errc::not_awaited);
    w.machine.finished(slow.first, {}, given_up);
    CHECK(w.take().count(raida::verdict::authentic) == 8);
}

TEST_CASE("tokens are asked about together only where they have numbers for the same servers", "[batch]")
{
    auto tokens = make(6);
    tokens[2].numbers[1] = {};
    tokens[3].numbers = {};
    detecting w{tokens, {.wait = wait_for::all}};
    std::vector<asked_part> parts;
    while (const auto more = w.next())
        parts.push_back(*more);
    REQUIRE(parts.size() == 3); // nobody is asked about token 3
    CHECK(parts[0].second.count == 2);
    CHECK(parts[1].second.servers == 0b11101);
    CHECK(parts[2].second.first == 4);
    for (const auto& one : parts)
        w.all_pass(one);
    const auto result = w.take();
    CHECK(result.pown_string(2) == "puppp");
    CHECK(result.pown_string(3) == "uuuuu");
    CHECK(result.verdict(3) == raida::verdict::undecided);
}

TEST_CASE("stopped, nothing more is asked, and every token is in the result", "[batch]")
{
    detecting w{30, {.window = 1}};
    const auto asked = *w.next();
    w.machine.stop();
    CHECK_FALSE(w.next());
    CHECK_FALSE(w.machine.is_over()); // what is in flight is awaited
    w.all_pass(asked);
    const auto result = w.take();
    CHECK(result.token_count() == 30);
    CHECK(result.count(raida::verdict::authentic) == 8);
    CHECK(result.pown_string(29) == "uuuuu");
}

TEST_CASE("a question that could not be asked leaves its tokens open and asks for no parts", "[batch]")
{
    detecting w{4};
    const auto asked = *w.next();
    raida::replies<N> nothing;
    w.machine.finished(asked.first, errc::no_randomness, nothing);
    CHECK(w.take().count(raida::verdict::undecided) == 4);
}

TEST_CASE("a server that complains of every token costs itself alone, and not for ever", "[batch]")
{
    const auto tokens = make(64);
    find_machine machine{tokens, {.wait = wait_for::all}, {{}, tokens.size()}};
    const auto most = [](std::size_t) { return std::size_t{32}; };
    std::size_t asked = 0;
    while (const auto next = machine.next(most)) {
        ++asked;
        raida::replies<N> answers;
        for (std::size_t i = 0; i < N; ++i) {
            if (!next->second.servers[i])
                continue;
            if (i == 3)
                answers.answer(i, tests::datagram(status::invalid_serial_or_denomination));
            else
                answers.answer(i, tests::datagram(status::find_all_authenticity));
            machine.settled(next->first, answers[i], true);
        }
        machine.finished(next->first, {}, answers);
    }
    REQUIRE(machine.is_over());
    CHECK(asked <= 2 + 2 * raida::detail::find_book<N>::most_complaints);
    const auto found = std::move(machine).take();
    for (std::size_t token = 0; token < 64; ++token) {
        CHECK(found.count(token, raida::find_answer::authenticity) == 4);
        CHECK_FALSE(found.answer(token, 3));
    }
}

TEST_CASE("a find that is asked again in parts is decided by none of them alone", "[batch]")
{
    const bool last_half = GENERATE(false, true);
    const auto tokens = make(4);
    find_machine machine{tokens, {.wait = wait_for::decided}, {{}, tokens.size()}};
    const auto most = [](std::size_t) { return std::size_t{32}; };
    std::size_t parts = 0;
    while (const auto next = machine.next(most)) {
        const auto& [id, asked] = *next;
        raida::replies<N> answers;
        for (std::size_t i = 0; i < N; ++i)
            if (!asked.servers[i])
                answers.fail(i, errc::skipped, {}, 0);
        for (std::size_t i = 0; i < N; ++i) {
            if (!asked.servers[i])
                continue;
            const bool knows_all = i < 2 || (asked.count < 4 && (asked.first >= 2) == last_half);
            answers.answer(i, tests::datagram(knows_all ? status::find_all_authenticity
                                                        : status::invalid_serial_or_denomination));
            machine.settled(id, answers[i], true);
            CHECK_FALSE(machine.has_enough(id, answers, {}));
        }
        parts += asked.count < 4 ? 1 : 0;
        machine.finished(id, {}, answers);
    }
    REQUIRE(machine.is_over());
    CHECK(parts > 1);
    const auto found = std::move(machine).take();
    for (std::size_t token = 0; token < 4; ++token)
        CHECK(found.count(token, raida::find_answer::authenticity) == ((token >= 2) == last_half ? N : 2));
}
