#include "stage.hpp"

#include <raida/wire/commands.hpp>
#include <raida/wire/token.hpp>

namespace bench {

std::vector<raida::token> make_tokens(std::size_t count)
{
    std::vector<raida::token> tokens(count);
    for (std::size_t i = 0; i < count; ++i) {
        tokens[i].serial = {static_cast<std::uint32_t>(1000 + i)};
        for (std::size_t server = 0; server < raida::server_count; ++server) {
            std::array<std::uint8_t, raida::authenticity_number::size> secret{};
            secret.fill(static_cast<std::uint8_t>((i + 3 * server) % 255 + 1)); // zero is no number
            tokens[i].numbers[server] = raida::authenticity_number{secret};
        }
    }
    return tokens;
}

setting stage::prepare(const server_process& servers, std::size_t in_flight, std::size_t tokens) const
{
    setting made;
    made.ports = servers.ports();
    made.descriptors = descriptors;
    made.worker_cores = worker_cores;
    raida::commands<> ask;
    const auto batch = make_tokens(tokens);
    made.packets.reserve(in_flight);
    while (made.packets.size() < in_flight)
        made.packets.push_back(tokens == 0 ? ask.echo() : ask.detect(batch));
    return made;
}

} // namespace bench
