// A client that asks one server over a real socket, for the tests of the embedded servers.
#ifndef RAIDA_TESTS_FLEET_CLIENT_HPP
#define RAIDA_TESTS_FLEET_CLIENT_HPP

#include <raida/wire/packet.hpp>
#include <raida/wire/request.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <vector>

namespace fleet_support {

using asio::ip::udp;

inline constexpr std::chrono::seconds patience{20}; // ends a test that hangs; never waited for otherwise

// A connected socket that asks one server.
struct client
{
    udp::socket socket;
    std::array<std::uint8_t, 4096> buffer{};

    client(asio::io_context& io, const udp::endpoint& server) : socket{io} { socket.connect(server); }

    void send(raida::bytes_view bytes)
    {
        std::error_code ignored; // a pending refusal
        socket.send(asio::buffer(bytes.data(), bytes.size()), 0, ignored);
    }

    struct result
    {
        std::error_code error;
        raida::bytes_view bytes;
    };
    result receive(asio::io_context& io)
    {
        std::optional<result> done;
        socket.async_receive(asio::buffer(buffer), [&](std::error_code error, std::size_t size) {
            done = result{error, {buffer.data(), size}};
        });
        io.restart();
        while (!done && io.run_one_for(patience) != 0) {
        }
        REQUIRE(done);
        return *done;
    }
    // Everything that is handled before the servers have nothing more to do.
    std::vector<std::vector<std::uint8_t>> receive_all(asio::io_context& io)
    {
        io.restart();
        while (io.poll() != 0) {
        }
        std::vector<std::vector<std::uint8_t>> all;
        std::error_code error;
        socket.non_blocking(true);
        for (;;) {
            const std::size_t size = socket.receive(asio::buffer(buffer), 0, error);
            if (error)
                return all;
            all.emplace_back(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
        }
    }
};

inline bool is_signed_by(raida::bytes_view answer, const raida::request_view& request, raida::status expected)
{
    const auto header = raida::response_header::parse(answer);
    return header && header->status == expected && header->signature == request.expected_signature &&
           header->echo == raida::request_header::parse(request.bytes)->echo();
}

} // namespace fleet_support

#endif // RAIDA_TESTS_FLEET_CLIENT_HPP
