// What the network refuses, charged to the requests that it is about. Everything else that the multiplexer
// decides is tested through the engine, in simulation/.
#include <raida/engine/detail/multiplexer.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <vector>

using namespace std::chrono_literals;

namespace {

using bytes = std::vector<std::uint8_t>;

// Three requests to one server that left as one packet, and more as a test asks for them.
struct fixture
{
    static constexpr std::size_t n = 3;

    raida::detail::multiplexer<n> board;
    raida::detail::time_point now{1h};
    std::array<raida::replies<n>, 8> answers{};
    std::array<bytes, 8> packets{};
    std::size_t asked = 0;
    std::vector<raida::request_id> sent{};

    explicit fixture(raida::command_code what = raida::echo_command, std::size_t size = 50,
                     const raida::limits& allowed = {.in_flight_per_lane = 3})
        : board{allowed}
    {
        ask(3, what, size);
        send(3);
    }

    void ask(std::size_t count, raida::command_code what = raida::echo_command, std::size_t size = 50)
    {
        for (const std::size_t end = asked + count; asked < end; ++asked) {
            bytes& packet = packets[asked];
            packet.assign(size, static_cast<std::uint8_t>(asked + 1));
            raida::request_header header{.what = what};
            header.echo(static_cast<std::uint16_t>(100 + asked));
            header.write(packet.data());
            std::array<raida::detail::packet_view, n> views{};
            views[0] = {packet, raida::implied_signature(packet)};
            board.admit(views, {.deadline = 1s, .retry = {.attempts = 2}}, answers[asked], 1, nullptr, now);
        }
    }

    void send(std::size_t expected)
    {
        std::array<raida::outgoing, 8> batch;
        const auto count = board.next_batch(0, batch);
        REQUIRE(count == expected);
        board.sent(0, std::span{batch}.first(count), now, true);
        for (std::size_t i = 0; i < count; ++i)
            sent.push_back(batch[i].id);
    }

    void refuse(bytes quoted)
    {
        board.on_error(0, 0, std::make_error_code(std::errc::connection_refused), quoted,
                       raida::request_id::unknown, now);
    }

    bytes answer(std::size_t which) const
    {
        bytes made(raida::header_size);
        raida::response_header header{.server = 0, .status = raida::status::success};
        header.echo = static_cast<std::uint16_t>(100 + which);
        header.signature = *raida::implied_signature(packets[which]);
        header.write(made.data());
        return made;
    }

