#include "unit/client/pown_world.hpp"

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using raida::errc;
using tests::datagram;
using tests::holding;
using tests::noon;
using tests::of_many_pages;
using tests::of_one_page;
using tests::status;
using world = tests::pown_world<3>;
using ask = world::ask;
using texts = std::vector<std::string>;

world::rules with(raida::detail::pown_patience patience)
{
    return {.patience = patience};
}

} // namespace

TEST_CASE("nothing is asked before the journal has taken the record", "[pown_machine]")
{
    world w{of_one_page(2)};
    w.drain();
    CHECK(w.asked.empty()); // not even started
    w.machine.start(noon);
    w.drain();
    CHECK(w.records == std::vector{false});
    w.machine.passed(noon + std::chrono::hours{1});
    w.machine.pages_free(1);
    w.drain();
    CHECK(w.asked.empty());
    CHECK(w.known(0) == "uuu");
    w.machine.journal_taken({});
    w.drain();
    CHECK(w.asked == texts{"pown 0 1 @012"});
    w.machine.journal_taken({}); // a second time
    w.machine.journal_taken(errc::journal_failed);
    w.run();
    CHECK_FALSE(*w.done);
    CHECK(w.records == std::vector{false, true});
    CHECK(w.known(1) == "nnn");
    CHECK(w.asked.size() == 1);
}

TEST_CASE("a journal that does not take the first record ends it, nothing sent", "[pown_machine]")
{
    world w{of_one_page(1)};
    w.machine.start(noon);
    w.drain();
    w.machine.journal_taken(make_error_code(std::errc::no_space_on_device));
    w.drain();
    CHECK(w.done == errc::journal_failed);
    w.machine.journal_taken({}); // too late
    w.drain();
    CHECK(w.asked.empty());
}

TEST_CASE("a journal that does not take the last record is told with what was done", "[pown_machine]")
{
    world w{of_one_page(1)};
    w.start();
    w.serve([&](const ask& at, std::size_t server) { w.answer(at, server); });
    REQUIRE(w.records == std::vector{false, true});
    w.machine.journal_taken(make_error_code(std::errc::io_error));
    w.drain();
    CHECK(w.done == errc::journal_failed);
    CHECK(w.known(0) == "nnn");
}

TEST_CASE("a token is decided as soon as a quorum holds its new number, and once", "[pown_machine]")
{
    world w{of_one_page(2), {.tells_progress = true, .tells_all_decided = true}};
    w.start();
    const ask at = w.open.front();
    w.answer(at, 2);
    CHECK(w.decided.empty());
    w.answer(at, 0);
    CHECK(w.decided == std::vector<std::uint32_t>{0, 1});
    CHECK(w.all_decided);
    CHECK_FALSE(w.done); // the rest is still awaited
    w.answer(at, 1);
    w.end(at);
    w.run();
    CHECK(w.decided.size() == 2);
    CHECK(w.progress == 3);
}

TEST_CASE("a margin asks for more servers before a token is decided", "[pown_machine]")
{
    world w{of_one_page(1), {.quorum = 3}};
    w.start();
    const ask at = w.open.front();
    w.answer(at, 0);
    w.answer(at, 1);
    CHECK(w.decided.empty());
    CHECK(w.machine.decided_count() == 0);
    w.answer(at, 2);
    CHECK(w.decided.size() == 1);
    CHECK(w.machine.decided_count() == 1);
}

TEST_CASE("a silent server costs one pown and one find, and is left as it is", "[pown_machine]")
{
    world w{of_one_page(1)};
    w.start();
    w.run([&](const ask& at, std::size_t server) { server == 1 ? w.silence(at, 1) : w.answer(at, server); });
    CHECK(w.asked == texts{"pown 0 @012", "find 0 @1"});
    CHECK(w.known(0) == "nun");
    CHECK_FALSE(*w.done);
}

