// What 25 answers say of each token: votes, verdicts, grades.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <iostream>

int main()
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    const auto tokens = raida::testing::make_tokens(4);
    fleet.add(tokens);
    for (std::size_t i = 0; i < 25; ++i)
        if (i % 4 == 0)
            fleet.forget(i, tokens[1].id()); // 7 servers fail it, 18 pass it
        else if (i < 15)
            fleet.forget(i, tokens[2].id()); // 11 fail it, 14 pass it
    fleet.remove(tokens[3].id());            // nobody knows it

    raida::client_settings<> settings;
    settings.consensus.margin = 2; // 13 + 2 equal votes make a verdict
    settings.wait = raida::wait_for::all;
    raida::client client{io, fleet.servers(), settings};
    client.async_detect(tokens, [&](std::error_code refused, raida::batch_tally<> votes) {
        fleet.stop();
        if (refused)
            return void(std::cerr << refused.message() << '\n');
        for (std::size_t t = 0; t < tokens.size(); ++t) {
            std::cout << votes.pown_string(t) << ": " << votes.passes(t) << " pass, " << votes.fails(t)
                      << " fail, " << votes.unknowns(t) << " say nothing: " << votes.verdict(t) << ", "
                      << grade(votes, t) << '\n';
            for (const std::size_t server : votes.servers_to_heal(t))
                std::cout << "  server " << server << " should be healed\n";
        }
    });
    io.run();
}
