// Which names are looked up, when, and what becomes of all that is found.
#include <raida/transport/resolve.hpp>

#if defined(__GLIBC__) // found addresses are put together as its freeaddrinfo() takes them apart

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <dlfcn.h>
#include <netdb.h>

#if __has_include(<asio/config.hpp>)
#include <asio/config.hpp>
#endif

namespace {

using raida::errc;
using endpoint = asio::ip::udp::endpoint;

// Look-ups of names that end in ".fake", which the system never sees.
class fake_names
{
  public:
    void expect_together(std::size_t look_ups)
    {
        asked_.clear();
        together_ = look_ups;
        most_ = 0;
    }

    // Returns when as many as expected are under way: or after long, so that a test fails instead of hanging.
    void look_up(std::string_view name)
    {
        std::unique_lock lock{mutex_};
        asked_.emplace_back(name);
        most_ = std::max(most_, ++under_way_);
        met_.notify_all();
        met_.wait_for(lock, std::chrono::seconds{20}, [this] { return most_ >= together_; });
        --under_way_;
    }

    // Returns when so many are under way.
    void wait_for(std::size_t look_ups)
    {
        std::unique_lock lock{mutex_};
        met_.wait_for(lock, std::chrono::seconds{20}, [&] { return under_way_ >= look_ups; });
    }

    [[nodiscard]] const std::vector<std::string>& asked() const { return asked_; }
    [[nodiscard]] std::size_t most() const { return most_; }

  private:
    std::mutex mutex_;
    std::condition_variable met_;
    std::vector<std::string> asked_;
    std::size_t together_ = 0, under_way_ = 0, most_ = 0;
};

fake_names& names()
{
    static fake_names all;
    return all;
}

} // namespace

// In place of the system's. "644.fake" has one IPv6 address and then two IPv4 addresses; "-.fake" has none.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found)
{
    static const auto real = reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    const std::string_view name{host != nullptr ? host : ""};
    if (!name.ends_with(".fake"))
        return real(host, service, hints, found);
    names().look_up(name);
    *found = nullptr;
    addrinfo** last = found;
    for (std::size_t i = 0; name[i] == '4' || name[i] == '6'; ++i) {
        const std::string address = (name[i] == '4' ? "192.0.2." : "2001:db8::") + std::to_string(i + 1);
        if (real(address.c_str(), service, hints, last) != 0)
            return EAI_FAIL;
        last = &(*last)->ai_next;
    }
    return *found != nullptr ? 0 : EAI_NONAME;
}

namespace {

endpoint at(const char* address, std::uint16_t port)
{
    return {asio::ip::make_address(address), port};
}

asio::io_context& context()
{
#if __has_include(<asio/detail/resolver_thread_pool.hpp>) // as many as it is told
    static asio::io_context io{asio::config_from_string("resolver.threads=25")};
#else
    static asio::io_context io;
#endif
    return io;
}

template <std::size_t N>
raida::server_list<N> resolve(const raida::host_list<N>& hosts)
{
    std::optional<raida::server_list<N>> result;
    raida::async_resolve(context(), hosts, [&](std::error_code error, const raida::server_list<N>& list) {
        CHECK_FALSE(error);
        result = list;
    });
    context().restart();
    context().run();
    REQUIRE(result);
    return *result;
}

raida::server_list<1> resolve_one(const char* primary, const char* mirror = nullptr)
{
    raida::host_list<1> hosts;
    hosts.primary[0] = raida::host_port{primary, 7};
    if (mirror != nullptr)
        hosts.mirror[0] = raida::host_port{mirror, 8};
    return resolve(hosts);
}

raida::host_list<25> slow_hosts()
{
    raida::host_list<25> hosts;
    for (std::size_t i = 0; i < 25; ++i)
        hosts.primary[i] = raida::host_port{"4" + std::to_string(i) + ".fake", 1};
    hosts.primary[24] = raida::host_port{"127.0.0.1", 1};
    return hosts;
}

} // namespace

TEST_CASE("many names are looked up at a time", "[servers]")
{
    names().expect_together(8);
    CHECK(resolve(slow_hosts()).count() == 25);
    CHECK(names().asked().size() == 24);
    CHECK(names().most() == 8);
}