TEST_CASE("only a signed and well-formed pass proves anything of a pown", "[pown_machine]")
{
    const auto after = [](const tests::bytes_t& bytes, bool verified = true) {
        world w{of_one_page(2)};
        w.start();
        w.truth[0][0] = w.truth[1][0] = holding::new_number; // whatever it answers
        w.hear(w.open.front(), 0, bytes, verified);
        const auto known = w.known(0).substr(0, 1) + w.known(1).substr(0, 1);
        if (known != "nn")
            CHECK(w.asked.back() == (known == "nu" ? "find 1 @0" : "find 0 1 @0"));
        return known;
    };
    CHECK(after(datagram(status::all_pass)) == "nn");
    CHECK(after(datagram(status::mixed, {1})) == "nu");
    CHECK(after(datagram(status::all_pass), false) == "uu");
    CHECK(after(datagram(status::mixed, {1}), false) == "uu");
    CHECK(after(datagram(status::all_fail)) == "uu");                  // a repeated datagram is answered so
    CHECK(after(datagram(status::mixed, {3})) == "uu");                // mixed, and none fails
    CHECK(after(datagram(status::mixed, {5})) == "uu");                // padding
    CHECK(after(datagram(status::mixed, {1, 0})) == "uu");             // too long
    CHECK(after(datagram(status::mixed)) == "uu");                     // no body
    CHECK(after(datagram(status::success)) == "uu");                   // no answer to a pown
    CHECK(after(datagram(status::find_all_new_authenticity)) == "uu"); // nor this
    CHECK(after(datagram(status::invalid_crc)) == "uu");               // refused
}

TEST_CASE("the order of bits is the caller's", "[pown_machine]")
{
    world w{of_one_page(2), {.bit_order = raida::bit_order::msb_first}};
    w.start();
    w.truth[0][0] = w.truth[1][0] = holding::new_number;
    w.hear(w.open.front(), 0, datagram(status::mixed, {0x80}));
    CHECK(w.known(0) == "nuu");
    CHECK(w.known(1) == "uuu");
}

TEST_CASE("a find is believed when it is signed, and not otherwise", "[pown_machine]")
{
    world w{of_one_page(3)};
    w.recover();
    w.truth[0] = {holding::new_number, holding::new_number, holding::new_number};
    w.truth[1][0] = holding::neither;
    const ask at = w.open.front();
    w.hear(at, 0, w.arrive(at, 0), false);
    CHECK(w.known(0) == "uuu");
    w.hear(at, 0, w.arrive(at, 0)); // the first word was final
    CHECK(w.known(0) == "uuu");
    const ask again = w.open.back();
    CHECK(w.asked.back() == "find 0 1 2 @0");
    w.answer(again, 0);
    CHECK(w.known(0) == "nuu");
    CHECK(w.known(1) == "xuu");
    CHECK(w.known(2) == "uuu"); // it was old, so it is powned
    CHECK(w.asked.back() == "pown 2 @0");
}

TEST_CASE("a server that still has the old number is asked afresh while others are silent", "[pown_machine]")
{
    world w{of_one_page(1)};
    w.start();
    const ask first = w.open.front();
    w.silence(first, 0); // the pown never arrived
    CHECK(w.asked.back() == "find 0 @0");
    const ask find = w.open.back();
    w.answer(find, 0);
    CHECK(w.asked.back() == "pown 0 @0"); // servers 1 and 2 have said nothing at all yet
    w.answer(w.open.back(), 0);
    CHECK(w.known(0) == "nuu");
    CHECK(w.asked.size() == 3);
}