    std::array<bool, 3> open() const
    {
        std::array<bool, 3> still{};
        for (std::size_t i = 0; i < still.size(); ++i)
            still[i] = answers[i][0].error == raida::errc::pending;
        return still;
    }
};

bytes operator+(bytes first, const bytes& second)
{
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

} // namespace

TEST_CASE("a refusal that quotes two requests is about all that left with them", "[multiplexer]")
{
    fixture on;
    on.refuse(on.packets[0] + on.packets[1]);
    CHECK(on.open() == std::array{false, false, false});
    CHECK(on.board.counts().servers[0].refused == 3);
}

TEST_CASE("a quote may end within the second request", "[multiplexer]")
{
    fixture on;
    bytes quoted = on.packets[0] + on.packets[1];
    quoted.resize(73);
    on.refuse(quoted);
    CHECK(on.open() == std::array{false, false, false});
}

TEST_CASE("a refusal that quotes one request is about that one, wherever it stood", "[multiplexer]")
{
    for (std::size_t which = 0; which < 3; ++which) {
        CAPTURE(which);
        fixture on;
        on.refuse(on.packets[which]);
        std::array<bool, 3> expected{true, true, true};
        expected[which] = false;
        CHECK(on.open() == expected);
        CHECK(on.board.counts().servers[0].refused == 1);
    }
}

TEST_CASE("a long quote that shows no end of its request is about all that may be asked again",
          "[multiplexer]")
{
    const auto refused = [](raida::command_code what, std::size_t size, std::size_t quoted) {
        fixture on{what, size};
        bytes quote = on.packets[1];
        quote.resize(quoted);
        on.refuse(quote);
        CHECK_FALSE(on.open()[1]);
        CHECK(on.open()[0] == on.open()[2]);
        return on.board.counts().servers[0].refused;
    };
    CHECK(refused(raida::detect_command, 1394, 520) == 3);
    CHECK(refused(raida::detect_command, 1394, 1394) == 3);
    CHECK(refused(raida::detect_command, 1394, 499) == 1); // of a router: this machine quotes more
    CHECK(refused(raida::detect_command, 501, 501) == 3);
    CHECK(refused(raida::detect_command, 501, 520) == 1); // it ends there: what follows is padding
    CHECK(refused(raida::detect_command, 500, 500) == 1); // beside it there may be a pown
    CHECK(refused(raida::pown_command, 1394, 520) == 1);  // of those it must be known
}

TEST_CASE("routers pad what they quote: padding is no other request", "[multiplexer]")
{
    fixture on;
    bytes quoted = on.packets[0];
    quoted.resize(100);
    on.refuse(quoted);
    CHECK(on.open() == std::array{false, true, true});
}

TEST_CASE("a quote of what anybody can guess ends nothing before its time", "[multiplexer]")
{
    for (const std::size_t size : {32U, 39U}) {
        CAPTURE(size);
        fixture on;
        bytes quoted = on.packets[1];
        quoted.resize(size);
        on.refuse(quoted);
        CHECK(on.open() == std::array{true, true, true});
    }
    fixture on;
    bytes quoted = on.packets[1];
    quoted.resize(40); // eight bytes of the challenge
    on.refuse(quoted);
    CHECK(on.open() == std::array{true, false, true});
}

TEST_CASE("a quote that fits two requests is about neither", "[multiplexer]")
{
    fixture on;
    const auto ask = [&](std::size_t which, std::uint8_t last) {
        bytes& packet = on.packets[which];
        packet = on.packets[0];
        packet[45] = last; // of the challenge, behind what is quoted
        std::array<raida::detail::packet_view, fixture::n> views{};
        views[1] = {packet, raida::implied_signature(packet)};
        on.board.admit(views, {.deadline = 1s}, on.answers[which], 2, nullptr, on.now);
    };
    ask(3, 1);
    ask(4, 2);
    std::array<raida::outgoing, 8> batch;
    on.board.sent(1, std::span{batch}.first(on.board.next_batch(1, batch)), on.now);
    bytes quoted = on.packets[3];
    quoted.resize(40);
    on.board.on_error(1, 0, std::make_error_code(std::errc::connection_refused), quoted,
                      raida::request_id::unknown, on.now);
    CHECK(on.answers[3][1].error == raida::errc::pending);
    CHECK(on.answers[4][1].error == raida::errc::pending);
    CHECK(on.board.counts().servers[1].unattributed == 1);
}

TEST_CASE("an answer is taken only through the socket that its request left by", "[multiplexer]")
{
    fixture on;
    const bytes answer = on.answer(1);
    on.board.on_datagram(0, 1, {.bytes = answer}, on.now);
    CHECK(on.open() == std::array{true, true, true});
    on.board.on_datagram(0, 0, {.bytes = answer}, on.now);
    CHECK(on.open() == std::array{true, false, true});
}

TEST_CASE("what was answered before a refusal keeps its answer", "[multiplexer]")
{
    fixture on;
    const bytes answer = on.answer(1);
    on.board.on_datagram(0, 0, {.bytes = answer}, on.now);
    CHECK(on.answers[1][0]);
    on.refuse(on.packets[0] + on.packets[1]); // one answer proves that the packet was not refused as a whole
    CHECK(on.open() == std::array{false, false, true});
    CHECK(on.answers[1][0]);
    CHECK(on.board.counts().servers[0].refused == 1);
}

TEST_CASE(
    "a refusal that comes when its requests wait for another attempt is about no neighbour in the queue",
    "[multiplexer]")
{
    fixture on;
    on.ask(3);
    on.now += 1s;
    on.board.expire(on.now); // the first three are to be sent again, behind the next three
    on.send(3);
    on.ask(2); // behind them: never sent yet
    on.refuse(on.packets[0] + on.packets[1]);
    CHECK(on.open() == std::array{false, true, true});
    for (std::size_t i = 3; i < 8; ++i)
        CHECK(on.answers[i][0].error == raida::errc::pending);
    CHECK(on.board.counts().servers[0].refused == 1);
}

TEST_CASE("over a connection, a complaint without proof ends its slot and is no sign of life",
          "[multiplexer][isolation]")
{
    fixture on{
        raida::echo_command, 50, {.in_flight_per_lane = 3, .isolation = {.failures = 1, .silence = 1s}}};
    on.now += 1s;
    on.board.expire(on.now);
    on.send(3);
    on.ask(2);
    on.now += 1500ms;
    on.board.expire(on.now);
    REQUIRE(on.open() == std::array{false, false, false});
    REQUIRE(on.board.known().is_isolated(0));
    on.send(2);

    bytes complaint(raida::header_size);
    raida::response_header{.server = 0, .status = raida::status::invalid_coin_id}.write(complaint.data());
    on.board.on_datagram(0, 0, {.bytes = complaint, .id = on.sent[6]}, on.now);
    CHECK(on.answers[3][0].status() == raida::status::invalid_coin_id);
    CHECK_FALSE(on.answers[3][0].verified);
    CHECK(on.board.known().is_isolated(0));

    const bytes answer = on.answer(4);
    on.board.on_datagram(0, 0, {.bytes = answer, .id = on.sent[7]}, on.now);
    CHECK(on.answers[4][0].verified);
    CHECK_FALSE(on.board.known().is_isolated(0));
}
