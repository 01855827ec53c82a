// Must not compile, and the compiler must say: use_awaitable
#include <raida/raida.hpp>

void use(raida::client& client)
{
    client.async_echo(asio::use_awaitable);
}
