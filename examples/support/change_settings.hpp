// What the programs that change tokens' numbers are told, pown and heal.
#ifndef RAIDA_EXAMPLES_CHANGE_SETTINGS_HPP
#define RAIDA_EXAMPLES_CHANGE_SETTINGS_HPP

#include "arguments.hpp"
#include "bad_input.hpp"
#include "durable_file.hpp"

#include <raida/engine/deadlines.hpp>
#include <raida/wire/packet.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

namespace support {

struct change_settings
{
    std::optional<std::string> servers, tokens, encrypt, keys, journal, out;
    std::uint16_t coin = raida::default_coin;
    std::chrono::milliseconds deadline = raida::default_deadline;
    bool recover = false, other_servers = false, plain = false, json = false;

    [[nodiscard]] bool is_demonstration() const { return !tokens && !recover; }

    // The arguments that both programs have.
    void take(arguments& given)
    {
        json = given.flag("--json");
        recover = given.flag("--recover");
        other_servers = given.flag("--other-servers");
        plain = given.flag("--plain");
        servers = given.value("--servers");
        tokens = given.value("--tokens");
        encrypt = given.value("--encrypt");
        keys = given.value("--keys");
        journal = given.value("--journal");
        out = given.value("--out");
        coin = given.number<std::uint16_t>("--coin-id", 0, 65'535, coin);
        deadline = std::chrono::milliseconds{
            given.number<std::int64_t>("--deadline", 1, 3'600'000, deadline.count(), " of milliseconds")};
    }

    // Throws bad_input for what does not fit together. In the program's words: what a call is, what the
    // built-in servers must not do, and what everybody on the way can do with numbers in the clear.
    void check(const std::string& call, const std::string& harm, const std::string& spying) const
    {
        if (other_servers && !recover)
            throw bad_input{"--other-servers needs --recover: a new " + call +
                            " asks the servers of the list"};
        if (is_demonstration()) {
            if (servers || encrypt || keys || journal || out || plain)
                throw bad_input{"which tokens? --tokens or --recover is missing"};
            return;
        }
        if (!servers)
            throw bad_input{"--servers is missing: the built-in servers must not " + harm};
        if (plain == encrypt.has_value())
            throw bad_input{"either --encrypt DENOMINATION:SERIAL, or --plain to let everybody on the way " +
                            spying + " the new authenticity numbers"};
        if (keys && plain)
            throw bad_input{"--keys needs --encrypt"};
        if (!tokens && !journal)
            throw bad_input{"--recover needs --journal, or --tokens, beside which the journal is"};
        if (!tokens && !keys && encrypt)
            throw bad_input{"--encrypt needs --keys, or --tokens, where the key token is"};
    }

    // Where the journal is: beside the tokens, under this name, unless it was told.
    [[nodiscard]] std::string journal_path(const std::string& name) const
    {
        return journal ? *journal : std::filesystem::path{*tokens}.replace_filename(name).string();
    }

    // Where the tokens are written: beside that journal, unless it was told.
    [[nodiscard]] std::string out_path(const std::string& beside) const
    {
        return out ? *out : std::filesystem::path{beside}.replace_extension(".csv").string();
    }

    // Neither the files that are written nor the helpers beside them may be what the user needs: a number
    // that is in no file any more is lost. Throws bad_input.
    void check_files(const std::string& journal_file, const std::string& out_file) const
    {
        const std::string written[] = {journal_file, journal_file + ".lock", journal_file + ".part", out_file,
                                       out_file + ".part"};
        for (const auto& one : written)
            for (const auto& read : {servers, tokens, keys})
                if (read && is_same_file(one, *read))
                    throw bad_input{quoted(*read) + " would be overwritten: name another --journal or --out"};
        const auto folder = std::filesystem::path{out.value_or("")}.parent_path();
        if (std::error_code ignored; !folder.empty() && !std::filesystem::is_directory(folder, ignored))
            throw bad_input{"cannot write " + quoted(*out) + ": there is no folder " +
                            quoted(folder.string())};
        for (const auto& one : written)
            for (const auto& other : written)
                if (&one < &other && is_same_file(one, other))
                    throw bad_input{quoted(one) + " is written for two purposes: name another --out"};
    }
};

} // namespace support

#endif // RAIDA_EXAMPLES_CHANGE_SETTINGS_HPP
