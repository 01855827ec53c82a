// Heals tokens that some servers have wrong, with a journal on disk: heal FILE
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
    fleet.set_number(4, tokens[0].id(), tokens[1].numbers[4]); // one server fails this token

    raida::heal_journal_file journal;
    if (const auto error = journal.open(argc > 1 ? argv[1] : "heal.journal"))
        return std::cerr << error.message() << '\n', 2;
    raida::sealed_client client{io, fleet.servers(), {}, raida::sealed{key[0]}};
    raida::heal_options<> how;
    how.journal = [&](const raida::heal_record<>& record) { return journal.write(record); };
    const auto done = [&](std::error_code refused, const raida::healing<>& result) {
        fleet.stop();
        if (refused)
            return void(std::cerr << refused.message() << '\n');
        for (std::size_t t = 0; t < result.token_count(); ++t) {
            const raida::token now = result.token_now(t); // write these to your wallet
            std::cout << now << (result.is_whole(t) ? " is whole, " : " is not whole, ")
                      << result.count(t, raida::heal_state::healed) << " servers healed\n";
        }
    };
    raida::parse_error wrong = journal.begin();
    if (wrong.code == raida::errc::journal_unfinished) // a crash: finish that first
        client.async_recover_heal(journal.read(wrong), std::move(how), done);
    else if (!wrong)
        client.async_heal(tokens, std::move(how), done);
    if (wrong)
        return std::cerr << wrong.message() << '\n', 2;
    io.run();
}
