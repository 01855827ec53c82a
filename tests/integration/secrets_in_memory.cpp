// What is left of authenticity numbers in the memory of this process, all of it, once the library has done
// with them: packets that were sent, quotes of those that were refused, fresh numbers, journals, what lay on
// the stack.
#include <raida/client.hpp>
#include <raida/crypto.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/testing/fleet.hpp>
#include <raida/testing/tokens.hpp>

#ifdef __linux__

#include <raida/transport/detail/linux_receiver.hpp>

#include <catch2/catch_test_macros.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address_v4.hpp>
#include <asio/ip/udp.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using raida::token;

// Looks for pieces of numbers: either half as it is, and how a half begins in hex. Knows them inverted only,
// so that it does not find itself.
class search
{
  public:
    void add(const raida::authenticity_number& number)
    {
        const auto* const from = number.bytes().data();
        add_word(from);
        add_word(from + 8);
        std::array<char, 8> digits{};
        for (std::size_t i = 0; i < digits.size(); ++i)
            digits[i] = "0123456789abcdef"[(from[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15];
        add_word(digits.data());
        raida::detail::wipe(digits.data(), digits.size());
        std::sort(inverted_.begin(), inverted_.end());
    }
    void add(const raida::authenticity_numbers<>& numbers)
    {
        for (const auto& one : numbers)
            add(one);
    }
    void add(const std::vector<token>& tokens)
    {
        for (const token& one : tokens)
            add(one.numbers);
    }

    // How many pieces lie in memory that can be written to.
    [[nodiscard]] std::size_t count() const
    {
        std::size_t found = 0;
        std::ifstream maps{"/proc/self/maps"};
        for (std::string line; std::getline(maps, line);) {
            std::uintptr_t begin = 0, end = 0;
            const auto* const last = line.data() + line.size();
            const char* const dash = std::from_chars(line.data(), last, begin, 16).ptr;
            const char* const rights = std::from_chars(dash + 1, last, end, 16).ptr;
            if (std::string_view{rights, 5} == " rw-p")
                found += count(reinterpret_cast<const std::uint8_t*>(begin),
                               reinterpret_cast<const std::uint8_t*>(end));
        }
        return found;
    }

  private:
    template <class Byte>
    void add_word(const Byte* from)
    {
        std::uint64_t word = 0;
        std::memcpy(&word, from, sizeof word);
        word = ~word;
        inverted_.push_back(word);
        is_known_.set(word % is_known_.size());
    }

    std::size_t count(const std::uint8_t* from, const std::uint8_t* end) const
    {
        std::size_t found = 0;
        std::uint64_t word = 0;
        for (; from + sizeof word <= end; ++from) {
            std::memcpy(&word, from, sizeof word);
            word = ~word;
            if (is_known_[word % is_known_.size()] &&
                std::binary_search(inverted_.begin(), inverted_.end(), word))
                ++found;
        }
        return found;
    }

    std::vector<std::uint64_t> inverted_;
    std::bitset<65536> is_known_;
};

// Whatever lies on the stack below here is of no interest any more.
[[gnu::noinline]] void forget_the_stack()
{
    std::array<std::uint8_t, 200'000> room;
    raida::detail::wipe(room.data(), room.size());
}

// So far down that nothing which is called afterwards overwrites what it leaves on the stack.
template <class Action>
[[gnu::noinline]] void far_down(Action action)
{
    std::array<std::uint8_t, 50'000> room;
    asm volatile("" : : "r"(room.data()) : "memory");
    action();
}

// Those who make them out of pseudo-random words leave some of these behind.
std::vector<token> tokens_of(std::size_t count, std::uint64_t seed = 1)
{
    auto made = raida::testing::make_tokens(count, seed);
    forget_the_stack();
    return made;
}

// Servers in a process of their own, which holds the numbers as a server may. Number 4 refuses.
class servers_elsewhere
{
  public:
    servers_elsewhere()
    {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        process_ = ::fork();
        REQUIRE(process_ >= 0);
        if (process_ == 0)
            serve(ends[1]);
        for (std::size_t i = 0; i < 25; ++i) {
            std::uint16_t port = 0;
            REQUIRE(::read(ends[0], &port, sizeof port) == sizeof port);
            list.set(i, {asio::ip::address_v4::loopback(), port});
        }
        ::close(ends[0]);
        ::close(ends[1]);
    }
    servers_elsewhere(const servers_elsewhere&) = delete;
    servers_elsewhere& operator=(const servers_elsewhere&) = delete;
    ~servers_elsewhere()
    {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }

    raida::server_list<> list;

  private:
    [[noreturn]] static void serve(int ports)
    {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        asio::io_context io;
        raida::testing::fleet fleet{io};
        raida::testing::enable_encryption(fleet);
        fleet.add(tokens_of(3));
        fleet.add(tokens_of(1, 77));
        fleet.set(4, {.closed = true});
        for (std::size_t i = 0; i < 25; ++i) {
            const std::uint16_t port = fleet.servers().endpoint(i)->port();
            if (::write(ports, &port, sizeof port) != sizeof port)
                ::_exit(1);
        }
        io.run();
        ::_exit(0);
    }

    pid_t process_ = -1;
};

using plain_client = raida::client;
using sealed_client = raida::basic_client<25, raida::transport::udp, raida::sealed>;

template <class Client>
Client make_client(asio::io_context& io, const raida::server_list<>& servers)
{
    raida::client_settings<> how{.wait = raida::wait_for::all, .deadline = 2s, .allow_plain_pown = true};
    if constexpr (std::is_same_v<Client, sealed_client>)
        return Client{io, servers, how, raida::sealed{tokens_of(1, 77)[0]}};
    else
        return Client{io, servers, how};
}

// What was found at each stage of a call.
struct findings
{
    std::size_t before = 0, during = 0, after = 0, at_the_end = 0;
};

// One call of a client. `call(client, tokens, done, look)`: the tokens die when it returns, done() when all
// is over, look() while it is under way.
template <class Client, class Call>
findings look_once(search& secrets, Call call)
{
    findings found;
    {
        servers_elsewhere servers;
        asio::io_context io;
        std::optional<Client> client{make_client<Client>(io, servers.list)};
        secrets.add(tokens_of(3));
        found.before = secrets.count();
        bool over = false;
        call(
            *client, tokens_of(3), [&](auto&&...) { over = true; },
            [&] { found.during = std::max(found.during, secrets.count()); });
        far_down([&] { io.run(); });
        CHECK(over);
        found.after = secrets.count();
        client.reset();
    }
    found.at_the_end = secrets.count();
    return found;
}

// The first time that a function of another library is called, the dynamic linker saves all registers on the
// stack, whatever is in them. So the second time counts.
template <class Client, class Call>
findings look_while(search& secrets, Call call)
{
    static_cast<void>(look_once<Client>(secrets, call));
    forget_the_stack();
    return look_once<Client>(secrets, call);
}

void check(const findings& found)
{
    CHECK(found.before == 0);
    CHECK(found.during > 0); // the control: the search finds what is there
    CHECK(found.after == 0);
    CHECK(found.at_the_end == 0);
}

template <class Client>
void check_detect()
{
    search secrets;
    check(look_while<Client>(secrets, [](auto& client, const auto& tokens, auto done, auto look) {
        client.async_detect(tokens, {.on_progress = [look](const auto&) { look(); }}, done);
    }));
}

template <class Client>
void check_find()
{
    search secrets;
    secrets.add(tokens_of(3, 2));
    check(look_while<Client>(secrets, [](auto& client, const auto& tokens, auto done, auto look) {
        std::vector<raida::authenticity_numbers<>> numbers;
        for (const token& one : tokens_of(3, 2))
            numbers.push_back(one.numbers);
        client.async_find(tokens, numbers, {.on_progress = [look](const auto&) { look(); }}, done);
    }));
}

// New numbers that the library draws are known once the journal has them.
template <class Client>
void check_pown()
{
    search secrets;
    check(look_while<Client>(secrets, [&secrets](auto& client, const auto& tokens, auto done, auto look) {
        raida::pown_options<> how;
        how.journal = [&secrets, look](const raida::transfer_record<>& record) {
            for (const auto& numbers : record.new_numbers)
                secrets.add(numbers);
            CHECK(raida::write_journal(record).text().size() > 1000);
            look();
            return std::error_code{};
        };
        client.async_pown(tokens, std::move(how), done);
    }));
}

} // namespace

TEST_CASE("the search for numbers in memory finds them in every form", "[secrets]")
{
    search secrets;
    static_cast<void>(secrets.count()); // what it calls is known to the dynamic linker now: see look_while()
    far_down([&] { secrets.add(tokens_of(3, 9)); });
    forget_the_stack();
    REQUIRE(secrets.count() == 0);
    {
        const auto tokens = tokens_of(3, 9);
        CHECK(secrets.count() >= 2 * 3 * 25);
        std::vector<std::uint8_t> left(tokens[1].numbers[7].bytes().begin(),
                                       tokens[1].numbers[7].bytes().end());
        CHECK(secrets.count() >= 2 * 3 * 25 + 2);
        raida::detail::wipe(left.data(), left.size());
        const raida::transfer_record<> record{
            .tokens = tokens, .new_numbers = {tokens[0].numbers, tokens[1].numbers, tokens[2].numbers}};
        const auto text = raida::write_journal(record);
        CHECK(secrets.count() >= 2 * 3 * 25 * 3);
    }
    forget_the_stack();
    CHECK(secrets.count() == 0);
}

TEST_CASE("after a detect no number is in memory: not in packets, quotes, buffers, on the stack", "[secrets]")
{
    check_detect<plain_client>();
    check_detect<sealed_client>();
}

TEST_CASE("after a find neither the old nor the new numbers are in memory", "[secrets]")
{
    check_find<plain_client>();
    check_find<sealed_client>();
}

TEST_CASE("after a pown neither the old nor the fresh numbers are in memory", "[secrets]")
{
    check_pown<plain_client>();
    check_pown<sealed_client>();
}

TEST_CASE("fresh numbers are not left where they were drawn", "[secrets]")
{
    asio::io_context io;
    const plain_client client{io, raida::loopback()};
    std::size_t during = 0, after = 0;
    for (int round = 0; round < 2; ++round) { // the second counts, as above
        search secrets;
        std::vector<raida::authenticity_numbers<>> numbers;
        forget_the_stack();
        far_down([&] { CHECK_FALSE(client.core()->fresh_numbers(numbers, 2)); });
        for (const auto& one : numbers)
            secrets.add(one);
        during = secrets.count();
        numbers.clear();
        after = secrets.count();
    }
    CHECK(during >= 2 * 2 * 25);
    CHECK(after == 0);
}

namespace {

// Looks around while it is told of an error.
struct looking_sink final : raida::transport_sink
{
    explicit looking_sink(const search& what) : secrets{what} {}

