// Somebody who hears every sealed datagram, and guesses what he likes of the answers: how much of a key he
// has then.
//
// Where a server begins its counter again for the answer, request and answer share a keystream: the request's
// first 16 bytes are challenge XOR keystream, the answer's body is body XOR keystream, and the answer's
// signature is challenge XOR number. All three together are body XOR number: who guesses a byte of a body has
// that byte of the number. And the challenge, being signature XOR number, ends with its own CRC.
#include <raida/client.hpp>
#include <raida/crypto.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/testing/simulated_fleet.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tokens.hpp>
#include <raida/wire/challenge.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace raida::testing;
using block = raida::signature;
using raida::bytes_view;

block operator^(const block& left, const block& right)
{
    return raida::sign(left, right);
}

// Linear equations about the bits of a number that are known to hold.
class equations
{
  public:
    // One that follows from the others says nothing.
    void add(std::bitset<128> one)
    {
        for (std::size_t bit = 0; bit < 128; ++bit) {
            if (!one[bit])
                continue;
            if (rows_[bit].none()) {
                rows_[bit] = one;
                ++rank_;
                return;
            }
            one ^= rows_[bit];
        }
    }
    void add_byte(std::size_t at)
    {
        for (std::size_t bit = 8 * at; bit < 8 * at + 8; ++bit)
            add(std::bitset<128>{}.set(bit));
    }

    // A challenge's last four bytes are the CRC of the others, which is linear: 32 equations, the same for
    // all.
    void add_crc()
    {
        const auto residue = [](const block& challenge) {
            return raida::crc32(bytes_view{challenge}.first(12)) ^
                   raida::detail::load_big<4>(challenge.data() + 12);
        };
        std::array<std::bitset<128>, 32> sums;
        for (std::size_t bit = 0; bit < 128; ++bit) {
            block one{};
            one[bit / 8] = static_cast<std::uint8_t>(1U << bit % 8);
            const std::uint32_t changed = residue(one) ^ residue({});
            for (std::size_t sum = 0; sum < 32; ++sum)
                sums[sum][bit] = (changed >> sum & 1U) != 0;
        }
        for (const auto& one : sums)
            add(one);
    }

    [[nodiscard]] std::size_t in_doubt() const { return 128 - rank_; }

  private:
    std::array<std::bitset<128>, 128> rows_{};
    std::size_t rank_ = 0;
};

// A sealed request and an answer to it.
struct overheard
{
    std::size_t server = 0;
    raida::command_code what{};
    block challenge{}; // encrypted, as is the body
    raida::status status{};
    block signature{};
    std::vector<std::uint8_t> body;

    // The number's first bytes, if this is what the body says.
    [[nodiscard]] block number_if(bytes_view plain) const
    {
        block known = challenge ^ signature;
        for (std::size_t i = 0; i < std::min(plain.size(), known.size()); ++i)
            known[i] = static_cast<std::uint8_t>(known[i] ^ body[i] ^ plain[i]);
        return known;
    }
};

class listener final : public raida::transport_sink
{
  public:
    std::vector<overheard> heard;

    void pass_on_to(raida::transport_sink& sink) { to_ = &sink; }

    void note_request(std::size_t lane, bytes_view bytes)
    {
        const auto header = raida::request_header::parse(bytes).value();
        if (header.encryption == raida::encryption_type::none)
            return;
        overheard one;
        one.server = lane;
        one.what = header.what;
        std::copy_n(bytes.begin() + raida::header_size, one.challenge.size(), one.challenge.begin());
        sent_.push_back({header.echo(), one});
    }

