// Detects a file of tokens, in any form that wallets write them: tokens FILE
#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>

int main(int argc, char** argv)
{
    const std::string name = argc > 1 ? argv[1] : "";
    std::error_code missing;
    const auto size = std::filesystem::file_size(name, missing);
    if (missing)
        return std::cerr << "which file? " << missing.message() << '\n', 2;
    raida::secret_bytes bytes(size); // wiped with this object
    std::ifstream{name, std::ios::binary}.read(reinterpret_cast<char*>(bytes.data()),
                                               static_cast<std::streamsize>(size));
    raida::parse_error wrong;
    const auto file = raida::read_token_file(bytes, wrong, {.name = name});
    if (wrong)
        return std::cerr << name << ": " << wrong.message() << '\n', 2;

    asio::io_context io;
    raida::testing::fleet fleet{io}; // servers that know these tokens
    fleet.add(file.tokens);
    raida::client client{io, fleet.servers()};
    client.async_detect(file.tokens, [&](std::error_code refused, raida::batch_tally<> votes) {
        fleet.stop();
        if (refused)
            return void(std::cerr << refused.message() << '\n');
        for (std::size_t t = 0; t < file.tokens.size(); ++t)
            std::cout << file.tokens[t] << ' ' << votes.verdict(t) << ", " << grade(votes, t) << '\n';
    });
    io.run();
}
