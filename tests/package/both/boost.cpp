// The half of a program that is on Boost.Asio.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstddef>

std::ptrdiff_t answers_on_boost();

std::ptrdiff_t answers_on_boost()
{
    boost::asio::io_context io;
    raida::testing::fleet fleet{io};
    raida::network network{io, fleet.servers()};
    raida::commands<> ask;
    std::ptrdiff_t answers = 0;
    network.async_request(ask.echo(), {.deadline = std::chrono::seconds{20}},
                          [&](boost::system::error_code, const raida::replies<>& got) {
                              answers =
                                  std::ranges::count(got, boost::system::error_code{}, &raida::reply::error);
                              fleet.stop();
                          });
    io.run();
    return answers;
}
