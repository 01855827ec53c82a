// What the tests of the example programs need: servers for them to ask, files for them to read, and a search
// for secrets in what they print.
#ifndef RAIDA_TESTS_EXAMPLE_SUPPORT_HPP
#define RAIDA_TESTS_EXAMPLE_SUPPORT_HPP

#include "program.hpp"

#include <raida/testing/fleet.hpp>
#include <raida/wire/token.hpp>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <vector>

namespace program_support {

// Servers for another process: they run in a thread of their own from start() to stop(), and are nobody
// else's business meanwhile.
class background_fleet
{
    asio::io_context io_; // before the servers, which live in it
    std::thread loop_;

  public:
    raida::testing::fleet servers{io_};

    background_fleet() = default;
    background_fleet(const background_fleet&) = delete;
    background_fleet& operator=(const background_fleet&) = delete;
    ~background_fleet() { stop(); }

    void start()
    {
        loop_ = std::thread{[this] { io_.run(); }};
    }

    void stop()
    {
        if (!loop_.joinable())
            return;
        asio::post(io_, [this] { servers.stop(); });
        loop_.join();
    }

    [[nodiscard]] std::vector<std::string> lines() const
    {
        std::vector<std::string> result;
        for (std::size_t i = 0; i < servers.size(); ++i)
            result.push_back("127.0.0.1:" + std::to_string(servers.endpoint(i).port()));
        return result;
    }
};

inline std::string joined(const std::vector<std::string>& lines)
{
    std::string text;
    for (const std::string& line : lines)
        text += line + "\n";
    return text;
}

inline std::string hex(const raida::authenticity_number& number)
{
    std::string digits;
    for (const std::uint8_t byte : number.bytes()) {
        digits += "0123456789abcdef"[byte >> 4];
        digits += "0123456789abcdef"[byte & 15];
    }
    return digits;
}

inline std::string csv(std::span<const raida::token> tokens)
{
    std::ostringstream text;
    for (const raida::token& token : tokens) {
        text << int{token.denomination.value} << ',' << token.serial.value;
        for (const raida::authenticity_number& number : token.numbers)
            text << ',' << hex(number);
        text << '\n';
    }
    return text.str();
}

inline std::size_t occurrences(std::string_view text, std::string_view of)
{
    std::size_t count = 0;
    for (std::size_t at = text.find(of); at != std::string_view::npos; at = text.find(of, at + of.size()))
        ++count;
    return count;
}

// Looks for parts of authenticity numbers in a text: eight hex digits in a row, in any case; twelve, whatever
// stands between them ("0A 1B", "0a:1b"); six raw bytes. Shorter ones are there by chance.
class secret_search
{
  public:
    explicit secret_search(std::string_view text)
    {
        std::string lower{text}, digits;
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
        std::copy_if(lower.begin(), lower.end(), std::back_inserter(digits),
                     [](unsigned char c) { return std::isxdigit(c) != 0; });
        fill(in_a_row_, lower, 8);
        fill(apart_, digits, 12);
        fill(raw_, std::string{text}, 6);
    }

    [[nodiscard]] bool finds(const raida::authenticity_number& number) const
    {
        const std::string digits = hex(number);
        const std::string bytes{number.bytes().begin(), number.bytes().end()};
        return any(in_a_row_, digits, 8) || any(apart_, digits, 12) || any(raw_, bytes, 6);
    }

    [[nodiscard]] bool finds(std::span<const raida::token> tokens) const
    {
        return std::any_of(tokens.begin(), tokens.end(), [&](const raida::token& token) {
            return std::any_of(token.numbers.begin(), token.numbers.end(),
                               [&](const raida::authenticity_number& number) { return finds(number); });
        });
    }

  private:
    using windows = std::unordered_set<std::string>;

    static void fill(windows& all, const std::string& text, std::size_t size)
    {
        for (std::size_t at = 0; at + size <= text.size(); ++at)
            all.insert(text.substr(at, size));
    }

    static bool any(const windows& all, const std::string& secret, std::size_t size)
    {
        for (std::size_t at = 0; at + size <= secret.size(); ++at)
            if (all.contains(secret.substr(at, size)))
                return true;
        return false;
    }

    windows in_a_row_, apart_, raw_;
};

inline bool tells_secrets(std::string_view text, std::span<const raida::token> tokens)
{
    return secret_search{text}.finds(tokens);
}

inline bool tells_secrets(const outcome& from, std::span<const raida::token> tokens)
{
    return tells_secrets(from.out + "\n" + from.err, tokens);
}

} // namespace program_support

#endif // RAIDA_TESTS_EXAMPLE_SUPPORT_HPP
