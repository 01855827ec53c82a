// Replays what libFuzzer has found worth keeping: corpora/TARGET/, at most 20 small files each, from which
// CI's fuzzers go on.
#include "replay.hpp"

#include "hosts.hpp"
#include "journal.hpp"
#include "token_csv.hpp"
#include "token_file.hpp"

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

void replay_kept(const std::string& target, bool (*harness)(raida::bytes_view))
{
    std::size_t files = 0;
    for (const auto& one : std::filesystem::directory_iterator{std::filesystem::path{__FILE__}.parent_path() /
                                                               "corpora" / target}) {
        std::ifstream file{one.path(), std::ios::binary};
        const fuzz::byte_list bytes{std::istreambuf_iterator<char>{file}, {}};
        CAPTURE(one.path());
        REQUIRE_NOTHROW(harness(bytes));
        ++files;
    }
    CAPTURE(target);
    CHECK(files > 0);
}

} // namespace

TEST_CASE("what fuzzers have found worth keeping is read without harm", "[fuzz]")
{
    replay_kept("hosts", fuzz::hosts);
    replay_kept("journal", fuzz::journal);
    replay_kept("token_csv", fuzz::token_csv);
    replay_kept("token_file", fuzz::token_file);
}
