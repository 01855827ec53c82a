// Detects and finds of genuine and counterfeit tokens in any weather.
#ifndef RAIDA_TESTS_SOAK_QUESTIONS_HPP
#define RAIDA_TESTS_SOAK_QUESTIONS_HPP

#include "codecs.hpp"
#include "seed.hpp"
#include "transport.hpp"
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

template <class Bodies>
class questions
{
  public:
    static constexpr std::size_t n = raida::server_count;

    /// More than twelve liars may make a counterfeit pass: then the reference must notice.
    explicit questions(std::uint64_t seed, std::size_t most_liars = 12)
        : dice_{~seed},
          fleet_{world_, {.seed = seed, .one_way = raida::testing::latency::uniform(1ms, 20ms)}},
          bodies_{dice_, fleet_},
          tokens_{raida::testing::make_tokens(1 + dice_.below(dice_.chance(0.1) ? 60 : 6), seed)}
    {
        weather_.draw(dice_, world_, fleet_, most_liars);
        for (const auto& other : raida::testing::make_tokens(tokens_.size(), dice_.number()))
            new_numbers_.push_back(other.numbers);
        for (std::size_t token = 0; token < tokens_.size(); ++token)
            give_out(token);
        raida::client_settings<> settings{
            .wait = dice_.chance(0.5) ? raida::wait_for::all : raida::wait_for::decided,
            .deadline = 500ms,
            .retry = raida::retry_policy::up_to(static_cast<unsigned>(1 + dice_.below(3)))};
        if (dice_.chance(0.3))
            settings.requests.datagram_limit = raida::detail::smallest_datagram_limit;
        if (is_burst_)
            settings.engine.in_flight_per_lane = 1 + dice_.below(4);
        wait_ = settings.wait;
        open(client_, dice_, bodies_, world_, weather_.servers(fleet_), std::move(settings));
    }

    std::uint64_t run()
    {
        for (std::size_t calls = is_burst_ ? 20 : 1 + dice_.below(2); calls > 0; --calls)
            world_.after(is_burst_ ? duration{} : dice_.between(0ms, 50ms), [this] { ask(); });
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
    using answer = raida::find_answer;
    struct call
    {
        int finished = 0;
        bool is_cancelled = false;
        std::error_code error{};
        std::optional<raida::batch_tally<>> votes{};
        std::optional<raida::find_tally<>> found{};
        asio::cancellation_signal stop{};
    };

    // Those who lie say the opposite of the others.
    void give_out(std::size_t token)
    {
        const bool is_genuine = dice_.chance(0.6);
        is_genuine_.push_back(is_genuine);
        auto& knows = holds_.emplace_back();
        for (std::size_t server = 0; server < n; ++server) {
            const auto& of = tokens_[token];
            if (is_genuine != weather_.lies[server]) {
                knows[server] = answer::authenticity;
                fleet_.set_number(server, of.id(), of.numbers[server]);
            } else if (dice_.chance(0.3)) {
                knows[server] = answer::new_authenticity;
                fleet_.set_number(server, of.id(), new_numbers_[token][server]);
            } else if (dice_.chance(0.7)) {
                fleet_.set_number(server, of.id(), raida::testing::make_number(dice_.source()));
            } else { // it does not know it at all, and complains when it is to find it
                complains_.set(server);
            }
        }
    }

    void ask()
    {
        if (!client_)
            return;
        call& one = calls_.emplace_back();
        const auto done = [&one](auto& into) {
            return asio::bind_cancellation_slot(
                one.stop.slot(), [&of = one, &into = into](std::error_code error, auto result) {
                    ++of.finished;
                    of.error = error;
                    into = std::move(result);
                });
        };
        if (dice_.chance(0.6))
            client_->async_detect(tokens_, done(one.votes));
        else
            client_->async_find(tokens_, new_numbers_, {.wait = wait_}, done(one.found));
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
        const bool must_know = !one.is_cancelled && !was_ended_ && !is_burst_;
        for (std::size_t token = 0; token < tokens_.size() && !one.error; ++token)
            for (std::size_t server = 0; server < n; ++server)
                check(one, token, server,
                      must_know && weather_.good[server] && wait_ == raida::wait_for::all);
        for (std::size_t token = 0; token < tokens_.size() && !one.error && one.votes; ++token)
            check_verdict(one.votes->verdict(token), token, must_know);
    }

    void check(const call& one, std::size_t token, std::size_t server, bool must_know)
    {
        const auto is = holds_[token][server];
        std::optional<answer> says;
        if (one.found)
            says = one.found->answer(token, server);
        else if (const auto vote = one.votes->vote(token, server); vote != raida::vote::none)
            says = vote == raida::vote::pass    ? answer::authenticity
                   : is == answer::authenticity ? answer::neither
                                                : is; // a fail says not which of the two
        must(!says || *says == is, "no server's vote is another than it gave");
        must(says || !must_know || (one.found && complains_[server]), "who answers in time is heard");
        print_.add(says ? static_cast<std::uint64_t>(*says) : 9);
    }

    void check_verdict(raida::verdict said, std::size_t token, bool must_know) const
    {
        using raida::verdict;
        const auto truth = is_genuine_[token] ? verdict::authentic : verdict::counterfeit;
        must(said == verdict::undecided || said == truth, "twelve that lie decide nothing");
        must(said == truth || !must_know || weather_.good_and_honest() < 13, "thirteen that are good decide");
    }

    dice dice_;
    fingerprint print_;
    raida::testing::simulation world_;
    raida::testing::simulated_fleet fleet_;
    Bodies bodies_;
    std::vector<raida::token> tokens_;
    std::vector<raida::authenticity_numbers<>> new_numbers_;
    weather weather_;
    std::vector<bool> is_genuine_;
    std::vector<std::array<answer, n>> holds_; // which of a token's numbers, server by server
    std::bitset<n> complains_;
    bool is_burst_ = dice_.chance(0.03); // so many at once that they wait for places
    raida::wait_for wait_{};
    std::deque<call> calls_;
    std::optional<client_of<typename Bodies::codec>> client_;
    bool was_ended_ = false;
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_QUESTIONS_HPP
