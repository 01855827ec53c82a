// The half of a program that is on standalone Asio.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <system_error>

std::ptrdiff_t answers_on_standalone();

std::ptrdiff_t answers_on_standalone()
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    raida::network network{io, fleet.servers()};
    raida::commands<> ask;
    std::ptrdiff_t answers = 0;
    network.async_request(ask.echo(), {.deadline = std::chrono::seconds{20}},
                          [&](std::error_code, const raida::replies<>& got) {
                              answers = std::ranges::count(got, std::error_code{}, &raida::reply::error);
                              fleet.stop();
                          });
    io.run();
    return answers;
}
