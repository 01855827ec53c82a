// A heal in any weather and among liars, killed and recovered, and what is left of its tokens.
#ifndef RAIDA_TESTS_SOAK_HEALS_HPP
#define RAIDA_TESTS_SOAK_HEALS_HPP

#include "changes.hpp"
#include "seed.hpp"
#include "weather.hpp"

#include <raida/client.hpp>
#include <raida/testing/simulation.hpp>
#include <raida/testing/tokens.hpp>

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace soak {

template <class Bodies>
class heals final : changes<Bodies, raida::heal_record<>, raida::healing<>>
{
    using base = changes<Bodies, raida::heal_record<>, raida::healing<>>;
    using base::bodies_, base::client_, base::dice_, base::fleet_, base::forgets_, base::is_over_,
        base::is_rough_, base::journal_, base::n, base::overtakes_, base::print_, base::sent_, base::tokens_,
        base::weather_, base::world_;
    using typename base::record;

  public:
    /// `keeps_journal`: else what it takes is lost, which must be noticed.
    explicit heals(std::uint64_t seed, bool keeps_journal = true) : base{seed, keeps_journal, 0}
    {
        this->give_out();
        for (std::size_t token = 0; token < tokens_.size(); ++token)
            damage(token, dice_.below(dice_.chance(0.2) ? n + 1 : 6));
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
    void note(const raida::testing::simulated_request& request) override
    {
        if (raida::request_header::parse(request.bytes)->what != raida::fix_command)
            return;
        must(journal_.has_value(), "no fix leaves before the journal has it");
        this->leaves_once(request, "a fix leaves once");
    }

    raida::authenticity_number taken(std::size_t token, std::size_t server) const override
    {
        return journal_->fixed(token, server);
    }

    // ---- a life

    void live()
    {
        this->make_client(500ms, 30s);
        raida::heal_options<> how{.rounds = static_cast<unsigned>(1 + dice_.below(2)),
                                  .budget = dice_.chance(0.5) ? dice_.between(1s, 100s) : 30min};
        how.on_progress = [this](const raida::heal_progress&) {
            if (dice_.chance(0.002))
                client_.reset();
        };
        begin(std::move(how));
        this->disturb(5s);
        if (dice_.chance(0.4)) {
            world_.run_for(dice_.chance(0.5) ? dice_.between(0ms, 3s) : dice_.between(0ms, 200s));
            this->kill();
            world_.run_for(raida::longest_fix);
        } else {
            this->live_on();
        }
    }

    void begin(raida::heal_options<> how)
    {
        how.journal = this->journal();
        if (journal_)
            client_->async_recover_heal(*journal_, std::move(how), this->handler());
        else
            client_->async_heal(tokens_, std::move(how), this->handler());
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

    void over(std::error_code error, const raida::healing<>& result) override
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
        this->make_client(3s, 30s);
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

    std::vector<std::bitset<n>> broken_; // where a token has another number
};

} // namespace soak

#endif // RAIDA_TESTS_SOAK_HEALS_HPP