    void on_datagram(std::size_t lane, std::uint8_t generation, const raida::incoming& arrived) override
    {
        const auto header = raida::response_header::parse(arrived.bytes).value();
        for (const auto& [echo, request] : sent_)
            if (request.server == lane && echo == header.echo) {
                auto& one = heard.emplace_back(request);
                one.status = header.status;
                one.signature = header.signature;
                const auto behind = arrived.bytes.subspan(raida::header_size);
                one.body.assign(behind.begin(), behind.empty() ? behind.end() : behind.end() - 2);
            }
        to_->on_datagram(lane, generation, arrived);
    }
    void on_error(std::size_t lane, std::uint8_t generation, std::error_code error, bytes_view quoted,
                  raida::request_id id) override
    {
        to_->on_error(lane, generation, error, quoted, id);
    }
    void on_wake() override { to_->on_wake(); }
    raida::lane_statistics& counts(std::size_t lane) noexcept override { return to_->counts(lane); }

    // Bits of the number at `server` that are in doubt when all bodies are known, if all of its answers share
    // the keystream of their requests, or none. The tickets in them servers tell each other, in the clear:
    // not every listener hears that.
    [[nodiscard]] std::size_t in_doubt(std::size_t server, bool restarts, bool knows_tickets = false) const
    {
        equations known;
        for (const overheard& one : heard) {
            if (one.server != server)
                continue;
            known.add_crc();
            std::size_t bytes = std::min<std::size_t>(one.body.size(), 16);
            if (one.what == raida::get_ticket_command && !knows_tickets)
                bytes -= std::min<std::size_t>(bytes, 4); // they stand at the end
            for (std::size_t i = 0; restarts && i < bytes; ++i)
                known.add_byte(i);
        }
        return known.in_doubt();
    }

  private:
    raida::transport_sink* to_ = nullptr;
    std::vector<std::pair<std::uint16_t, overheard>> sent_;
};

// A transport that somebody listens to.
class tapped_transport : public simulated_transport
{
  public:
    tapped_transport(simulation& world, listener& by) : simulated_transport{world}, by_{&by} {}

    void attach(raida::transport_sink& sink, std::weak_ptr<void> owner)
    {
        by_->pass_on_to(sink);
        simulated_transport::attach(*by_, std::move(owner));
    }
    raida::submitted submit(std::size_t lane, std::uint8_t generation, std::span<const raida::outgoing> batch)
    {
        for (const raida::outgoing& one : batch)
            by_->note_request(lane, one.bytes);
        return simulated_transport::submit(lane, generation, batch);
    }

  private:
    listener* by_;
};

// Without the limits.
struct unlimited : raida::sealed
{
    using raida::sealed::sealed;

    [[nodiscard]] static std::size_t most_tokens(std::size_t, raida::command_code) { return 32; }
};

// 60 tokens, a tenth of them counterfeit, of which the even servers hold the new numbers already. Servers 20
// and on do not restart their counter.
template <class Codec>
struct world_with_listener
{
    simulation world;
    simulated_fleet fleet{world};
    raida::token key = make_tokens(1, 77)[0];
    std::vector<raida::token> tokens = make_tokens(60), renewed = make_tokens(60, 2);
    std::vector<raida::authenticity_numbers<>> new_numbers;
    listener ear;
    std::optional<raida::basic_client<25, tapped_transport, Codec>> client;

    world_with_listener()
    {
        enable_encryption(fleet);
        fleet.add(key);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            for (std::size_t server = 0; server < 25 && i % 10 != 0; ++server)
                fleet.set_number(server, tokens[i].id(),
                                 (server % 2 == 0 ? renewed : tokens)[i].numbers[server]);
            new_numbers.push_back(renewed[i].numbers);
        }
        for (const raida::token& one : tokens) // counterfeit, but known
            for (std::size_t server = 0; server < 25; ++server)
                if (!fleet.number(server, one.id()))
                    fleet.set_number(server, one.id(), key.numbers[server]);
        for (std::size_t server = 20; server < 25; ++server) {
            auto rules = fleet.rules(server);
            rules.counter_goes_on = true;
            fleet.set_rules(server, rules);
        }
        client.emplace(tapped_transport{world, ear}, fleet.servers(),
                       raida::client_settings<>{.wait = raida::wait_for::all}, Codec{key});
    }

    template <class Call>
    void run(Call call)
    {
        bool over = false;
        call([&over](std::error_code error, const auto&) {
            CHECK_FALSE(error);
            over = true;
        });
        world.run();
        REQUIRE(over);
    }

    void find()
    {
        run([this](auto done) { client->async_find(tokens, new_numbers, done); });
    }

    [[nodiscard]] std::size_t heard(raida::command_code what, raida::status status) const
    {
        return static_cast<std::size_t>(
            std::count_if(ear.heard.begin(), ear.heard.end(),
                          [&](const overheard& one) { return one.what == what && one.status == status; }));
    }
};

