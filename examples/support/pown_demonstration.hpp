// 25 servers inside this program that make a pown hard, and tokens that they know.
#ifndef RAIDA_EXAMPLES_POWN_DEMONSTRATION_HPP
#define RAIDA_EXAMPLES_POWN_DEMONSTRATION_HPP

#include "bad_input.hpp"

#include <raida/raida.hpp>
#include <raida/testing/encryption.hpp>
#include <raida/testing/fleet.hpp>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <stdlib.h>

namespace support {

// The same seed gives the same servers, faults and tokens.
class pown_demonstration
{
  public:
    pown_demonstration(asio::io_context& io, std::uint64_t seed)
        : fleet_{io, {.seed = seed}}, tokens_{raida::testing::make_tokens(9, seed)}, end_of_silence_{io}
    {
        std::iota(cast_.begin(), cast_.end(), std::size_t{0});
        raida::testing::seeded_random random{seed};
        for (std::size_t i = cast_.size() - 1; i > 0; --i)
            std::swap(cast_[i], cast_[random.below(i + 1)]);
        raida::testing::enable_encryption(fleet_);
        fleet_.add(tokens_);
        key_ = std::move(tokens_.back());
        tokens_.pop_back();
        for (std::size_t i = 0; i < cast_.size(); ++i) {
            auto rules = fleet_.rules(cast_[i]);
            rules.counter_goes_on = i % 2 == 0;
            fleet_.set_rules(cast_[i], rules);
            fleet_.set(cast_[i], part(i));
        }
        end_of_silence_.expires_after(std::chrono::milliseconds{600});
        end_of_silence_.async_wait([this](std::error_code cancelled) {
            if (!cancelled)
                fleet_.set(cast_[1], {.delay = distance});
        });
    }

    [[nodiscard]] raida::server_list<> servers() const { return fleet_.servers(); }
    [[nodiscard]] const std::vector<raida::token>& tokens() const noexcept { return tokens_; }
    [[nodiscard]] const raida::token& key() const noexcept { return key_; }

    // The dead one is back.
    void mend() { fleet_.set(cast_[0], {.delay = distance}); }

  private:
    static constexpr std::chrono::milliseconds distance{40};

    static raida::testing::manners part(std::size_t role)
    {
        raida::testing::manners how{.delay = raida::testing::latency::log_normal(distance, 0.4)};
        how.closed = role == 0;
        how.silent = role == 1; // for a while
        how.lose_requests = role >= 2 && role < 6 ? 0.3 : 0;
        how.lose_replies = role >= 6 && role < 10 ? 0.3 : 0;
        how.repeat_requests = role == 10 || role == 11 ? 1 : 0;
        how.duplicated = role == 12 ? 1 : 0;
        return how;
    }

    raida::testing::fleet fleet_;
    std::vector<raida::token> tokens_;
    raida::token key_;
    std::array<std::size_t, raida::server_count> cast_{}; // which server plays which part
    asio::steady_timer end_of_silence_;
};

// A folder for a demonstration's secrets, gone afterwards.
class temporary_folder
{
  public:
    temporary_folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "raida-pown-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            throw bad_input{"cannot make a folder in " + std::filesystem::temp_directory_path().string()};
        path_ = name;
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string operator/(const char* name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_POWN_DEMONSTRATION_HPP
