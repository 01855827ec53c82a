// Every header (every.hpp, which run.sh makes), with the macros of <windows.h> (without NOMINMAX), which come
// after the standard library's own headers, and all calls instantiated.
#include <asio.hpp>
#include <bits/stdc++.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

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

#include <every.hpp>

using sealed_client = raida::basic_client<25, raida::transport::udp, raida::sealed>;

template class raida::basic_client<25>;
template class raida::basic_client<25, raida::transport::udp, raida::sealed>;

// To be compiled, not called.
void every_call(asio::io_context& io, sealed_client& client);
void every_call(asio::io_context& io, sealed_client& client)
{
    const auto none = [](std::error_code, const auto&) {};
    client.async_echo(none);
    client.async_version(none);
    client.async_detect({}, none);
    client.async_find({}, {}, none);
    client.async_pown({}, {}, none);
    client.async_recover({}, {}, none);
    client.async_heal({}, {}, none);
    client.async_recover_heal({}, {}, none);
    raida::async_resolve(io, raida::host_list<25>{}, none);
    raida::request_all(raida::loopback(), raida::commands<>{}.echo(), std::chrono::seconds{1});
}

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
