// A pown in any weather and among liars, killed and recovered, and what is left of its tokens.
#ifndef RAIDA_TESTS_SOAK_POWNS_HPP
#define RAIDA_TESTS_SOAK_POWNS_HPP

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
class powns
{
  public:
    static constexpr std::size_t n = raida::server_count;
    using record = raida::transfer_record<>;

    /// `keeps_journal`: else what it takes is lost, which must be noticed.
    explicit powns(std::uint64_t seed, bool keeps_journal = true)
        : dice_{~seed},
          keeps_journal_{keeps_journal},
          overtakes_{dice_.chance(0.2)},
          fleet_{world_,
                 {.seed = seed,
                  .one_way = raida::testing::latency::uniform(1ms, overtakes_ ? duration{900ms} : 20ms)}},
          bodies_{dice_, fleet_},
          tokens_{raida::testing::make_tokens(1 + dice_.below(4), seed)}
    {
        if (dice_.chance(0.5)) // of one page
            for (std::uint32_t i = 0; i < tokens_.size(); ++i) {
                tokens_[i].denomination.value = 1;
                tokens_[i].serial.value = i;
            }
        fleet_.add(tokens_);
        fleet_.on_request([this](std::size_t server, raida::bytes_view) {
            if (weather_.lies[server])
                lie(server);
        });
        weather_.draw(dice_, world_, fleet_, 12);
        world_.on_request =
            [this, servers = std::move(world_.on_request)](const raida::testing::simulated_request& request) {
                note(request);
                servers(request);
            };
    }

    std::uint64_t run()
    {
        for (std::size_t lives = 1 + dice_.below(3); lives > 0; --lives) {
            live();
            check_numbers();
        }
        end_well();
        print_.add(world_.now().time_since_epoch());
        return print_.value();
    }

  private:
    // Nothing leaves before the journal has it, and no pown leaves twice.
    void note(const raida::testing::simulated_request& request)
    {
        const auto header = raida::request_header::parse(request.bytes);
        must(header.has_value(), "a request has a header");
        must(journal_.has_value(), "nothing leaves before the journal has it");
        if (header->what != raida::pown_command)
            return;
        std::vector<std::uint8_t> bytes{request.bytes.begin(), request.bytes.end()};
        bytes.push_back(static_cast<std::uint8_t>(weather::server_at(request.endpoint)));
        must(sent_.insert(std::move(bytes)).second, "a pown leaves once");
    }

    // One that lies has another number whenever it is asked, and so answers whatever a server may.
    void lie(std::size_t server)
    {
        for (std::size_t token = 0; token < tokens_.size(); ++token) {
            const auto number = raida::testing::make_number(dice_.source());
            const auto kind = dice_.below(journal_ ? 3 : 2);
            fleet_.set_number(server, tokens_[token].id(),
                              kind == 0   ? number
                              : kind == 1 ? tokens_[token].numbers[server]
                                          : journal_->new_numbers[token][server]);
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
        make_client(500ms, dice_.between(1s, 30s));
        raida::pown_options<> how{.find_rounds = static_cast<unsigned>(dice_.below(5)),
                                  .pown_again = static_cast<unsigned>(dice_.below(3))};
        how.wait = dice_.chance(0.3) ? raida::wait_for::decided : raida::wait_for::all;
        how.on_decided = [this](std::size_t token) {
            must(count(token, true) + weather_.liars >= 13 || forgets_, "what is told as decided is so");
            if (dice_.chance(0.02))
                client_.reset();
        };
        begin(std::move(how));
        disturb();
        if (dice_.chance(0.5)) {
            world_.run_for(dice_.between(0ms, 3s));
            ++life_; // what it still says goes nowhere
            client_.reset();
            world_.run_for(dice_.between(0ms, 500ms));
        } else {
            world_.run();
            must(is_over_, "every handler is called");
            client_.reset();
        }
    }

    void begin(raida::pown_options<> how)
    {
        auto done = asio::bind_cancellation_slot(
            stop_.slot(), [this, life = life_](std::error_code error, raida::transfer<> result) {
                if (life == life_)
                    over(error, result);
            });
        how.journal = [this, life = life_](const record& what, raida::journal_done told) {
            if (life == life_)
                write(what, std::move(told));
        };
        if (journal_)
            client_->async_recover(*journal_, std::move(how), std::move(done));
        else
            client_->async_pown(tokens_, std::move(how), std::move(done));
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
            world_.after(dice_.between(0ms, 2s), [this, server] {
                forgets_ = true;
                fleet_.restart(server);
            });
        }
        if (dice_.chance(0.15))
            world_.after(dice_.between(0ms, 2s), [this, life = life_] {
                if (life == life_)
                    stop_.emit(asio::cancellation_type::terminal);
            });
        if (dice_.chance(0.1))
            world_.after(dice_.between(0ms, 2s), [this] {
                overtakes_ = true;
                world_.jump(dice_.between(1ms, 5s));
            });
    }