TEST_CASE("where all addresses are numeric nothing is looked up", "[servers]")
{
    names().expect_together(0);
    CHECK(*resolve_one("192.0.2.1", "2001:db8::1").mirror(0) == at("2001:db8::1", 8));
    CHECK(names().asked().empty());
}

TEST_CASE("a name that stands in many places is looked up once, and has each place's port", "[servers]")
{
    names().expect_together(0);
    raida::host_list<3> hosts;
    for (std::size_t i = 0; i < 3; ++i) {
        hosts.primary[i] = raida::host_port{"4.fake", static_cast<std::uint16_t>(10 + i)};
        hosts.mirror[i] = raida::host_port{"4.fake", static_cast<std::uint16_t>(20 + i)};
    }
    const auto list = resolve(hosts);
    CHECK(names().asked().size() == 1);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(*list.endpoint(i) == at("192.0.2.1", static_cast<std::uint16_t>(10 + i)));
        CHECK(*list.mirror(i) == at("192.0.2.1", static_cast<std::uint16_t>(20 + i)));
    }
}

TEST_CASE("a name's address of the other family is the mirror, or else its second address", "[servers]")
{
    names().expect_together(0);
    const auto list = resolve_one("64.fake");
    CHECK(*list.endpoint(0) == at("2001:db8::1", 7));
    CHECK(*list.mirror(0) == at("192.0.2.2", 7));
    CHECK(*resolve_one("4466.fake").endpoint(0) == at("192.0.2.1", 7));
    CHECK(*resolve_one("4466.fake").mirror(0) == at("2001:db8::3", 7));
    CHECK(*resolve_one("444.fake").mirror(0) == at("192.0.2.2", 7));
    CHECK(resolve_one("6.fake").mirror(0) == nullptr);
}

TEST_CASE("the mirror of the hosts is the mirror, if it has an address", "[servers]")
{
    names().expect_together(0);
    CHECK(*resolve_one("64.fake", "192.0.2.99").mirror(0) == at("192.0.2.99", 8));
    CHECK(*resolve_one("64.fake", "4.fake").mirror(0) == at("192.0.2.1", 8));
    CHECK(*resolve_one("64.fake", "46.fake").mirror(0) == at("192.0.2.1", 8));
    CHECK(*resolve_one("64.fake", "-.fake").mirror(0) == at("192.0.2.2", 7));
    CHECK(resolve_one("4.fake", "-.fake").mirror(0) == nullptr);
}

TEST_CASE("a name without an address is a missing server, and its mirror stays", "[servers]")
{
    names().expect_together(0);
    const auto list = resolve_one("-.fake", "46.fake");
    CHECK(list.endpoint(0) == nullptr);
    CHECK(list.error(0) == asio::error::host_not_found);
    CHECK(*list.mirror(0) == at("192.0.2.1", 8));
}

TEST_CASE("an address that can be read in two ways is refused and never looked up", "[servers]")
{
    for (const char* host : {"010.0.0.1", "127.1", "0x7f.0.0.1", "2130706433", "192.0.2.1."}) {
        CAPTURE(host);
        const auto list = resolve_one(host, "192.0.2.9");
        CHECK(list.endpoint(0) == nullptr);
        CHECK(list.error(0) == errc::invalid_address);
        CHECK(list.mirror(0) != nullptr);
        CHECK(resolve_one("192.0.2.9", host).mirror(0) == nullptr);
        raida::host_list<1> hosts;
        hosts.primary[0] = raida::host_port{host, 7};
        CHECK_THROWS_AS(raida::from_addresses(hosts), std::system_error);
    }
}

TEST_CASE("names that wait for their turn are never looked up after a cancellation", "[servers]")
{
    names().expect_together(9); // the first eight wait until they are told
    asio::cancellation_signal signal;
    std::optional<raida::server_list<25>> result;
    raida::async_resolve(
        context(), slow_hosts(),
        asio::bind_cancellation_slot(signal.slot(), [&](std::error_code error, const auto& list) {
            CHECK(error == asio::error::operation_aborted);
            result = list;
        }));
    names().wait_for(8);
    signal.emit(asio::cancellation_type::total);
    names().look_up("the ninth");
    context().restart();
    context().run();
    REQUIRE(result);
    CHECK(names().asked().size() == 9);
    CHECK(result->error(23) == asio::error::operation_aborted);
    CHECK(result->endpoint(24) != nullptr); // the numeric one
}

#endif
