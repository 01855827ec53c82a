// A change of tokens in any weather and among liars, killed and gone on with: what a pown's and a heal's
// seeds have in common.
#ifndef RAIDA_TESTS_SOAK_CHANGES_HPP
#define RAIDA_TESTS_SOAK_CHANGES_HPP

#include "codecs.hpp"
#include "seed.hpp"
#include "weather.hpp"

#include <raida/client.hpp>
#include <raida/testing/simulated_fleet.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tokens.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace soak {

template <class Bodies, class Record, class Result>
class changes
{
  public:
    static constexpr std::size_t n = raida::server_count;
    using record = Record;

  protected:
    /// `keeps_journal`: else what it takes is lost, which must be noticed. `overtaking`: how likely some
    /// arrive when nobody waits for them any more.
    changes(std::uint64_t seed, bool keeps_journal, double overtaking)
        : dice_{~seed},
          keeps_journal_{keeps_journal},
          overtakes_{overtaking != 0 && dice_.chance(overtaking)},
          fleet_{world_,
                 {.seed = seed,
                  .one_way = raida::testing::latency::uniform(1ms, overtakes_ ? duration{900ms} : 20ms)}},
          bodies_{dice_, fleet_},
          tokens_{raida::testing::make_tokens(1 + dice_.below(4), seed)}
    {}
    changes(const changes&) = delete;
    changes& operator=(const changes&) = delete;
    ~changes() = default;

    /// What must hold of each request that leaves.
    virtual void note(const raida::testing::simulated_request& request) = 0;
    /// The number that the journal has for a server to take.
    virtual raida::authenticity_number taken(std::size_t token, std::size_t server) const = 0;
    virtual void over(std::error_code error, const Result& result) = 0;

    /// Once the tokens are what they shall be.
    void give_out()
    {
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

    void leaves_once(const raida::testing::simulated_request& request, const char* rule)
    {
        std::vector<std::uint8_t> bytes{request.bytes.begin(), request.bytes.end()};
        bytes.push_back(static_cast<std::uint8_t>(weather::server_at(request.endpoint)));
        must(sent_.insert(std::move(bytes)).second, rule);
    }

    // ---- a life

    void make_client(duration deadline, duration budget)
    {
        raida::client_settings<> settings{.deadline = deadline, .budget = budget, .allow_plain_pown = true};
        ++life_;
        is_over_ = false;
        open(client_, dice_, bodies_, world_, weather_.servers(fleet_), std::move(settings));
    }

    /// What it still says goes nowhere.
    void kill()
    {
        ++life_;
        client_.reset();
    }

    void live_on()
    {
        world_.run();
        must(is_over_, "every handler is called");
        client_.reset();
    }

    auto handler()
    {
        return asio::bind_cancellation_slot(stop_.slot(),
                                            [this, life = life_](std::error_code error, Result result) {
                                                if (life == life_)
                                                    over(error, result);
                                            });
    }

    auto journal()
    {
        return [this, life = life_](const Record& what, raida::journal_done told) {
            if (life == life_)
                write(what, std::move(told));
        };
    }

    /// Servers that restart, the caller who cancels, a process that is stopped for a while, `within` that
    /// time.
    void disturb(duration within)
    {
        while (dice_.chance(0.3)) {
            const auto server = dice_.below(n);
            world_.after(dice_.between(0ms, within), [this, server] {
                forgets_ = true;
                fleet_.restart(server);
            });
        }
        if (dice_.chance(0.15))
            world_.after(dice_.between(0ms, within), [this, life = life_] {
                if (life == life_)
                    stop_.emit(asio::cancellation_type::terminal);
            });
        if (dice_.chance(0.1))
            world_.after(dice_.between(0ms, within), [this] {
                overtakes_ = true;
                world_.jump(dice_.between(1ms, 5s));
            });
    }

    dice dice_;
    bool keeps_journal_;
    bool overtakes_;       // a change may arrive when nobody waits for it any more
    bool forgets_ = false; // a server may have forgotten a change
    bool is_rough_ = true; // the journal may fail
    fingerprint print_;
    raida::testing::simulation world_;
    raida::testing::simulated_fleet fleet_;
    Bodies bodies_;
    std::vector<raida::token> tokens_;
    weather weather_;
    std::set<std::vector<std::uint8_t>> sent_; // changes
    std::optional<Record> journal_;
    asio::cancellation_signal stop_;
    std::optional<client_of<typename Bodies::codec>> client_;
    std::size_t life_ = 0; // counts, and is another one once it was killed
    bool is_over_ = false;

  private:
    // One that lies has another number whenever it is asked, and so answers whatever a server may.
    void lie(std::size_t server)
    {
        for (std::size_t token = 0; token < tokens_.size(); ++token) {
            const auto number = raida::testing::make_number(dice_.source());
            const auto kind = dice_.below(journal_ ? 3 : 2);
            fleet_.set_number(server, tokens_[token].id(),
                              kind == 0   ? number
                              : kind == 1 ? tokens_[token].numbers[server]
                                          : taken(token, server));
        }
    }

    void write(const Record& what, raida::journal_done told)
    {
        const bool fails = is_rough_ && dice_.chance(0.1), is_written = !fails || dice_.chance(0.5);
        const auto finish = [this, fails, told = std::move(told),
                             kept = is_written ? std::make_shared<Record>(what) : nullptr, life = life_] {
            if (life != life_)
                return;
            if (kept && keeps_journal_)
                journal_ = *kept;
            told(fails ? std::make_error_code(std::errc::io_error) : std::error_code{});
        };
        dice_.chance(0.5) ? finish() : world_.after(dice_.between(0ms, 200ms), finish);
    }
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_CHANGES_HPP
