// What it costs to include a header: processor time of the compiler that only parses it, against the headers
// of others that it needs.
//
//   --out FOLDER   where include_cost.json goes   --quick   fewer turns
#include "support/arguments.hpp"
#include "support/machine.hpp"
#include "support/report.hpp"
#include "support/statistics.hpp"

#include <array>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace {

using namespace bench;

/// Runs the compiler on a text, and reads what it says on stderr.
class compiler
{
  public:
    explicit compiler(std::string folder)
        : source_{folder + "/include_cost_source.cpp"}, said_{folder + "/include_cost_said"}
    {
        std::string folders = RAIDA_BENCH_INCLUDES;
        words_ = {RAIDA_BENCH_COMPILER, "-std=c++20", "-fsyntax-only", "-DASIO_STANDALONE"};
        for (std::size_t end; !folders.empty(); folders.erase(0, end == std::string::npos ? end : end + 1)) {
            end = folders.find(':');
            words_.push_back("-I" + folders.substr(0, end));
        }
    }

    ~compiler()
    {
        std::remove(source_.c_str());
        std::remove(said_.c_str());
    }

    /// Seconds of processor time.
    double parse(const std::string& text, std::vector<std::string> more = {})
    {
        std::ofstream{source_} << text;
        std::vector<std::string> words = words_;
        words.insert(words.end(), more.begin(), more.end());
        words.push_back(source_);
        std::vector<char*> pointers;
        for (std::string& word : words)
            pointers.push_back(word.data());
        pointers.push_back(nullptr);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, said_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                         0644);
        pid_t id = 0;
        const int failed = posix_spawnp(&id, pointers[0], &actions, nullptr, pointers.data(), environ);
        posix_spawn_file_actions_destroy(&actions);
        rusage used{};
        int status = 0;
        if (failed != 0 || wait4(id, &status, 0, &used) != id || status != 0)
            throw std::runtime_error{"the compiler failed on:\n" + text};
        return cpu_seconds(used);
    }

    /// Headers that are not raida's and were first included by one of raida's.
    std::vector<std::string> needed_by(const std::string& header)
    {
        parse("#include <" + header + ">\n", {"-H"});
        std::vector<std::string> needed;
        std::vector<bool> is_ours; // by depth
        std::ifstream said{said_};
        for (std::string line; std::getline(said, line);) {
            const std::size_t depth = line.find_first_not_of('.');
            if (depth == 0 || depth == std::string::npos || line[depth] != ' ')
                continue; // not of a header
            const std::string path = line.substr(depth + 1);
            is_ours.resize(depth + 1);
            is_ours[depth] = path.find("/raida/") != std::string::npos;
            if (depth > 1 && !is_ours[depth] && is_ours[depth - 1])
                needed.push_back(path);
        }
        return needed;
    }

  private:
    std::string source_, said_;
    std::vector<std::string> words_;
};

std::string including(const std::vector<std::string>& paths)
{
    std::string text;
    for (const std::string& path : paths)
        text += "#include \"" + path + "\"\n";
    return text;
}

void measure(compiler& with, const std::string& header, bool against_asio, int turns, report& results,
             table& made)
{
    const auto all = with.needed_by(header);
    std::vector<std::string> needed;
    for (const std::string& path : all)
        if (!against_asio || path.find("/asio/") != std::string::npos)
            needed.push_back(path);
    std::array<std::vector<double>, 3> seconds;
    const std::array texts{"#include <" + header + ">\n", including(needed), including(all)};
    for (int turn = -1; turn < turns; ++turn) // the first only fills the cache
        for (std::size_t i = 0; i < texts.size(); ++i)
            if (const double taken = with.parse(texts[i]); turn >= 0)
                seconds[i].push_back(taken);
    const double ratio = median_ratio(seconds[0], seconds[1]);
    made.row("<" + header + ">", {median(seconds[0]), median(seconds[1]), ratio, median(seconds[2]),
                                  median_ratio(seconds[0], seconds[2])});
    results.at_most("parsing <" + header + ">, x the " + (against_asio ? "Asio" : "standard") +
                        " headers it needs",
                    1.3, ratio);
}

} // namespace

int main(int count, char** values)
{
    try {
        const arguments given{count, values};
        const std::string folder = given.value("--out", ".");
        compiler with{folder};
        report results{"include_cost"};
        table made{"include_cost",
                   "Seconds of processor time to parse a header (" RAIDA_BENCH_COMPILER ", -fsyntax-only)",
                   "header",
                   {{"seconds", "header", 3},
                    {"needed_seconds", "Asio's or standard headers it needs", 3},
                    {"ratio", "ratio", 3},
                    {"all_seconds", "all others' headers it needs", 3},
                    {"all_ratio", "ratio", 3}}};
        const int turns = given.has("--quick") ? 3 : 9;
        measure(with, "raida/fanout.hpp", true, turns, results, made);
        measure(with, "raida/consensus.hpp", false, turns, results, made);
        results.add(std::move(made));
        results.print_targets();
        results.write(folder + "/include_cost.json");
    } catch (const std::exception& error) {
        std::cerr << "include_cost: " << error.what() << '\n';
        return 2;
    }
}
