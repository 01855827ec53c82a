// When each request was sent and how it ended, as the client's records tell: what waterfalls are drawn from.
#ifndef RAIDA_EXAMPLES_TIMELINE_HPP
#define RAIDA_EXAMPLES_TIMELINE_HPP

#include <raida/raida.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace support {

enum class ending
{
    answered,
    refused, // an answer that says why it is none, or that lacks the server's signature
    late,    // none before the deadline
    left,    // no longer awaited
    failed
};

// What each ending is called, and its colour in pictures.
[[nodiscard]] constexpr std::pair<std::string_view, std::string_view> looks(ending how) noexcept
{
    switch (how) {
    case ending::answered:
        return {"answered", "blue"};
    case ending::refused:
        return {"refused", "yellow"};
    case ending::late:
        return {"no answer", "red"};
    case ending::left:
        return {"not awaited", "grey"};
    case ending::failed:
        break;
    }
    return {"failed", "orange"};
}

class timeline
{
  public:
    // Milliseconds since the first request.
    struct request
    {
        double begin, last_send, end;
        ending how;
    };

    // Of each server the latest `longest` requests are kept.
    explicit timeline(std::size_t longest = std::numeric_limits<std::size_t>::max()) : longest_{longest} {}

    // For client_settings::on_record: called as a request ends.
    void take(const raida::request_record& one)
    {
        if (!first_)
            first_ = one.timestamp;
        const double total = ms(one.total), begin = std::max(ms(one.timestamp - *first_), 0.0);
        const ending how = ending_of(one);
        const bool is_told = one.attempts < 2 && how != ending::left; // else the total is not from `begin`
        const double end = is_told ? begin + total : std::max(begin + total, now());
        auto& of = servers[one.server];
        of.push_back({begin, how == ending::left ? begin : end - total, end, how});
        if (of.size() > longest_)
            of.pop_front();
    }

    // For call_options::on_progress: notes the moment when every token is decided, of who waits for that
    // alone.
    void take(const raida::progress<>& at)
    {
        if (!decided && first_ && at.tokens != 0 && at.decided == at.tokens)
            decided = now();
    }

    std::array<std::deque<request>, raida::server_count> servers{};
    std::optional<double> decided{};

  private:
    template <class Duration>
    [[nodiscard]] static double ms(Duration time)
    {
        return std::chrono::duration<double, std::milli>{time}.count();
    }
    [[nodiscard]] double now() const { return ms(std::chrono::system_clock::now() - *first_); }

    [[nodiscard]] static ending ending_of(const raida::request_record& one)
    {
        if (one.answer)
            return one.verified && !raida::is_error(*one.answer) ? ending::answered : ending::refused;
        return one.error == raida::errc::timed_out     ? ending::late
               : one.error == raida::errc::not_awaited ? ending::left
                                                       : ending::failed;
    }

    std::size_t longest_;
    std::optional<std::chrono::system_clock::time_point> first_{};
};

} // namespace support

#endif // RAIDA_EXAMPLES_TIMELINE_HPP
