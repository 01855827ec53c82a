// How well each server is: what it answers now, and how it did lately.
#ifndef RAIDA_EXAMPLES_HEALTH_HPP
#define RAIDA_EXAMPLES_HEALTH_HPP

#include <raida/raida.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace support {

// One server's latest rounds: enough for a median, and no more memory however long they are watched.
class history
{
  public:
    static constexpr std::size_t longest = 100;

    void add(const raida::reply& got, bool well)
    {
        rounds_.push_back({well ? std::optional{got.latency} : std::nullopt, got.attempts, got ? 1U : 0U});
        if (rounds_.size() > longest)
            rounds_.pop_front();
    }

    [[nodiscard]] std::size_t rounds() const noexcept { return rounds_.size(); }

    // The latest round trips, a block each, the longest the highest; a dot for each that was not. UTF-8.
    [[nodiscard]] std::string sparkline(std::size_t most) const
    {
        static constexpr const char* blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
        const auto first = rounds_.end() - static_cast<std::ptrdiff_t>(std::min(most, rounds_.size()));
        auto longest_trip = std::chrono::nanoseconds{1};
        for (auto one = first; one != rounds_.end(); ++one)
            longest_trip = std::max(longest_trip, one->round_trip.value_or(std::chrono::nanoseconds{}));
        std::string line;
        for (auto one = first; one != rounds_.end(); ++one)
            line += one->round_trip ? blocks[*one->round_trip * 7 / longest_trip] : "·";
        return line;
    }

    // Round trips, as far as there were any.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> shortest() const
    {
        const auto times = round_trips();
        return times.empty() ? std::nullopt : std::optional{times.front()};
    }
    [[nodiscard]] std::optional<std::chrono::nanoseconds> median() const
    {
        const auto times = round_trips();
        return times.empty() ? std::nullopt : std::optional{times[times.size() / 2]};
    }

    // The share of datagrams that were not answered.
    [[nodiscard]] std::optional<double> loss() const
    {
        std::size_t sent = 0, answered = 0;
        for (const round& one : rounds_) {
            sent += one.sent;
            answered += one.answered;
        }
        if (sent == 0)
            return std::nullopt;
        return static_cast<double>(sent - answered) / static_cast<double>(sent);
    }

  private:
    struct round
    {
        std::optional<std::chrono::nanoseconds> round_trip;
        unsigned sent, answered;
    };

    // Ascending.
    [[nodiscard]] std::vector<std::chrono::nanoseconds> round_trips() const
    {
        std::vector<std::chrono::nanoseconds> times;
        for (const round& one : rounds_)
            if (one.round_trip)
                times.push_back(*one.round_trip);
        std::sort(times.begin(), times.end());
        return times;
    }

    std::deque<round> rounds_;
};

// What the last round has found, and what was found before.
struct health
{
    raida::server_list<> servers;
    std::size_t rounds = 0;
    raida::replies<> echoes{};
    std::array<std::string, raida::server_count> versions{}; // empty: not known
    std::array<history, raida::server_count> before{};

    static constexpr std::size_t quorum = raida::server_count / 2 + 1;

    // Answered as it should.
    [[nodiscard]] bool is_well(std::size_t server) const
    {
        const raida::reply& got = echoes[server];
        return got && got.verified && got.status() == raida::status::success;
    }

    [[nodiscard]] std::size_t well() const
    {
        std::size_t count = 0;
        for (std::size_t server = 0; server < raida::server_count; ++server)
            count += is_well(server) ? 1 : 0;
        return count;
    }

    void take_echoes(raida::replies<> answers)
    {
        echoes = std::move(answers);
        ++rounds;
        for (const raida::reply& got : echoes) {
            before[got.server].add(got, is_well(got.server));
            if (!is_well(got.server))
                versions[got.server].clear(); // it may come back with another one
        }
    }

    // Servers that are well and have not said yet what they run.
    [[nodiscard]] raida::server_list<> to_be_asked_for_version() const
    {
        raida::server_list<> wanted;
        for (std::size_t server = 0; server < raida::server_count; ++server)
            if (is_well(server) && versions[server].empty())
                wanted.set(server, *servers.endpoint(server));
        return wanted;
    }

    // Texts are printable ASCII, so that no server controls the terminal; only their length is the server's.
    void take_versions(const raida::server_versions<>& told)
    {
        constexpr std::size_t most = 24;
        for (std::size_t server = 0; server < raida::server_count; ++server)
            if (const std::string& text = told.text[server]; !text.empty())
                versions[server] = text.size() <= most ? text : text.substr(0, most - 3) + "...";
    }

    // Why there is no answer, as precisely as it is known.
    [[nodiscard]] std::string reason(std::size_t server) const
    {
        const std::error_code error = echoes[server].error;
        if (error == raida::errc::no_endpoint && servers.error(server))
            return servers.error(server).message();
        return error.message();
    }
};

} // namespace support

#endif // RAIDA_EXAMPLES_HEALTH_HPP
