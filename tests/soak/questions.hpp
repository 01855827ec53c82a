// Detections and finds of genuine and counterfeit tokens in any weather.
#ifndef RAIDA_TESTS_SOAK_DETECTS_HPP
#define RAIDA_TESTS_SOAK_DETECTS_HPP

#include "seed.hpp"
#include "weather.hpp"

#include <raida/client.hpp>
#include <raida/testing/simulated_fleet.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tokens.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace soak {

using simulated_client =
    raida::basic_client<25, raida::testing::simulated_transport, raida::plain, raida::testing::seeded_random>;

class detects
{
  public:
    static constexpr std::size_t n = raida::server_count;

    /// More than twelve liars may make a counterfeit pass: then the reference must notice.
    explicit detects(std::uint64_t seed, std::size_t most_liars = 12)
        : dice_{~seed},
          fleet_{world_, {.seed = seed, .one_way = raida::testing::latency::uniform(1ms, 20ms)}},
          tokens_{raida::testing::make_tokens(1 + dice_.below(dice_.chance(0.1) ? 60 : 6), seed)}
    {
        weather_.draw(dice_, fleet_, most_liars);
        for (const auto& token : tokens_)
            give_out(token);
        raida::client_settings<> settings{
            .wait = dice_.chance(0.5) ? raida::wait_for::all : raida::wait_for::decided,
            .deadline = 500ms,
            .retry = raida::retry_policy::up_to(static_cast<unsigned>(1 + dice_.below(3)))};
        if (dice_.chance(0.3))
            settings.requests.datagram_limit = raida::detail::smallest_datagram_limit;
        wait_ = settings.wait;
        client_.emplace(raida::testing::simulated_transport{world_}, fleet_.servers(), std::move(settings),
                        raida::plain{}, raida::testing::seeded_random{seed + 1});
    }

    std::uint64_t run()
    {
        for (std::size_t calls = 1 + dice_.below(2); calls > 0; --calls)
            world_.after(dice_.between(0ms, 50ms), [this] { detect(); });
        if (dice_.chance(0.1))
            world_.after(dice_.between(0ms, 500ms), [this] {
                was_ended_ = true;
                client_.reset();
            });
        if (dice_.chance(0.1))
            world_.after(dice_.between(0ms, 500ms), [this] {
                was_ended_ = true; // what was in time may be late
                world_.jump(dice_.between(1ms, 3s));
            });
        world_.run();
        for (const call& one : calls_)
            check(one);
        print_.add(world_.now().time_since_epoch());
        return print_.value();
    }

  private:
    struct call
    {
        int finished = 0;
        bool is_cancelled = false;
        std::error_code error{};
        raida::batch_tally<> votes{};
        asio::cancellation_signal stop{};
    };

    // Those who lie say the opposite of the others.
    void give_out(const raida::token& token)
    {
        const bool is_genuine = dice_.chance(0.6);
        is_genuine_.push_back(is_genuine);
        auto& knows = holds_.emplace_back();
        for (std::size_t server = 0; server < n; ++server) {
            knows[server] = is_genuine != weather_.lies[server];
            if (knows[server])
                fleet_.set_number(server, token.id(), token.numbers[server]);
            else if (dice_.chance(0.8)) // else it does not know it at all
                fleet_.set_number(server, token.id(), raida::testing::make_number(dice_.source()));
        }
    }

    void detect()
    {
        if (!client_)
            return;
        call& one = calls_.emplace_back();
        client_->async_detect(
            tokens_, asio::bind_cancellation_slot(one.stop.slot(),
                                                  [&one](std::error_code error, raida::batch_tally<> votes) {
                                                      ++one.finished;
                                                      one.error = error;
                                                      one.votes = std::move(votes);
                                                  }));
        if (dice_.chance(0.1))
            world_.after(dice_.between(0ms, 400ms), [&one] {
                one.is_cancelled = one.finished == 0;
                one.stop.emit(asio::cancellation_type::terminal);
            });
    }

    void check(const call& one)
    {
        must(one.finished == 1, "every handler is called once");
        must(!one.error || one.is_cancelled || was_ended_, "no good call is refused");
        print_.add(one.error);
        if (one.error)
            return;
        must(one.votes.token_count() == tokens_.size(), "every token has its votes");
        for (std::size_t token = 0; token < tokens_.size(); ++token)
            check(one, token);
    }

    void check(const call& one, std::size_t token)
    {
        using raida::verdict;
        using raida::vote;
        const bool must_know = !one.is_cancelled && !was_ended_;
        for (std::size_t server = 0; server < n; ++server) {
            const vote says = one.votes.vote(token, server);
            const vote is = holds_[token][server] ? vote::pass : vote::fail;
            must(says == vote::none || says == is, "no server's vote is another than it gave");
            must(says != vote::none || !must_know || !weather_.good[server] ||
                     wait_ == raida::wait_for::decided,
                 "who answers in time is heard");
            print_.add(static_cast<std::uint64_t>(says));
        }
        const auto said = one.votes.verdict(token);
        const auto truth = is_genuine_[token] ? verdict::authentic : verdict::counterfeit;
        must(said == verdict::undecided || said == truth, "twelve that lie decide nothing");
        must(said == truth || !must_know || weather_.good_and_honest() < 13, "thirteen that are good decide");
    }

    dice dice_;
    fingerprint print_;
    raida::testing::simulation world_;
    raida::testing::simulated_fleet fleet_;
    std::vector<raida::token> tokens_;
    weather weather_;
    std::vector<bool> is_genuine_;
    std::vector<std::bitset<n>> holds_; // this token's number, server by server
    raida::wait_for wait_{};
    std::deque<call> calls_;
    std::optional<simulated_client> client_;
    bool was_ended_ = false;
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_DETECTS_HPP
