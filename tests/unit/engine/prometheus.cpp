// The text is checked line by line against the rules of Prometheus's text format.
#include <raida/engine/prometheus.hpp>

#include <catch2/catch_test_macros.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace {

/// What breaks the format, or nothing. Counts the samples.
std::string wrong_with(const std::string& text, std::size_t& samples)
{
    const std::regex help{"# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) ([^\\\\]|\\\\\\\\|\\\\n)+"};
    const std::regex type{"# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) counter"};
    const std::string label{"[a-zA-Z_][a-zA-Z0-9_]*=\"([^\\\\\"]|\\\\\\\\|\\\\\"|\\\\n)*\""};
    const std::regex sample{"([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{" + label + "(," + label + ")*\\}) [0-9]+"};
    std::set<std::string> families, series;
    std::string family, typed, line;
    if (text.empty() || text.back() != '\n')
        return "the last line has no end";
    for (std::istringstream lines{text}; std::getline(lines, line);) {
        std::smatch found;
        if (std::regex_match(line, found, help)) {
            family = found[1];
            if (!families.insert(family).second)
                return "twice: " + line;
        } else if (std::regex_match(line, found, type)) {
            typed = found[1];
            if (typed != family || !typed.ends_with("_total"))
                return "a type of another name: " + line;
        } else if (std::regex_match(line, found, sample)) {
            ++samples;
            if (found[1] != typed)
                return "outside of its group: " + line;
            if (!series.insert(found[1].str() + found[2].str()).second)
                return "twice: " + line;
        } else {
            return "no line of the format: " + line;
        }
    }
    return {};
}

raida::fanout_statistics<3> some_counts()
{
    raida::fanout_statistics<3> counts;
    for (std::size_t server = 0; server < 3; ++server)
        counts.servers[server] = {.sent = 10 + server, .retried = 1, .late = UINT64_MAX, .no_buffers = 7};
    return counts;
}

constexpr std::size_t counters = sizeof(raida::lane_statistics) / sizeof(std::uint64_t);

} // namespace

TEST_CASE("every count of every server is a line of Prometheus's format", "[prometheus]")
{
    const auto text = to_prometheus(some_counts());
    std::size_t samples = 0;
    CHECK(wrong_with(text, samples).empty());
    CHECK(samples == 3 * counters);
    CHECK(text.find("\nraida_sent_total{server=\"2\"} 12\n") != std::string::npos);
    CHECK(text.find("\nraida_timed_out_total{server=\"0\"} 0\n") != std::string::npos);
    CHECK(text.find("\nraida_without_buffer_total{server=\"1\"} 7\n") != std::string::npos);
    CHECK(text.find("\nraida_late_total{server=\"0\"} 18446744073709551615\n") != std::string::npos);
}

TEST_CASE("several engines share each metric's group, and their names are escaped", "[prometheus]")
{
    const std::array<raida::named_statistics<3>, 3> engines{
        {{"main", some_counts()}, {"a \"quoted\"\n\\name\\", some_counts()}, {"", some_counts()}}};
    const auto text = raida::to_prometheus<3>(engines);
    std::size_t samples = 0;
    CHECK(wrong_with(text, samples).empty());
    CHECK(samples == 3 * 3 * counters);
    CHECK(text.find("\nraida_sent_total{engine=\"main\",server=\"2\"} 12\n") != std::string::npos);
    CHECK(text.find("{engine=\"a \\\"quoted\\\"\\n\\\\name\\\\\",server=\"0\"}") != std::string::npos);
}

TEST_CASE("what checks the format refuses what is none", "[prometheus]")
{
    std::size_t samples = 0;
    const std::string head{"# HELP a_total b\n# TYPE a_total counter\n"};
    CHECK(wrong_with(head + "a_total{s=\"1\"} 1\n", samples).empty());
    for (const char* const wrong :
         {"a_total{s=\"1\"} 1", "b_total{s=\"1\"} 1\n", "a_total{s=\"\"1\"} 1\n", "a_total{s=\"\\1\"} 1\n",
          "a_total{1=\"1\"} 1\n", "a_total{s=\"1\"} -\n", "\n", "a_total{s=\"1\"} 1\na_total{s=\"1\"} 2\n",
          "# HELP a_total b\n", "# TYPE b_total counter\n"})
        CHECK_FALSE(wrong_with(head + wrong, samples).empty());
}