TEST_CASE("each token is powned afresh as often as allowed", "[pown_machine]")
{
    for (const unsigned again : {0U, 1U, 3U}) {
        world w{of_one_page(1), with({.pown_again = again})};
        w.start();
        w.run([&](const ask& at, std::size_t server) {
            if (server == 0 && at.what == raida::pown_command)
                w.silence(at, 0); // it loses every pown
            else
                w.answer(at, server);
        });
        CHECK(w.asked_of(0, "pown") == 1 + again);
        CHECK(w.asked_of(0, "find") == 1 + again);
        CHECK(w.known(0) == "onn");

        world recovered{of_one_page(1), with({.pown_again = again})}; // where each pown is one afresh
        recovered.recover();
        recovered.run([&](const ask& at, std::size_t server) {
            if (server == 0 && at.what == raida::pown_command)
                recovered.silence(at, 0);
            else
                recovered.answer(at, server);
        });
        CHECK(recovered.asked_of(0, "pown") == again);
        CHECK(recovered.known(0) == (again == 0 ? "ooo" : "onn"));
    }
}

TEST_CASE("rounds of find are as many as allowed", "[pown_machine]")
{
    for (const unsigned rounds : {0U, 1U, 2U, 4U}) {
        world w{of_one_page(2), with({.find_rounds = rounds, .most_pown = 1, .most_find = 1, .least = 1})};
        w.recover();
        w.truth[0][0] = holding::new_number;
        int finds = 0;
        w.run([&](const ask& at, std::size_t server) { // of two finds it answers one
            server == 0 && at.tokens[0] == 1 && ++finds != 0 ? w.silence(at, 0) : w.answer(at, server);
        });
        CHECK(finds == std::min(static_cast<int>(rounds), 3)); // two rounds that hear nothing are enough
        CHECK(w.known(1)[0] == 'u');
    }
}

TEST_CASE("powns of one page follow one another at each server, and wait for no other", "[pown_machine]")
{
    world w{of_one_page(5), with({.most_pown = 2, .most_find = 2})};
    w.start();
    CHECK(w.asked == texts{"pown 0 1 @012"});
    const ask first = w.open.front();
    w.answer(first, 1);
    CHECK(w.asked.back() == "pown 2 3 @1");
    w.answer(w.open.back(), 1);
    CHECK(w.asked.back() == "pown 4 @1");
    w.answer(w.open.back(), 1);
    CHECK(w.asked.size() == 3);
    CHECK(w.machine.server(1).count(holding::new_number) == 5);
    CHECK(w.machine.server(0).count(holding::new_number) == 0);
    w.answer(first, 0);
    CHECK(w.asked.back() == "pown 2 3 @0");
}

TEST_CASE("what becomes ready at once is asked in one question", "[pown_machine]")
{
    world w{of_one_page(4), with({.most_pown = 2, .most_find = 2})};
    w.start();
    const ask at = w.open.front();
    raida::replies<3> answers;
    for (std::size_t server = 0; server < 3; ++server) {
        answers.answer(server, w.arrive(at, server));
        w.machine.answered(at.id, answers[server]);
    }
    w.end(at);
    CHECK(w.asked == texts{"pown 0 1 @012", "pown 2 3 @012"});
}

TEST_CASE("different pages do not wait for each other, but for the window", "[pown_machine]")
{
    world w{of_many_pages(6), with({.window = 2, .most_pown = 2, .most_find = 2})};
    w.start();
    CHECK(w.asked == texts{"pown 0 1 @012", "pown 2 3 @012"});
    w.answer(w.open.front(), 2);
    CHECK(w.asked.back() == "pown 4 5 @2");
    w.run();
    CHECK(w.asked_of(0, "pown") == 3);
    CHECK(w.known(5) == "nnn");
}

TEST_CASE("a datagram waits for all of its pages", "[pown_machine]")
{
    // 0 and 1 are of one page, 1 2 of the next datagram of two
    world w{{{{0}, {0}}, {{0}, {1}}, {{0}, {2}}, {{0}, {5000}}, {{0}, {5001}}, {{0}, {9000}}},
            with({.most_pown = 2, .most_find = 2})};
    w.start();
    CHECK(w.asked == texts{"pown 0 1 @012", "pown 4 5 @012"});
    w.answer(w.open.front(), 0);
    CHECK(w.asked.size() == 2); // its second page is being changed
    w.answer(w.open.back(), 0);
    CHECK(w.asked.back() == "pown 2 3 @0");
}