    // ---- what must hold

    [[nodiscard]] bool holds(std::size_t token, std::size_t server, bool is_new) const
    {
        const auto held = fleet_.number(server, tokens_[token].id());
        return is_new ? journal_ && held == journal_->new_numbers[token][server]
                      : held == tokens_[token].numbers[server];
    }
    // Of those who do not lie.
    [[nodiscard]] std::size_t count(std::size_t token, bool is_new) const
    {
        std::size_t sum = 0;
        for (std::size_t server = 0; server < n; ++server)
            sum += !weather_.lies[server] && holds(token, server, is_new) ? 1 : 0;
        return sum;
    }

    void check_numbers() const
    {
        for (std::size_t token = 0; token < tokens_.size(); ++token)
            for (std::size_t server = 0; server < n; ++server)
                must(weather_.lies[server] || holds(token, server, false) || holds(token, server, true),
                     "what a server holds is in the journal");
    }

    void over(std::error_code error, const raida::transfer<>& result)
    {
        using raida::holding;
        using raida::transfer_outcome;
        must(!std::exchange(is_over_, true), "every handler is called once");
        print_.add(error);
        check_numbers();
        for (std::size_t token = 0; token < result.token_count(); ++token) {
            for (std::size_t server = 0; server < n; ++server) {
                const auto says = result.at(token, server);
                print_.add(static_cast<std::uint64_t>(says));
                if (weather_.lies[server])
                    continue;
                must(says != holding::neither, "nobody else has changed it");
                must(says != holding::new_number || holds(token, server, true) || forgets_,
                     "what is told to be new is new");
                must(says != holding::old_number || holds(token, server, false) || overtakes_,
                     "what is told to be old is old");
            }
            const auto is = result.outcome(token);
            must(is != transfer_outcome::taken, "twelve that lie take nothing");
            must(is != transfer_outcome::transferred || count(token, true) + weather_.liars >= 13 || forgets_,
                 "what is transferred is so");
            must(is != transfer_outcome::not_transferred || count(token, false) + weather_.liars >= 13 ||
                     overtakes_,
                 "what is not transferred is not");
        }
    }

    // The storm is over: a recovery finds everything, though some still lie.
    void end_well()
    {
        world_.run();
        check_numbers();
        if (!journal_)
            return must(sent_.empty(), "without a journal nothing was sent");
        fleet_.set_all({});
        weather_.clear_up();
        overtakes_ = forgets_ = is_rough_ = false;
        make_client(3s, 30s);
        raida::transfer<> last;
        std::error_code failed;
        client_->async_recover(*journal_, {.journal = [](const record&) { return std::error_code{}; }},
                               [&](std::error_code error, raida::transfer<> result) {
                                   failed = error;
                                   over({}, result);
                                   last = std::move(result);
                               });
        world_.run();
        must(is_over_ && !failed, "a recovery ends");
        must(last.complete() || weather_.liars != 0, "where all servers answer nothing stays unknown");
        for (std::size_t token = 0; token < tokens_.size(); ++token)
            must(last.outcome(token) == raida::transfer_outcome::transferred &&
                     last.count(token, raida::holding::new_number) + weather_.liars >= n &&
                     count(token, true) + weather_.liars == n,
                 "where all servers answer a recovery ends what was begun");
    }

    dice dice_;
    bool keeps_journal_;
    bool overtakes_ = false; // a pown may arrive when nobody waits for it any more
    bool forgets_ = false;   // a server may have forgotten a change
    bool is_rough_ = true;   // the journal may fail
    fingerprint print_;
    raida::testing::simulation world_;
    raida::testing::simulated_fleet fleet_;
    Bodies bodies_;
    std::vector<raida::token> tokens_;
    weather weather_;
    std::set<std::vector<std::uint8_t>> sent_; // powns
    std::optional<record> journal_;
    asio::cancellation_signal stop_;
    std::optional<client_of<typename Bodies::codec>> client_;
    std::size_t life_ = 0; // counts, and is another one once it was killed
    bool is_over_ = false;
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_POWNS_HPP
