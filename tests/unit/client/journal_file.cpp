#if !defined(_WIN32)
#include <raida/client/journal_file.hpp>
#include <raida/testing/tokens.hpp>

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/stat.h>

#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::vector<std::string> flushed; // what was, in this order

}

// In place of the C library's, in the whole of this program.
extern "C" int fsync(int file)
{
    flushed.push_back(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file)).string());
    return static_cast<int>(::syscall(SYS_fsync, file));
}
#endif

namespace {

namespace fs = std::filesystem;
using raida::errc;
using raida::holding;
using file = raida::basic_journal_file<2>;
using record_type = raida::transfer_record<2>;

struct folder
{
    std::string path = (fs::temp_directory_path() / "raida-journal-XXXXXX").string();

    folder() { REQUIRE(mkdtemp(path.data()) != nullptr); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder()
    {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }

    [[nodiscard]] std::string operator/(const std::string& name) const { return path + '/' + name; }
    [[nodiscard]] std::size_t count() const
    {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator{path}, fs::directory_iterator{}));
    }
};

void put(const std::string& path, const std::string& text)
{
    std::ofstream{path} << text;
}

std::string text_of(const std::string& path)
{
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

record_type make_record(bool finished, holding all = holding::new_number)
{
    record_type record{.tokens = raida::testing::make_tokens<2>(3), .finished = finished};
    for (const auto& other : raida::testing::make_tokens<2>(3, 2))
        record.new_numbers.push_back(other.numbers);
    record.holdings.assign(3, {all, holding::not_asked});
    return record;
}

record_type read(const file& from)
{
    raida::parse_error error;
    auto record = from.read(error);
    INFO(error.message());
    REQUIRE_FALSE(error);
    return record;
}

} // namespace