TEST_CASE("a server that is silent gets no further pown before a find was answered", "[pown_machine]")
{
    world w{of_one_page(6), with({.most_pown = 2, .most_find = 2})};
    w.start();
    const ask first = w.open.front();
    w.silence(first, 1);
    CHECK(w.asked.back() == "find 0 1 @1");
    const ask find = w.open.back();
    SECTION("and none at all if it is not")
    {
        w.silence(find, 1);
        w.end(find);
        CHECK(w.machine.server(1).is_over());
        w.answer(first, 0);
        w.answer(first, 2);
        w.end(first);
        w.run();
        CHECK(w.asked_of(1, "pown") == 1);
        CHECK(w.known(0) == "nun");
        CHECK(w.known(5) == "non");
    }
    SECTION("then it goes on")
    {
        w.answer(find, 1);
        CHECK(w.asked.back() == "pown 0 1 @1");
        w.end(find);
        for (std::size_t server : {0U, 2U})
            w.answer(first, server);
        w.end(first);
        w.run();
        for (std::size_t token = 0; token < 6; ++token)
            CHECK(w.known(token) == "nnn");
    }
}

TEST_CASE("two servers that are silent cost the third nothing", "[pown_machine]")
{
    world w{of_one_page(8), with({.most_pown = 2, .most_find = 2})};
    w.start();
    while (w.machine.server(2).count(holding::new_number) != 8) {
        const auto at =
            std::find_if(w.open.begin(), w.open.end(), [](const ask& one) { return one.servers[2]; });
        REQUIRE(at != w.open.end());
        const ask one = *at;
        std::erase_if(w.open, [&](const ask& each) { return each.id == one.id && each.id != 0; });
        w.open.front().servers.reset(2);
        w.answer(one, 2);
    }
    CHECK(w.asked_of(2, "pown") == 4);
    CHECK(w.asked_of(0, "") == 1);
}

TEST_CASE("a server that refuses every find costs itself a few questions and then no more", "[pown_machine]")
{
    world w{of_many_pages(400)};
    w.recover();
    const auto refused = datagram(status::invalid_serial_or_denomination);
    std::size_t powned = 0;
    w.run([&](const ask& at, std::size_t server) {
        powned += at.what == raida::pown_command ? 1 : 0;
        server == 1 ? w.hear(at, 1, refused, false) : w.answer(at, server);
    });
    CHECK(w.asked_of(1, "find") >= 12 + 8); // the first round, then one line of halves
    CHECK(w.asked_of(1, "find") <= 12 + 32);
    CHECK(w.asked_of(1, "pown") == 0);
    CHECK(w.asked_of(0, "find") == 12);
    CHECK(w.known(399) == "nun");
}

TEST_CASE("a token that a server does not know is found by halves, and spoils only itself", "[pown_machine]")
{
    world w{of_one_page(36)};
    w.recover();
    w.truth[17][0] = holding::not_asked;
    w.truth[18][0] = holding::not_asked;
    w.run();
    for (std::size_t token = 0; token < 36; ++token)
        CHECK(w.known(token) == (token == 17 || token == 18 ? "unn" : "nnn"));
    CHECK(w.asked_of(0, "find") < 30);
    CHECK(w.asked_of(1, "find") == 1);
}

TEST_CASE("a server that finds datagrams too long gets shorter ones, and no other does", "[pown_machine]")
{
    world w{of_one_page(40), with({.most_pown = 20, .most_find = 20, .least = 5})};
    w.start();
    w.run([&](const ask& at, std::size_t server) {
        if (server == 2 && at.tokens.size() > 10)
            w.hear(at, 2, datagram(status::invalid_packet_length), false);
        else
            w.answer(at, server);
    });
    for (std::size_t token = 0; token < 40; ++token)
        CHECK(w.known(token) == "nnn");
    CHECK(w.asked_of(0, "pown") == 2);
    CHECK(w.asked_of(0, "find") == 0);
    CHECK(w.asked_of(2, "pown") <= 6);
}