    void on_datagram(std::size_t, std::uint8_t, const raida::incoming&) override {}
    void on_error(std::size_t, std::uint8_t, std::error_code, raida::bytes_view quoted,
                  raida::request_id) override
    {
        size = quoted.size();
        during = secrets.count();
    }
    void on_wake() override {}
    raida::lane_statistics& counts(std::size_t) noexcept override { return statistics; }

    const search& secrets;
    std::size_t size = 0, during = 0;
    raida::lane_statistics statistics{};
};

} // namespace

TEST_CASE("what the system quotes of a refused packet is gone once it was told", "[secrets]")
{
    search secrets;
    secrets.add(tokens_of(1, 5));
    std::size_t during = 0, after = 0;
    for (int round = 0; round < 2; ++round) {
        asio::io_context io;
        asio::ip::udp::socket gone{io, {asio::ip::address_v4::loopback(), 0}},
            asking{io, asio::ip::udp::v4()};
        const int on = 1;
        REQUIRE(::setsockopt(asking.native_handle(), IPPROTO_IP, IP_RECVERR, &on, sizeof on) == 0);
        asking.connect(gone.local_endpoint());
        gone.close();
        {
            const auto token = tokens_of(1, 5)[0];
            asking.send(asio::buffer(token.numbers[3].bytes().data(), 16));
        }
        forget_the_stack();
        looking_sink sink{secrets};
        raida::detail::linux_receiver receiver{1400};
        receiver.make_room(0);
        far_down([&] { CHECK(receiver.take_errors(asking.native_handle(), 0, 0, sink)); });
        CHECK(sink.size == 16);
        during = sink.during;
        after = secrets.count();
    }
    CHECK(during == 2);
    CHECK(after == 0);
}

TEST_CASE("the numbers of a key are in memory as long as its codec, and no longer", "[secrets]")
{
    search secrets;
    secrets.add(tokens_of(1, 77));
    const auto found =
        look_while<sealed_client>(secrets, [](auto& client, const auto& tokens, auto done, auto look) {
            client.async_detect(tokens, {.on_progress = [look](const auto&) { look(); }}, done);
        });
    CHECK(found.before > 0);
    CHECK(found.after > 0);
    CHECK(found.at_the_end == 0);
}

#endif
