// A pown in any weather and among liars, killed and recovered, and what is left of its tokens.
#ifndef RAIDA_TESTS_SOAK_POWNS_HPP
#define RAIDA_TESTS_SOAK_POWNS_HPP

#include "changes.hpp"
#include "seed.hpp"
#include "weather.hpp"

#include <raida/client.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tokens.hpp>

#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

namespace soak {

template <class Bodies>
class powns final : changes<Bodies, raida::transfer_record<>, raida::transfer<>>
{
    using base = changes<Bodies, raida::transfer_record<>, raida::transfer<>>;
    using base::bodies_, base::client_, base::dice_, base::fleet_, base::forgets_, base::is_over_,
        base::is_rough_, base::journal_, base::n, base::overtakes_, base::print_, base::sent_, base::tokens_,
        base::weather_, base::world_;
    using typename base::record;

  public:
    /// `keeps_journal`: else what it takes is lost, which must be noticed.
    explicit powns(std::uint64_t seed, bool keeps_journal = true) : base{seed, keeps_journal, 0.2}
    {
        if (dice_.chance(0.5)) // of one page
            for (std::uint32_t i = 0; i < tokens_.size(); ++i) {
                tokens_[i].denomination.value = 1;
                tokens_[i].serial.value = i;
            }
        this->give_out();
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
    void note(const raida::testing::simulated_request& request) override
    {
        const auto header = raida::request_header::parse(request.bytes);
        must(header.has_value(), "a request has a header");
        must(journal_.has_value(), "nothing leaves before the journal has it");
        if (header->what != raida::pown_command)
            return;
        this->leaves_once(request, "a pown leaves once");
    }

    raida::authenticity_number taken(std::size_t token, std::size_t server) const override
    {
        return journal_->new_numbers[token][server];
    }

    // ---- a life

    void live()
    {
        this->make_client(500ms, dice_.between(1s, 30s));
        raida::pown_options<> how{.find_rounds = static_cast<unsigned>(dice_.below(5)),
                                  .pown_again = static_cast<unsigned>(dice_.below(3))};
        how.wait = dice_.chance(0.3) ? raida::wait_for::decided : raida::wait_for::all;
        how.on_decided = [this](std::size_t token) {
            must(count(token, true) + weather_.liars >= 13 || forgets_, "what is told as decided is so");
            if (dice_.chance(0.02))
                client_.reset();
        };
        begin(std::move(how));
        this->disturb(2s);
        if (dice_.chance(0.5)) {
            world_.run_for(dice_.between(0ms, 3s));
            this->kill();
            world_.run_for(dice_.between(0ms, 500ms));
        } else {
            this->live_on();
        }
    }

    void begin(raida::pown_options<> how)
    {
        how.journal = this->journal();
        if (journal_)
            client_->async_recover(*journal_, std::move(how), this->handler());
        else
            client_->async_pown(tokens_, std::move(how), this->handler());
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

    void over(std::error_code error, const raida::transfer<>& result) override
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
        this->make_client(3s, 30s);
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
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_POWNS_HPP
