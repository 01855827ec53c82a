// A command that the library has no call for, asked by hand: tickets, with which servers vouch for a token.
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <asio/io_context.hpp>

#include <array>
#include <iostream>
#include <system_error>

int main()
{
    asio::io_context io;
    raida::testing::fleet servers{io}; // with real servers: raida::client client{io, raida::loopback()};
    const auto tokens = raida::testing::make_tokens(3);
    servers.add(tokens);
    servers.forget(4, tokens[1].id());

    raida::client client{io, servers.servers()};
    std::array<raida::secret_bytes, raida::server_count> payloads; // each server gets its own numbers
    for (std::size_t i = 0; i < payloads.size(); ++i)
        payloads[i] = raida::ticket_payload(tokens, i);
    const auto is_answer = [&](raida::status what, raida::bytes_view body) {
        return raida::parse_ticket(what, body, tokens.size()).has_value();
    };
    client.async_custom(
        raida::get_ticket_command, payloads, {.reads = is_answer},
        [&](std::error_code error, raida::replies<> replies) {
            servers.stop();
            if (error)
                throw std::system_error{error};
            for (const raida::reply& one : replies)
                if (const auto ticket = raida::parse_ticket(one.status(), one.body(), tokens.size());
                    one.verified && ticket)
                    std::cout << "server " << one.server << " vouches for "
                              << (*ticket)[0] + (*ticket)[1] + (*ticket)[2] << " of 3 tokens with ticket "
                              << static_cast<unsigned>(ticket->ticket()) << '\n';
                else
                    std::cout << "server " << one.server << ": no ticket\n";
        });
    io.run();
}