TEST_CASE("a server that is known to take less gets less from the beginning", "[pown_machine]")
{
    world w{of_one_page(4), with({.most_pown = 4, .most_find = 4})};
    w.machine.limit(1, 3, 100);
    w.machine.limit(2, 0, 0); // one at least
    w.start();
    CHECK(w.asked == texts{"pown 0 @2", "pown 0 1 2 @1", "pown 0 1 2 3 @0"});
    w.machine.limit(1, 100, 100); // what was learned stays
    w.run();
    CHECK(w.asked_of(1, "pown") == 2);
    CHECK(w.asked_of(2, "pown") == 4);
    CHECK(w.known(3) == "nnn");
}

TEST_CASE("a server that finds every datagram too long is given up soon", "[pown_machine]")
{
    world w{of_one_page(360), with({.most_pown = 36, .most_find = 36, .least = 12})};
    w.start();
    w.run([&](const ask& at, std::size_t server) {
        server == 2 ? w.hear(at, 2, datagram(status::invalid_packet_length), false) : w.answer(at, server);
    });
    CHECK(w.asked_of(2, "") < 12);
    CHECK(w.known(0) == "nnu");
    CHECK(w.known(359) == "nno");
}

TEST_CASE("where a token has no number it is not asked for, and that is no gap", "[pown_machine]")
{
    world w{of_one_page(3), {}, {{0b111}, {0b101}, {0b000}}};
    w.start();
    CHECK(w.asked == texts{"pown 0 @1", "pown 0 1 @02"});
    w.run();
    CHECK(w.known(0) == "nnn");
    CHECK(w.known(1) == "n-n");
    CHECK(w.known(2) == "---");
    CHECK(w.decided == std::vector<std::uint32_t>{0, 1});
}

TEST_CASE("where no token has any number nobody is asked, and it ends", "[pown_machine]")
{
    world w{of_one_page(2), {}, {{0}, {0}}};
    w.start();
    w.run();
    CHECK(w.asked.empty());
    CHECK_FALSE(*w.done);
}

TEST_CASE("what was never sent is old still, and is tried once more", "[pown_machine]")
{
    world w{of_one_page(2), with({.most_pown = 1, .most_find = 1})};
    w.start();
    w.run([&](const ask& at, std::size_t server) {
        server == 0 ? w.fail(at, 0, errc::no_endpoint, 0) : w.answer(at, server);
    });
    CHECK(w.known(0) == "onn");
    CHECK(w.known(1) == "onn");
    CHECK(w.asked_of(0, "") == 2);
}

TEST_CASE("a question that could not be built was not sent, and ends all if it must", "[pown_machine]")
{
    world w{of_one_page(2)};
    w.start();
    for (auto& one : w.may_pown)
        one.fill(true);
    SECTION("all")
    {
        w.end(w.open.front(), errc::no_randomness, true);
        CHECK(w.asked.size() == 1);
        w.run();
        CHECK(w.done == errc::no_randomness);
        CHECK(w.known(0) == "ooo");
    }
    SECTION("or not")
    {
        w.end(w.open.front(), errc::timed_out, false);
        CHECK(w.asked.size() == 2);
        w.run();
        CHECK_FALSE(*w.done);
        CHECK(w.known(0) == "nnn");
    }
}

TEST_CASE("answers that nobody asked for change nothing", "[pown_machine]")
{
    world w{of_one_page(1)};
    w.start();
    const ask at = w.open.front();
    raida::replies<25> foreign;
    foreign.answer(24, datagram(status::all_pass));
    const auto before = w.machine;
    w.machine.answered(at.id, foreign[24]);     // no such server
    w.machine.answered(at.id + 7, foreign[24]); // no such question
    w.machine.finished(at.id + 7);
    CHECK(w.machine == before);
}

