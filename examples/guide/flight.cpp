// Many fan-outs in flight over one engine: 25 sockets and one thread.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <functional>
#include <iostream>

int main()
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    const auto tokens = raida::testing::make_tokens(64); // what one datagram takes
    fleet.add(tokens);

    raida::network network{io, fleet.servers()}; // one, for as long as the program runs
    raida::commands<> ask;                       // keeps its buffers
    raida::tally<> votes;                        // so does assign()
    std::size_t started = 0, finished = 0, authentic = 0;
    constexpr std::size_t in_flight = 64, total = 1000;

    const std::function<void()> next = [&] {
        ++started;
        network.async_request(ask.detect(tokens), {.complete = raida::when_decided(tokens.size())},
                              [&](std::error_code refused, const raida::replies<>& replies) {
                                  if (!refused)
                                      votes.assign(replies, tokens.size());
                                  authentic += votes.count(raida::verdict::authentic);
                                  if (++finished == total)
                                      fleet.stop();
                                  else if (started < total)
                                      next();
                              });
    };
    while (started < in_flight)
        next();
    io.run();
    std::cout << authentic << " authentic; " << network.statistics().total() << '\n';
}