block number_of(const raida::token& token, std::size_t server)
{
    block bytes{};
    std::copy_n(token.numbers[server].bytes().begin(), bytes.size(), bytes.begin());
    return bytes;
}

// Body after body in which all tokens are alike but one, until what is the number then fits the challenge.
std::optional<block> guess_number(const overheard& one)
{
    for (std::uint8_t usual = 0; usual <= 2; ++usual)
        for (std::uint8_t other = 0; other <= 2; ++other)
            for (std::size_t at = 0; at < 16; ++at) {
                std::array<std::uint8_t, 16> body;
                body.fill(usual);
                body[at] = other;
                const block number = one.number_if(body);
                if (raida::is_valid_challenge(one.signature ^ number))
                    return number;
            }
    return std::nullopt;
}

} // namespace

TEST_CASE("who listens to all that a client seals leaves 80 bits of each number in doubt",
          "[simulation][crypto]")
{
    world_with_listener<raida::sealed> w;
    for (int round = 0; round < 3; ++round) { // later ones know the servers' habits
        w.run([&](auto done) { w.client->async_detect(w.tokens, done); });
        w.find();
        w.run([&](auto done) { w.client->async_version(done); });
        w.run([&](auto done) { w.client->async_echo(done); });
        w.run([&](auto done) { w.client->async_custom(raida::version_command, {}, {}, done); });
    }
    std::optional<raida::transfer_record<>> record;
    const auto journal = [&](const raida::transfer_record<>& one) {
        record = one;
        return std::error_code{};
    };
    w.run([&](auto done) {
        w.client->async_pown(w.tokens, {.journal = journal, .find_rounds = 1, .pown_again = 0}, done);
    });
    w.run([&](auto done) { w.client->async_recover(record.value(), {.journal = journal}, done); });

    using raida::status;
    CHECK(w.heard(raida::detect_command, status::mixed) > 0);
    CHECK(w.heard(raida::find_command, status::find_mixed) > 0);
    CHECK(w.heard(raida::pown_command, status::mixed) > 0);
    CHECK(w.heard(raida::version_command, status::success) == 0); // never sealed
    CHECK(w.heard(raida::echo_command, status::no_error) + w.heard(raida::echo_command, status::success) > 0);
    for (std::size_t server = 0; server < 25; ++server) {
        CAPTURE(server);
        CHECK(w.client->codec().habit(server) ==
              (server < 20 ? raida::counter_habit::restarts : raida::counter_habit::goes_on));
        CHECK(w.ear.in_doubt(server, server < 20) == (server < 20 ? 80 : 96));
    }
}

TEST_CASE("what a listener is said to know is what he knows", "[simulation][crypto]")
{
    world_with_listener<raida::sealed> w;
    w.run([&](auto done) { w.client->async_detect(w.tokens, done); });
    std::size_t bodies = 0;
    for (const overheard& one : w.ear.heard) {
        const block number = number_of(w.key, one.server);
        CHECK(raida::is_valid_challenge(one.signature ^ number));
        if (one.body.empty() || one.server >= 20)
            continue;
        ++bodies;
        // What he guesses from first to last, to be right once.
        std::size_t right = 0;
        for (unsigned guess = 0; guess < 65536; ++guess) {
            const std::array<std::uint8_t, 2> body{static_cast<std::uint8_t>(guess >> 8),
                                                   static_cast<std::uint8_t>(guess)};
            const block known = one.number_if(bytes_view{body}.first(one.body.size()));
            right +=
                std::equal(known.begin(), known.begin() + static_cast<long>(one.body.size()), number.begin())
                    ? 1
                    : 0;
        }
        CHECK(right == (one.body.size() == 2 ? 1 : 256));
    }
    CHECK(bodies > 20);
}

