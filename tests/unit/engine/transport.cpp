// A class that misses anything that a transport needs is none.
#include <raida/engine/transport.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace {

using time_point = std::chrono::steady_clock::time_point;

struct address
{};

struct whole
{
    using executor_type = int;

    [[nodiscard]] executor_type get_executor() const { return 0; }
    void attach(raida::transport_sink&, std::weak_ptr<void>) {}
    [[nodiscard]] bool has_endpoint(std::size_t) const { return false; }
    void set_endpoint(std::size_t, const address&) {}
    raida::submitted submit(std::size_t, std::uint8_t, std::span<const raida::outgoing>) { return {}; }
    void drain(std::size_t) {}
    void close_generation(std::size_t, std::uint8_t) {}
    [[nodiscard]] time_point now() const { return {}; }
    void arm(time_point) {}
    void listen() {}
    void rest() {}
    void close() {}
    void release() {}
};

struct no_executor : whole
{
    void get_executor() const = delete;
};
struct other_executor : whole
{
    [[nodiscard]] long get_executor() const { return 0; }
};
struct no_attach : whole
{
    void attach(raida::transport_sink&, std::weak_ptr<void>) = delete;
};
struct no_has_endpoint : whole
{
    bool has_endpoint(std::size_t) const = delete;
};
struct no_set_endpoint : whole
{
    void set_endpoint(std::size_t, const address&) = delete;
};
struct no_submit : whole
{
    raida::submitted submit(std::size_t, std::uint8_t, std::span<const raida::outgoing>) = delete;
};
struct submit_says_nothing : whole
{
    void submit(std::size_t, std::uint8_t, std::span<const raida::outgoing>) {}
};
struct no_drain : whole
{
    void drain(std::size_t) = delete;
};
struct no_close_generation : whole
{
    void close_generation(std::size_t, std::uint8_t) = delete;
};
struct no_now : whole
{
    time_point now() const = delete;
};
struct no_arm : whole
{
    void arm(time_point) = delete;
};
struct no_listen : whole
{
    void listen() = delete;
};
struct no_rest : whole
{
    void rest() = delete;
};
struct no_close : whole
{
    void close() = delete;
};
struct no_release : whole
{
    void release() = delete;
};
struct no_move : whole
{
    no_move(no_move&&) = delete;
};

template <class... Types>
constexpr bool none_is_a_transport = (!raida::transport_to<Types, address> && ...);

} // namespace

TEST_CASE("a transport has every member that the engine calls", "[transport]")
{
    STATIC_CHECK(raida::transport_to<whole, address>);
    STATIC_CHECK_FALSE(raida::transport_to<whole, int>); // another kind of address
    STATIC_CHECK(
        none_is_a_transport<int, no_executor, other_executor, no_attach, no_has_endpoint, no_set_endpoint,
                            no_submit, submit_says_nothing, no_drain, no_close_generation, no_now, no_arm,
                            no_listen, no_rest, no_close, no_release, no_move>);
}
