// Detects tokens encrypted: one token's authenticity numbers are the keys. Link raida::crypto (OpenSSL).
#include <raida/crypto.hpp>
#include <raida/raida.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/testing/fleet.hpp>

#include <iostream>

int main()
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    raida::testing::enable_encryption(fleet);
    const auto key = raida::testing::make_tokens(1, 7), tokens = raida::testing::make_tokens(100);
    fleet.add(key);
    fleet.add(tokens);

    raida::sealed_client client{io, fleet.servers(), {}, raida::sealed{key[0]}};
    client.async_detect(tokens, [&](std::error_code refused, raida::batch_tally<> votes) {
        fleet.stop();
        std::cout << (refused ? refused.message() : to_string(votes)) << '\n';
    });
    io.run();
}
