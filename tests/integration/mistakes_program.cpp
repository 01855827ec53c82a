// The mistakes that somebody makes who has never seen the programs: each is answered in one line that says
// what to do, on stderr, with exit code 2. Those of callers are in mistakes.cpp, those that a compiler sees
// in refused/.
#include <catch2/catch_test_macros.hpp>

#if !defined(RAIDA_DETECT_PROGRAM) || !defined(RAIDA_ECHO_PROGRAM)

TEST_CASE("mistakes are tested where the programs are built", "[mistakes]")
{
    SKIP("the examples are not built");
}

#else

#include "example_support.hpp"

#include <raida/testing/tokens.hpp>
#include <raida/wire/token_file.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace program_support;

namespace {

struct mistake
{
    std::string made;        // what follows the program's name
    std::string_view answer; // a part of it
};

// Files as a newcomer has them: t.csv (tokens), servers (25 of them), and some that are of no use.
struct desk
{
    scratch_folder folder;
    std::vector<raida::token> tokens = raida::testing::make_tokens(2);

    desk()
    {
        folder.write("t.csv", csv(tokens));
        folder.write("servers", joined(lines(25)));
        folder.write("servers24", joined(lines(24)));
        folder.write("servers26", joined(lines(26)));
        folder.write("port", joined(lines(25, "127.0.0.1:99999")));
        folder.write("url", joined(lines(25, "https://raida.example/")));
        folder.write("cut.csv", csv(tokens).substr(0, 500));
        folder.write("worth.csv", "7" + csv(tokens).substr(csv(tokens).find(',')));
        folder.write("nothing", "");
        folder.write("letter", "Dear reader,\nno tokens today.\n");
    }

    // Nobody listens there, and nobody is asked.
    static std::vector<std::string> lines(int count, const std::string& third = "127.0.0.1:9003")
    {
        std::vector<std::string> all;
        for (int i = 0; i < count; ++i)
            all.push_back(i == 2 ? third : "127.0.0.1:" + std::to_string(9001 + i));
        return all;
    }

    void check(const std::string& program, const std::string& name, const std::vector<mistake>& all) const
    {
        for (const mistake& one : all) {
            const outcome shown = run("cd " + (folder / ".") + " && " + program + " " + one.made, folder);
            CAPTURE(name, one.made, one.answer, shown.err);
            CHECK(shown.code == 2);
            CHECK(shown.out.empty());
            CHECK(shown.err.starts_with(name + ": "));
            CHECK(shown.err.find(one.answer) != std::string::npos);
            CHECK(occurrences(shown.err, "\n") == 1);
            CHECK_FALSE(tells_secrets(shown, tokens));
        }
    }
};

// Of every program that reads tokens and servers; `more` is what else it must be told.
std::vector<mistake> mistakes_with_files(const std::string& more)
{
    const std::string tokens = more + " --tokens t.csv", servers = more + " --servers servers";
    return {
        {servers + " --tokens missing", "cannot read 'missing': No such file or directory"},
        {servers + " --tokens .", "cannot read '.': Is a directory"},
        {servers + " --tokens servers", "servers: a list of servers, where tokens are wanted"},
        {servers + " --tokens letter", "letter: line 1, denomination: denomination out of range (-8 to 6)"},
        {servers + " --tokens nothing", "nothing: no tokens"},
        {servers + " --tokens cut.csv", "cut.csv: line 1, authenticity number of server"},
        {servers + " --tokens worth.csv",
         "worth.csv: line 1, denomination: denomination out of range (-8 to 6)"},
        {tokens + " --servers missing", "cannot read 'missing': No such file or directory"},
        {tokens + " --servers t.csv", "t.csv: tokens, where a list of servers is wanted"},
        {tokens + " --servers servers26", "line 26, more lines than servers"},
        {tokens + " --servers port", "port: line 3, port: not a port (1 to 65535)"},
        {tokens + " --servers url", "url: line 3, host: a URL, not host:port"},
        {tokens + " --server servers", "unknown option '--server': did you mean --servers?"},
    };
}

} // namespace

TEST_CASE("whoever uses detect wrongly is told what to do", "[mistakes]")
{
    const desk at;
    at.check(RAIDA_DETECT_PROGRAM, "detect", mistakes_with_files(""));
    at.check(
        RAIDA_DETECT_PROGRAM, "detect",
        {{"--dedline 500", "unknown option '--dedline': did you mean --deadline?"},
         {"--coin 6", "unknown option '--coin': did you mean --coin-id?"},
         {"-json", "unknown option '-json': did you mean --json?"},
         {"--wiat=all", "unknown option '--wiat=all': did you mean --wait?"},
         {"--helpp", "unknown option '--helpp': did you mean --help?"}, // and not -h
         {"--hosts", "unknown option '--hosts' (--help lists all options)"},
         {"--frobnicate", "unknown option '--frobnicate' (--help lists all options)"},
         {"t.csv", "unexpected argument 't.csv' (--help lists all options)"},
         {"--json=yes", "--json takes no value"},
         {"--deadline 3s", "--deadline takes a whole number of milliseconds from 1 to 3600000, not '3s'"},
         {"--deadline 0", "--deadline takes a whole number of milliseconds from 1 to 3600000, not '0'"},
         {"--deadline -5", "--deadline takes a whole number of milliseconds from 1 to 3600000, not '-5'"},
         {"--deadline", "--deadline needs a value"},
         {"--tokens t.csv", "--tokens needs --servers, who know which tokens are authentic (or --demo"},
         {"--servers servers", "--servers needs --tokens"},
         {"--wait 13", "--wait takes decided or all, not '13'"},
         {"--svg no/such/folder.svg", "cannot write 'no/such/folder.svg': No such file or directory"},
         {"--svg t.csv", "'t.csv' exists and holds no picture of ours: name another file with --svg"},
         {"--keys t.csv", "--keys needs --encrypt"}});
#ifdef RAIDA_POWN_PROGRAM // with OpenSSL
    at.check(RAIDA_DETECT_PROGRAM, "detect",
             {{"--encrypt 12345", "a key token is named DENOMINATION:SERIAL, such as 0:12345, not '12345'"},
              {"--encrypt 9:1", "no token can be named 9:1: denominations are -8 to 6"},
              {"--demo --tokens t.csv --encrypt 5:5", "there is no token 5:5 to encrypt with"}});
#else
    at.check(RAIDA_DETECT_PROGRAM, "detect", {{"--encrypt 0:1", "this program was built without OpenSSL"}});
#endif
}

