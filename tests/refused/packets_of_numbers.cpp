// Must not compile, and the compiler must say: packets are a range of N byte ranges, as raida::commands makes
// them
#include <raida/fanout.hpp>

#include <vector>

void use(raida::network& network, const std::vector<int>& packets)
{
    network.async_request(packets, {}, [](std::error_code, raida::replies<>) {});
}
