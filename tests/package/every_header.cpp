// Every header for users, with the macros of <windows.h> (without NOMINMAX), which come after the standard
// library's own headers, and what they hold instantiated for 25 servers.
#include <asio.hpp>
#include <bits/stdc++.h>
#if __has_include(<openssl/evp.h>)
#include <openssl/crypto.h>
#include <openssl/evp.h>
#define WITH_CRYPTO
#endif

// NOLINTBEGIN
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define near
#define far
#define small char
#define interface struct
#define ERROR 0
#define IN
#define OUT
#define OPTIONAL
// NOLINTEND

#include <raida/raida.hpp>
#include <raida/testing.hpp>
#include <raida/transport/tcp.hpp>
#ifdef WITH_CRYPTO
#include <raida/crypto.hpp>
#include <raida/testing/encryption.hpp>
#endif

template class raida::basic_client<25>;
#ifdef WITH_CRYPTO
template class raida::basic_client<25, raida::transport::udp, raida::sealed>;
#endif

int main()
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    const auto tokens = raida::testing::make_tokens(3);
    fleet.add(tokens);
    raida::fanout<25, raida::transport::tcp> network{io, fleet.servers()};
    raida::client client{io, fleet.servers()};
    std::size_t answers = 0;
    client.async_detect(tokens, [&](std::error_code, const raida::batch_tally<>& votes) {
        answers = votes.token_count();
        fleet.stop();
    });
    io.run();
    return answers == 3 ? 0 : 1;
}
