// A heal in any weather and among liars, killed and recovered, and what is left of its tokens.
#ifndef RAIDA_TESTS_SOAK_HEALS_HPP
#define RAIDA_TESTS_SOAK_HEALS_HPP

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

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace soak {

template <class Bodies>
class heals
{
  public:
    static constexpr std::size_t n = raida::server_count;
    using record = raida::heal_record<>;

    /// `keeps_journal`: else what it takes is lost, which must be noticed.
    explicit heals(std::uint64_t seed, bool keeps_journal = true)
        : dice_{~seed},
          keeps_journal_{keeps_journal},
          fleet_{world_, {.seed = seed, .one_way = raida::testing::latency::uniform(1ms, 20ms)}},
          bodies_{dice_, fleet_},
          tokens_{raida::testing::make_tokens(1 + dice_.below(4), seed)}
    {
        fleet_.add(tokens_);
        fleet_.on_request([this](std::size_t server, raida::bytes_view) {
            if (weather_.lies[server])
                lie(server);
        });
        weather_.draw(dice_, world_, fleet_, 12);
        for (std::size_t token = 0; token < tokens_.size(); ++token)
            damage(token, dice_.below(dice_.chance(0.2) ? n + 1 : 6));
        world_.on_request =
            [this, servers = std::move(world_.on_request)](const raida::testing::simulated_request& request) {
                note(request);
                servers(request);
            };
    }

    std::uint64_t run()
    {
        for (std::size_t lives = 1 + dice_.below(2); lives > 0; --lives) {
            live();
            check_numbers();
        }
        end_well();
        print_.add(world_.now().time_since_epoch());
        return print_.value();
    }

  private:
    void damage(std::size_t token, std::size_t servers)
    {
        auto& of = broken_.emplace_back();
        while (of.count() < servers)
            of.set(dice_.below(n));
        for (std::size_t server = 0; server < n; ++server)
            if (of[server])
                fleet_.set_number(server, tokens_[token].id(), raida::testing::make_number(dice_.source()));
    }

    // No fix leaves before the journal has its seeds, and none leaves twice.
    void note(const raida::testing::simulated_request& request)
    {
        if (raida::request_header::parse(request.bytes)->what != raida::fix_command)
            return;
        must(journal_.has_value(), "no fix leaves before the journal has it");
        std::vector<std::uint8_t> bytes{request.bytes.begin(), request.bytes.end()};
        bytes.push_back(static_cast<std::uint8_t>(weather::server_at(request.endpoint)));
        must(sent_.insert(std::move(bytes)).second, "a fix leaves once");
    }

    // As a pown's: see there.
    void lie(std::size_t server)
    {
        for (std::size_t token = 0; token < tokens_.size(); ++token) {
            const auto number = raida::testing::make_number(dice_.source());
            const auto kind = dice_.below(journal_ ? 3 : 2);
            fleet_.set_number(server, tokens_[token].id(),
                              kind == 0   ? number
                              : kind == 1 ? tokens_[token].numbers[server]
                                          : journal_->fixed(token, server));
        }
    }

    // ---- a life

    void make_client(duration deadline, duration budget)
    {
        raida::client_settings<> settings{.deadline = deadline, .budget = budget, .allow_plain_pown = true};
        ++life_;
        is_over_ = false;
        open(client_, dice_, bodies_, world_, weather_.servers(fleet_), std::move(settings));
    }

    void live()
    {
        make_client(500ms, 30s);
        raida::heal_options<> how{.rounds = static_cast<unsigned>(1 + dice_.below(2)),
                                  .budget = dice_.chance(0.5) ? dice_.between(1s, 100s) : 30min};
        how.on_progress = [this](const raida::heal_progress&) {
            if (dice_.chance(0.002))
                client_.reset();
        };
        begin(std::move(how));
        disturb();
        if (dice_.chance(0.4)) {
            world_.run_for(dice_.chance(0.5) ? dice_.between(0ms, 3s) : dice_.between(0ms, 200s));
            ++life_; // what it still says goes nowhere
            client_.reset();
            world_.run_for(raida::longest_fix);
        } else {
            world_.run();
            must(is_over_, "every handler is called");
            client_.reset();
        }
    }

    void begin(raida::heal_options<> how)
    {
        auto done = asio::bind_cancellation_slot(
            stop_.slot(), [this, life = life_](std::error_code error, raida::healing<> result) {
                if (life == life_)
                    over(error, result);
            });
        how.journal = [this, life = life_](const record& what, raida::journal_done told) {
            if (life == life_)
                write(what, std::move(told));
        };
        if (journal_)
            client_->async_recover_heal(*journal_, std::move(how), std::move(done));
        else
            client_->async_heal(tokens_, std::move(how), std::move(done));
    }

    void write(const record& what, raida::journal_done told)
    {
        const bool fails = is_rough_ && dice_.chance(0.1), is_written = !fails || dice_.chance(0.5);
        const auto finish = [this, fails, told = std::move(told),
                             kept = is_written ? std::make_shared<record>(what) : nullptr, life = life_] {
            if (life != life_)
                return;
            if (kept && keeps_journal_)
                journal_ = *kept;
            told(fails ? std::make_error_code(std::errc::io_error) : std::error_code{});
        };
        dice_.chance(0.5) ? finish() : world_.after(dice_.between(0ms, 200ms), finish);
    }

    // Servers that restart, the caller who cancels, a process that is stopped for a while.
    void disturb()
    {
        while (dice_.chance(0.3)) {
            const auto server = dice_.below(n);
            world_.after(dice_.between(0ms, 5s), [this, server] {
                forgets_ = true;
                fleet_.restart(server);
            });
        }
        if (dice_.chance(0.15))
            world_.after(dice_.between(0ms, 5s), [this, life = life_] {
                if (life == life_)
                    stop_.emit(asio::cancellation_type::terminal);
            });
        if (dice_.chance(0.1))
            world_.after(dice_.between(0ms, 5s), [this] { world_.jump(dice_.between(1ms, 5s)); });
    }

    // ---- what must hold

    [[nodiscard]] bool holds_given(std::size_t token, std::size_t server) const
    {
        return fleet_.holds(tokens_[token], server);
    }
    [[nodiscard]] bool holds_fixed(std::size_t token, std::size_t server) const
    {
        return journal_ && fleet_.number(server, tokens_[token].id()) == journal_->fixed(token, server);
    }
    [[nodiscard]] std::size_t healthy(std::size_t token) const
    {
        std::size_t sum = 0;
        for (std::size_t server = 0; server < n; ++server)
            sum += !weather_.lies[server] && !broken_[token][server] ? 1 : 0;
        return sum;
    }

    void check_numbers() const
    {
        for (std::size_t token = 0; token < tokens_.size(); ++token)
            for (std::size_t server = 0; server < n; ++server) {
                if (weather_.lies[server])
                    continue;
                must(broken_[token][server] || holds_given(token, server), "what is healthy stays as it is");
                must(!holds_fixed(token, server) || healthy(token) + weather_.liars >= 13,
                     "no server is fixed that fewer than thirteen others vouch to");
            }
    }

    void over(std::error_code error, const raida::healing<>& result)
    {
        must(!std::exchange(is_over_, true), "every handler is called once");
        print_.add(error);
        check_numbers();
        for (std::size_t token = 0; token < result.token_count(); ++token)
            for (std::size_t server = 0; server < n; ++server) {
                print_.add(static_cast<std::uint64_t>(result.at(token, server)));
                if (!weather_.lies[server])
                    check(result, token, server);
            }
    }

    void check(const raida::healing<>& result, std::size_t token, std::size_t server) const
    {
        using raida::heal_state;
        using raida::holding;
        const bool is_given = holds_given(token, server), is_fixed = holds_fixed(token, server);
        switch (result.at(token, server)) {
        case heal_state::healthy:
            must(is_given, "what is told to be healthy is so");
            break;
        case heal_state::healed:
            must(is_fixed || forgets_, "what is told to be healed is so");
            break;
        case heal_state::not_asked:
            must(false, "all can be asked");
            break;
        case heal_state::unknown:
            break;
        default:
            must(!is_given, "what is told to be broken is so");
        }
        if (result.record().holdings.empty())
            return;
        switch (result.record().holdings[token][server]) {
        case holding::old_number:
            return must(is_given, "what the record has as given is so");
        case holding::new_number:
            return must(is_fixed || forgets_, "what the record has as fixed is so");
        case holding::neither:
            return must(!is_given && !is_fixed, "what the record has as neither is so");
        case holding::unknown:
            return must(!is_given, "a fix is sent to those that failed");
        case holding::not_asked:
            return must(!is_fixed, "what may be fixed is in the record");
        }
    }

    // The storm is over, and all tell the truth: one more heal leaves nothing that could be healed.
    void end_well()
    {
        world_.run();
        check_numbers();
        world_.run_for(raida::longest_fix);
        fleet_.set_all({});
        weather_.clear_up();
        for (std::size_t server = 0; server < n; ++server) {
            if (fleet_.is_deaf(server))
                fleet_.restart(server);
            for (std::size_t token = 0; weather_.lies[server] && token < tokens_.size(); ++token) {
                fleet_.set_number(server, tokens_[token].id(), tokens_[token].numbers[server]);
                broken_[token].reset(server);
            }
        }
        weather_.lies.fill(false);
        weather_.liars = 0;
        forgets_ = is_rough_ = false;
        make_client(3s, 30s);
        std::optional<raida::healing<>> last;
        const auto done = [&](std::error_code error, raida::healing<> result) {
            over(error, result);
            if (!error)
                last = std::move(result);
        };
        raida::heal_options<> how{.journal = [this](const record& what) {
            journal_ = what;
            return std::error_code{};
        }};
        if (journal_)
            client_->async_recover_heal(record{*journal_}, std::move(how), done);
        else
            client_->async_heal(tokens_, std::move(how), done);
        world_.run();
        must(last.has_value(), "a recovery ends");
        for (std::size_t token = 0; token < tokens_.size(); ++token)
            for (std::size_t server = 0; server < n; ++server)
                must(broken_[token].count() > 12 || fleet_.holds(last->token_now(token), server),
                     "where all servers answer and tell the truth all is healed");
    }

    dice dice_;
    bool keeps_journal_;
    bool forgets_ = false; // a server may have forgotten a change
    bool is_rough_ = true; // the journal may fail
    fingerprint print_;
    raida::testing::simulation world_;
    raida::testing::simulated_fleet fleet_;
    Bodies bodies_;
    std::vector<raida::token> tokens_;
    std::vector<std::bitset<n>> broken_; // where a token has another number
    weather weather_;
    std::set<std::vector<std::uint8_t>> sent_; // fixes
    std::optional<record> journal_;
    asio::cancellation_signal stop_;
    std::optional<client_of<typename Bodies::codec>> client_;
    std::size_t life_ = 0; // counts, and is another one once it was killed
    bool is_over_ = false;
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_HEALS_HPP
