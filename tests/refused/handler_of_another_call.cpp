// Must not compile, and the compiler must say: a handler takes (std::error_code, raida::batch_tally<N>)
#include <raida/raida.hpp>

void use(raida::client& client, const std::vector<raida::token>& tokens)
{
    client.async_detect(tokens, [](std::error_code, raida::replies<>) {});
}
