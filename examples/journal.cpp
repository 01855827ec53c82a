// Gives tokens new authenticity numbers, encrypted, with a journal that survives a crash: journal FILE
#include <raida/client/journal_file.hpp>
#include <raida/crypto.hpp>
#include <raida/raida.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/testing/fleet.hpp>

#include <iostream>

int main(int argc, char** argv)
{
    asio::io_context io;
    raida::testing::fleet fleet{io};
    raida::testing::enable_encryption(fleet);
    const auto key = raida::testing::make_tokens(1, 7), tokens = raida::testing::make_tokens(3);
    fleet.add(key);
    fleet.add(tokens);

    raida::journal_file journal; // has both numbers of every token before anything is sent
    if (const auto error = journal.open(argc > 1 ? argv[1] : "tokens.journal"))
        return std::cerr << error.message() << '\n', 2;
    raida::sealed_client client{io, fleet.servers(), {}, raida::sealed{key[0]}};
    raida::pown_options<> how{.journal = [&](const auto& record) { return journal.write(record); }};
    const auto done = [&](std::error_code refused, raida::transfer<> result) {
        fleet.stop();
        std::cout << (refused ? refused.message() : to_string(result)) << '\n';
    };
    raida::parse_error wrong = journal.begin();
    if (wrong.code == raida::errc::journal_unfinished) // a crash: both numbers are in it
        client.async_recover(journal.read(wrong), std::move(how), done);
    else if (!wrong)
        client.async_pown(tokens, std::move(how), done);
    if (wrong)
        return std::cerr << wrong.message() << '\n', 2;
    io.run();
}
