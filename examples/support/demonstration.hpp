// 25 servers inside this program, with the moods of a real network, and tokens for them to judge.
#ifndef RAIDA_EXAMPLES_DEMONSTRATION_HPP
#define RAIDA_EXAMPLES_DEMONSTRATION_HPP

#include <raida/raida.hpp>
#include <raida/testing/fleet.hpp>

#include <asio/io_context.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace support {

// The same seed gives the same servers, faults and tokens.
class demonstration
{
  public:
    demonstration(asio::io_context& io, std::uint64_t seed) : random_{seed}, fleet_{io, {.seed = seed}}
    {
        std::iota(cast_.begin(), cast_.end(), std::size_t{0});
        for (std::size_t i = cast_.size() - 1; i > 0; --i)
            std::swap(cast_[i], cast_[random_.below(i + 1)]);
        for (std::size_t i = 0; i < manners_.size(); ++i)
            manners_[i].delay = some_distance();
        manners_[cast_[0]].closed = true;
        manners_[cast_[1]].silent = true;
        manners_[cast_[2]].answer = raida::testing::forced_answer::as_measured(raida::status::internal);
        manners_[cast_[3]].duplicated = 1;
        manners_[cast_[4]].garbage = 1; // somebody else's bytes come before the right ones
        manners_[cast_[4]].then_right = true;
        behave();
    }

    [[nodiscard]] raida::server_list<> servers() const { return fleet_.servers(); }

    // The servers know these tokens, and all agree on them.
    void know(std::span<const raida::token> tokens) { fleet_.add(tokens); }

    // Tokens of its own: most are good, some counterfeit, and on some the servers disagree.
    [[nodiscard]] std::vector<raida::token> make_tokens()
    {
        auto tokens = raida::testing::make_tokens(36, random_());
        fleet_.add(tokens);
        for (const std::size_t counterfeit : {5U, 17U, 30U})
            fleet_.add(somebody_elses(tokens[counterfeit]));
        for (std::size_t i = 5; i < 8; ++i) // three servers missed that this one has changed hands
            fleet_.set_number(cast_[i], tokens[17].id(), tokens[17].numbers[cast_[i]]);
        for (std::size_t i = 8; i < 12; ++i) // four servers missed how this one did
            manners_[cast_[i]].wrong_tokens = {tokens[9].id()};
        manners_[cast_[8]].wrong_tokens = {tokens[9].id(), tokens[2].id(), tokens[24].id()};
        behave();
        return tokens;
    }

    // The servers understand encryption, each in one of the two ways that real ones do it.
    void understand(const raida::testing::body_cipher& cipher)
    {
        fleet_.set_cipher(cipher);
        for (std::size_t i = 0; i < cast_.size(); ++i) {
            auto rules = fleet_.rules(cast_[i]);
            rules.counter_goes_on = i % 2 == 0;
            fleet_.set_rules(cast_[i], rules);
        }
    }

    // A key token of this name: one server has never heard of it, and one has another number for it.
    [[nodiscard]] raida::token make_key(raida::token_id name)
    {
        const auto key = somebody_elses({name.denomination, name.serial, {}});
        fleet_.add(key);
        fleet_.forget(cast_[12], name);
        fleet_.set_number(cast_[13], name, raida::testing::make_number(random_));
        return key;
    }

  private:
    // 20 to 300 ms away, and never twice quite the same.
    raida::testing::latency some_distance()
    {
        const double milliseconds = 20 * std::pow(15, random_.unit());
        return raida::testing::latency::log_normal(
            std::chrono::microseconds{static_cast<std::int64_t>(1000 * milliseconds)}, 0.15);
    }

    raida::token somebody_elses(const raida::token& token)
    {
        raida::token other{token.denomination, token.serial, {}};
        for (raida::authenticity_number& number : other.numbers)
            number = raida::testing::make_number(random_);
        return other;
    }

    void behave()
    {
        for (std::size_t i = 0; i < manners_.size(); ++i)
            fleet_.set(i, manners_[i]);
    }

    raida::testing::seeded_random random_;
    raida::testing::fleet fleet_;
    std::array<std::size_t, raida::server_count> cast_{}; // which server plays which part
    std::array<raida::testing::manners, raida::server_count> manners_{};
};

} // namespace support

#endif // RAIDA_EXAMPLES_DEMONSTRATION_HPP
