// Must not compile, and the compiler must name: .drain
#include <raida/fanout.hpp>

#include <asio/any_io_executor.hpp>

struct without_drain
{
    using executor_type = asio::any_io_executor;

    [[nodiscard]] executor_type get_executor() const;
    void attach(raida::transport_sink&, std::weak_ptr<void>);
    [[nodiscard]] bool has_endpoint(std::size_t) const;
    void set_endpoint(std::size_t, const asio::ip::udp::endpoint&);
    raida::submitted submit(std::size_t, std::uint8_t, std::span<const raida::outgoing>);
    void close_generation(std::size_t, std::uint8_t);
    [[nodiscard]] std::chrono::steady_clock::time_point now() const;
    void arm(std::chrono::steady_clock::time_point);
    void listen();
    void rest();
    void close();
    void release();
};

std::size_t use(raida::fanout<25, without_drain>& network)
{
    return sizeof network;
}