TEST_CASE("who listens to a heal leaves 80 bits in doubt, or 48 where servers tell him its tickets",
          "[simulation][crypto]")
{
    world_with_listener<raida::sealed> w;
    for (std::size_t i = 0; i < w.tokens.size(); ++i)
        for (std::size_t server = 0; server < 25 && i % 10 != 0; ++server)
            w.fleet.set_number(server, w.tokens[i].id(),
                               (server == i % 25 ? w.renewed : w.tokens)[i].numbers[server]);
    w.run([&](auto done) {
        w.client->async_heal(
            w.tokens, {.journal = [](const raida::heal_record<>&) { return std::error_code{}; }}, done);
    });
    CHECK(w.heard(raida::get_ticket_command, raida::status::mixed) > 0);
    CHECK(w.heard(raida::fix_command, raida::status::all_pass) > 0);
    CHECK(w.heard(raida::find_command, raida::status::find_mixed) > 0);
    for (std::size_t server = 0; server < 25; ++server) {
        CAPTURE(server);
        CHECK(w.ear.in_doubt(server, server < 20) == (server < 20 ? 80 : 96));
        CHECK(w.ear.in_doubt(server, server < 20, true) == (server < 20 ? 48 : 96));
    }
}

TEST_CASE("a custom command gives away what can be guessed of its answer, as its documentation says",
          "[simulation][crypto]")
{
    world_with_listener<raida::sealed> w;
    std::array<raida::secret_bytes, 25> payloads; // 32 tokens: four bytes of bits, and a ticket
    for (std::size_t server = 0; server < 25; ++server)
        payloads[server] = raida::ticket_payload(std::span{w.tokens}.first(32), server);
    w.run([&](auto done) { w.client->async_custom(raida::get_ticket_command, payloads, {}, done); });
    for (std::size_t server = 1; server < 20; server += 2) { // of the others no token passes
        CAPTURE(server);
        CHECK(w.ear.in_doubt(server, true) == 96 - 8 * 4);
        CHECK(w.ear.in_doubt(server, true, true) == 96 - 8 * 8);
    }
}

TEST_CASE("a longer body may be allowed, and costs what the documentation says", "[simulation][crypto]")
{
    for (const std::size_t bytes : {1U, 4U, 8U}) {
        world_with_listener<raida::sealed> w;
        w.client->codec().most_guessable(bytes);
        w.find();
        w.run([&](auto done) { w.client->async_detect(w.tokens, done); });
        std::size_t least = 128; // not every server answers with a body of that length
        for (std::size_t server = 0; server < 20; ++server)
            least = std::min(least, w.ear.in_doubt(server, true));
        CHECK(least == 128 - 32 - 8 * bytes);
    }
}

// The control: this listener is able to find keys.
TEST_CASE("without limits, a listener has the key after some hundred guesses", "[simulation][crypto]")
{
    world_with_listener<unlimited> w;
    for (std::size_t i = 0; i < w.tokens.size(); ++i) // all alike but one in 32
        for (std::size_t server = 0; server < 25; ++server)
            w.fleet.set_number(server, w.tokens[i].id(),
                               (i % 30 == 7 ? w.tokens : w.renewed)[i].numbers[server]);
    w.find();
    std::bitset<25> found;
    for (const overheard& one : w.ear.heard)
        if (one.status == raida::status::find_mixed)
            if (guess_number(one) == number_of(w.key, one.server))
                found.set(one.server);
    for (std::size_t server = 0; server < 25; ++server) {
        CAPTURE(server);
        CHECK(found[server] == (server < 20));
        CHECK(w.ear.in_doubt(server, server < 20) == (server < 20 ? 0 : 96));
    }
}