TEST_CASE("whoever uses echo wrongly is told what to do", "[mistakes]")
{
    const desk at;
    at.check(
        RAIDA_ECHO_PROGRAM, "echo",
        {{"--wacth", "unknown option '--wacth': did you mean --watch?"},
         {"--count 3", "--count needs --watch"},
         {"--watch 1.5", "--watch takes a whole number from 0 to 86400, not '1.5'"},
         {"--attempts 99", "--attempts takes a whole number from 1 to 10, not '99'"},
         {"--servers missing", "cannot read 'missing': No such file or directory"},
         {"--servers t.csv", "t.csv: tokens, where a list of servers is wanted"},
         {"--html servers", "'servers' exists and holds no page of ours: name another file with --html"}});
}

TEST_CASE("whoever forgets a server is told which, and the others are asked", "[mistakes]")
{
    const desk at;
    const outcome shown = run(
        RAIDA_ECHO_PROGRAM " --deadline 1 --attempts 1 --servers " + (at.folder / "servers24"), at.folder);
    CHECK(shown.code == 1);
    CHECK(shown.err.ends_with("servers24: server 24: missing, all others can be used\n"));
    CHECK(occurrences(shown.err, "\n") == 1);
    CHECK(shown.says("no address for this server"));
}

TEST_CASE("whoever has the wrong ports is told where to look", "[mistakes]")
{
    const desk at;
    background_fleet nobody;
    nobody.servers.set_all({.closed = true});
    const std::string servers = at.folder.write("closed", joined(nobody.lines()));
    for (const std::string program :
         {RAIDA_ECHO_PROGRAM " --servers ", RAIDA_DETECT_PROGRAM " --tokens t.csv --servers "}) {
        const outcome shown = run("cd " + (at.folder / ".") + " && " + program + servers, at.folder);
        CAPTURE(shown.out, shown.err);
        CHECK(shown.code == 1);
        CHECK(shown.says("Nobody answered: are the addresses and ports right, and may UDP pass?\n"));
    }
}

#ifdef RAIDA_CONVERT_PROGRAM
TEST_CASE("whoever uses convert wrongly is told what to do", "[mistakes]")
{
    const desk at;
    at.check(
        RAIDA_CONVERT_PROGRAM, "convert",
        {{"", "from what, to what? convert IN OUT"},
         {"t.csv", "from what, to what? convert IN OUT"},
         {"t.csv out", "to what? --to takes csv, bin, key, stack or journal, or OUT ends with one of them"},
         {"t.csv out.zip", "not 'zip'"},
         {"--replcae t.csv out.bin", "unknown option '--replcae': did you mean --replace?"},
         {"missing out.bin", "cannot read 'missing': No such file or directory"},
         {"servers out.bin", "servers: a list of servers, where tokens are wanted"},
         {"t.csv t.csv", "'t.csv' is read: name another file to write"},
         {"--to bin t.csv letter", "'letter' exists already: --replace replaces it"},
         {"t.csv out.journal", "holds no pown in limbo, so there is nothing to recover"},
         {"--denomination 100 t.csv out.bin",
          "--denomination takes a whole number from -8 to 6, not '100'"}});
    CHECK_FALSE(std::filesystem::exists(at.folder / "out.bin"));
}
#endif

#if defined(RAIDA_POWN_PROGRAM) && defined(RAIDA_HEAL_PROGRAM)
TEST_CASE("whoever uses pown or heal wrongly is told what to do, and nothing is written", "[mistakes]")
{
    const desk at;
    const std::string all = "--tokens t.csv --servers servers --plain";
    for (const std::string name : {"pown", "heal"}) {
        const std::string program = name == "pown" ? RAIDA_POWN_PROGRAM : RAIDA_HEAL_PROGRAM;
        at.check(program, name, mistakes_with_files("--plain"));
        at.check(
            program, name,
            {{"--recvoer", "unknown option '--recvoer': did you mean --recover?"},
             {"--servers servers", "which tokens? --tokens or --recover is missing"},
             {"--tokens t.csv --plain", "--servers is missing"},
             {"--tokens t.csv --servers servers", "either --encrypt DENOMINATION:SERIAL, or --plain"},
             {all + " --encrypt 0:1", "either --encrypt DENOMINATION:SERIAL, or --plain"},
             {"--tokens t.csv --servers servers --encrypt 5:5",
              "there is no token 5:5 to encrypt with: --encrypt names one of --keys, or else of --tokens"},
             {all + " --recover", name + ".journal': No such file or directory"},
             {all + " --journal t.csv", "'t.csv' would be overwritten: name another --journal or --out"},
             {all + " --out t.csv", "'t.csv' would be overwritten: name another --journal or --out"},
             {all + " --out no/such/folder.csv", "there is no folder 'no/such'"},
             {all + " --deadline 3.5", "--deadline takes a whole number of milliseconds"}});
        CHECK_FALSE(std::filesystem::exists(at.folder / (name + ".csv")));
    }
}
#endif

#endif
