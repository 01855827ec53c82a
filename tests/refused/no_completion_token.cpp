// Must not compile, and the compiler must say: a handler takes (std::error_code, raida::replies<N>)
#include <raida/fanout.hpp>
#include <raida/wire.hpp>

void use(raida::network& network, const raida::requests<>& packets)
{
    network.async_request(packets, {}, 5);
}