TEST_CASE("a record that was written is there, for its owner alone", "[journal_file]")
{
    const folder at;
    file journal;
    REQUIRE_FALSE(journal.open(at / "j"));
    CHECK(journal.path() == at / "j");
    REQUIRE_FALSE(journal.begin());
    REQUIRE_FALSE(journal.write(make_record(false)));
    CHECK_FALSE(read(journal).finished);
    REQUIRE_FALSE(journal.write(make_record(true))); // in its place
    CHECK(read(journal).finished);
    CHECK(read(journal).new_numbers == make_record(true).new_numbers);
    struct stat status = {};
    REQUIRE(stat((at / "j").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(at.count() == 2); // and the lock
    CHECK(journal.moved_to().empty());
}

#ifdef __linux__
TEST_CASE("a record is on the disk when it was written: first the file, then its name in the folder",
          "[journal_file]")
{
    const folder at;
    file journal;
    REQUIRE_FALSE(journal.open(at / "j"));
    REQUIRE_FALSE(journal.begin());
    for (const bool finished : {false, true}) {
        flushed.clear();
        REQUIRE_FALSE(journal.write(make_record(finished)));
        REQUIRE(flushed.size() == 2);
        CHECK(flushed[0] == at / "j.part");
        CHECK(flushed[1] == fs::path{at.path}.string());
    }
}
#endif

TEST_CASE("a journal is in use by one at a time", "[journal_file]")
{
    const folder at;
    {
        file first, second;
        REQUIRE_FALSE(first.open(at / "j"));
        CHECK(second.open(at / "j") == errc::journal_in_use);
        CHECK_FALSE(second.open(at / "k"));
        file moved = std::move(first);
        CHECK(second.open(at / "j") == errc::journal_in_use);
        CHECK(second.path() == at / "k"); // it keeps what it had
        moved = file{};
        CHECK_FALSE(second.open(at / "j"));
    }
    CHECK(at.count() == 0);
}

TEST_CASE("a lock that cannot be made is not one that is in use", "[journal_file]")
{
    const folder at;
    file journal;
    CHECK(journal.open(at / "missing/j") == std::errc::no_such_file_or_directory);
    put(at / "plain", "");
    CHECK(journal.open(at / "plain/j") == std::errc::not_a_directory);
    put(at / "j.lock", "somebody's");
    CHECK(journal.open(at / "j") == std::errc::file_exists);
    CHECK(text_of(at / "j.lock") == "somebody's");
    fs::create_symlink(at / "plain", at / "k.lock");
    CHECK(journal.open(at / "k") == std::errc::too_many_symbolic_link_levels);
    CHECK(journal.path().empty());
}

TEST_CASE("a lock that a killed process has left is taken over", "[journal_file]")
{
    const folder at;
    put(at / "j.lock", "");
    file journal;
    CHECK_FALSE(journal.open(at / "j"));
}

TEST_CASE("a transfer that is not over is not overwritten by another", "[journal_file]")
{
    const folder at;
    for (const auto& left : {make_record(false), make_record(true, holding::unknown)}) {
        file journal;
        REQUIRE_FALSE(journal.open(at / "j"));
        REQUIRE_FALSE(journal.write(left));
        const std::string before = text_of(at / "j");
        CHECK(journal.begin().code == errc::journal_unfinished);
        CHECK(text_of(at / "j") == before);
    }
}

TEST_CASE("one that is over is moved aside by the first record of the next", "[journal_file]")
{
    const folder at;
    for (int number = 1; number <= 3; ++number) {
        file journal;
        REQUIRE_FALSE(journal.open(at / "j"));
        REQUIRE_FALSE(journal.begin());
        CHECK(at.count() == static_cast<std::size_t>(number)); // nothing is moved yet
        REQUIRE_FALSE(journal.write(make_record(false)));
        REQUIRE_FALSE(journal.write(make_record(true)));
        CHECK(journal.moved_to() == (number == 1 ? "" : at / "j." + std::to_string(number - 1)));
    }
}

TEST_CASE("a second transfer of the same tokens too soon is noticed", "[journal_file]")
{
    using std::chrono::hours;
    const auto now = std::chrono::system_clock::now();
    const folder at;
    auto record = make_record(true);
    record.keep_both_until = now + hours{1};
    file journal;
    REQUIRE_FALSE(journal.open(at / "j"));
    REQUIRE_FALSE(journal.write(record));
    REQUIRE_FALSE(journal.begin());
    CHECK(journal.is_needed_for(record.tokens, now));
    CHECK_FALSE(journal.is_needed_for(record.tokens, now + hours{2}));
    auto others = record.tokens;
    for (auto& one : others)
        one.serial.value += 1000;
    CHECK_FALSE(journal.is_needed_for(others, now));
    others.push_back(record.tokens[2]);
    CHECK(journal.is_needed_for(others, now));
}

TEST_CASE("a journal that is damaged is left as it is, and the place is named", "[journal_file]")
{
    const folder at;
    file journal;
    REQUIRE_FALSE(journal.open(at / "j"));
    raida::parse_error error;
    CHECK(journal.read(error).tokens.empty());
    CHECK(error.code == std::errc::no_such_file_or_directory);
    for (const char* text : {"", "raida-journal,2,2\n", "nonsense\n"}) {
        put(at / "j", text);
        error = journal.begin();
        CHECK(error);
        CHECK(error.line != 0);
        CHECK(text_of(at / "j") == text);
    }
}

TEST_CASE("a record that cannot be written leaves the one before", "[journal_file]")
{
    const folder at;
    file journal;
    REQUIRE_FALSE(journal.open(at / "j"));
    CHECK(journal.write({}) == errc::no_tokens);
    CHECK(at.count() == 1);
    REQUIRE_FALSE(journal.write(make_record(false)));
    fs::create_directories(at / "j.part/full"); // where the next one would be made
    CHECK(journal.write(make_record(true)));
    CHECK_FALSE(read(journal).finished);
    fs::remove_all(at / "j.part");
    put(at / "j.part", "left behind");
    CHECK_FALSE(journal.write(make_record(true)));
    CHECK(read(journal).finished);
}
#endif