TEST_CASE("after the budget nothing more is asked, and what has left is awaited", "[pown_machine]")
{
    world w{of_one_page(4),
            {.patience = {.most_pown = 2, .most_find = 2}, .until = noon + std::chrono::seconds{30}}};
    w.start();
    const ask at = w.open.front();
    w.machine.passed(noon + std::chrono::seconds{30});
    w.drain();
    CHECK_FALSE(w.done);
    w.answer(at, 0);
    w.silence(at, 1);
    w.answer(at, 2);
    CHECK(w.asked.size() == 1);
    CHECK(w.records.size() == 1);
    w.end(at);
    w.run();
    CHECK(w.asked.size() == 1);
    CHECK(w.known(0) == "nun");
    CHECK(w.known(3) == "ooo");
}

TEST_CASE("a cancelled pown ends wherever it stands, and claims nothing that is not true", "[pown_machine]")
{
    for (int at = 0;; ++at) {
        CAPTURE(at);
        world w{of_one_page(5), with({.most_pown = 2, .most_find = 2})};
        std::mt19937 random{static_cast<std::uint32_t>(at)};
        int step = 0;
        bool cancelled = false;
        const auto pass = [&] {
            if (step++ != at)
                return;
            cancelled = true;
            w.machine.cancel();
            const auto before = w.asked.size();
            w.drain();
            CHECK(w.asked.size() == before);
        };
        w.machine.start(noon);
        w.drain();
        pass();
        w.machine.journal_taken({});
        w.drain();
        for (int left = 500; !w.done && left > 0; --left) {
            pass();
            if (w.done)
                break;
            const auto before = w.asked.size();
            if (w.open.empty()) {
                w.machine.journal_taken({});
                w.drain();
            } else {
                w.serve([&](const ask& one, std::size_t server) {
                    random() % 3 == 0 ? w.silence(one, server) : w.answer(one, server);
                });
            }
            CHECK((!cancelled || w.asked.size() == before));
        }
        REQUIRE(w.done);
        if (!cancelled)
            break;
        REQUIRE(at < 100);
    }
}

TEST_CASE("from whatever the servers hold a recovery comes to an end that is true", "[pown_machine]")
{
    const holding each[] = {holding::old_number, holding::new_number, holding::neither, holding::not_asked};
    for (int state = 0; state < 64; ++state) {
        CAPTURE(state);
        world w{of_one_page(1)};
        w.recover();
        w.truth[0] = {each[state % 4], each[state / 4 % 4], each[state / 16]};
        w.run();
        for (std::size_t server = 0; server < 3; ++server) {
            const auto is = w.truth[0][server];
            CHECK(w.machine.at(0, server) == (is == holding::not_asked ? holding::unknown : is));
            CHECK(is != holding::old_number); // it takes the new one
        }
    }
}

TEST_CASE("whatever is lost on the way, every claim is true and no pown leaves twice", "[pown_machine]")
{
    for (std::uint32_t seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        std::mt19937 random{seed};
        const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
        const auto count = 1 + random() % 12;
        tests::pown_world<5> w{seed % 2 != 0 ? of_one_page(count) : of_many_pages(count),
                               {.patience = {.window = 1 + random() % 3,
                                             .most_pown = 1 + random() % 4,
                                             .most_find = 1 + random() % 4,
                                             .least = 1}}};
        seed % 3 == 0 ? w.recover() : w.start();
        for (int steps = 0; !w.done; ++steps) {
            REQUIRE(steps < 3000);
            if (w.open.empty()) {
                w.machine.journal_taken({});
                w.drain();
                continue;
            }
            const auto at = w.open[random() % w.open.size()];
            std::vector<std::size_t> servers;
            for (std::size_t server = 0; server < 5; ++server)
                if (at.servers[server])
                    servers.push_back(server);
            if (servers.empty()) {
                w.end(at);
                continue;
            }
            const auto server = servers[random() % servers.size()];
            for (auto& one : w.open)
                if (one.id == at.id)
                    one.servers.reset(server);
            if (chance(10)) {
                w.fail(at, server, errc::overloaded, 0);
            } else if (chance(20)) {
                w.silence(at, server); // it never arrived
            } else {
                const auto bytes = w.arrive(at, server);
                if (chance(15))
                    w.silence(at, server);
                else if (chance(10))
                    w.hear(at, server, datagram(status::invalid_packet_length), false);
                else if (at.what == raida::pown_command && chance(10))
                    w.hear(at, server, w.arrive(at, server)); // the network repeated it
                else
                    w.hear(at, server, bytes, !chance(5));
            }
        }
        CHECK_FALSE(*w.done);
    }
}

TEST_CASE("a pown waits for the page of another call, server by server", "[pown_machine]")
{
    raida::detail::page_locks locks;
    world one{of_one_page(2), {}, {}, &locks, 1}, other{of_one_page(2), {}, {}, &locks, 2};
    const auto wake = [&] {
        for (const auto& woken : locks.take_woken())
            (woken.who == 1 ? one : other).machine.pages_free(woken.server);
        one.drain();
        other.drain();
    };
    one.start();
    other.start();
    wake();
    CHECK(other.asked.empty());
    CHECK(other.waits == 1);
    const ask at = one.open.front();
    one.answer(at, 1);
    wake();
    CHECK(other.asked == texts{"pown 0 1 @1"});
    SECTION("and ends when it is cancelled")
    {
        const ask sent = other.open.front();
        other.machine.cancel();
        other.drain();
        other.answer(sent, 1);
        other.end(sent);
        other.machine.journal_taken({});
        other.drain();
        CHECK(other.done);
        CHECK(other.known(0) == "ono");
    }
    SECTION("and goes on with the others")
    {
        one.answer(at, 0);
        one.silence(at, 2);
        one.end(at);
        wake();
        CHECK(other.asked.back() == "pown 0 1 @02");
    }
}

TEST_CASE("calls that want one page take turns", "[pown_machine]")
{
    raida::detail::page_locks locks;
    world one{of_one_page(6), with({.most_pown = 1, .most_find = 1}), {}, &locks, 1};
    world other{of_one_page(6), with({.most_pown = 1, .most_find = 1}), {}, &locks, 2};
    one.start();
    other.start();
    std::string turns;
    while (turns.size() < 8) {
        world& now = !one.open.empty() ? one : other;
        turns += &now == &one ? '1' : '2';
        const ask at = now.open.front();
        raida::replies<3> answers;
        for (std::size_t server = 0; server < 3; ++server) {
            now.truth[at.tokens[0]][server] = holding::new_number;
            answers.answer(server, datagram(status::all_pass));
            now.machine.answered(at.id, answers[server]);
        }
        now.end(at);
        for (const auto& woken : locks.take_woken())
            (woken.who == 1 ? one : other).machine.pages_free(woken.server);
        one.drain();
        other.drain();
    }
    CHECK(turns == "11212121"); // the first call stood in the line before the second came
}

TEST_CASE("a machine is a value: equal histories are equal states", "[pown_machine]")
{
    world one{of_one_page(3)}, other{of_one_page(3)};
    CHECK(one.machine == other.machine);
    one.start();
    CHECK_FALSE(one.machine == other.machine);
    other.start();
    CHECK(one.machine == other.machine);
    auto copy = one.machine;
    one.answer(one.open.front(), 0);
    CHECK(copy == other.machine); // it was not touched
    other.answer(other.open.front(), 0);
    CHECK(one.machine == other.machine);
}
