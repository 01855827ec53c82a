// What is known of each token at each server in a heal.
#ifndef RAIDA_CLIENT_DETAIL_HEAL_SLOTS_HPP
#define RAIDA_CLIENT_DETAIL_HEAL_SLOTS_HPP

#include <raida/client/healing.hpp>
#include <raida/consensus/options.hpp>
#include <raida/wire/answers.hpp>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <span>
#include <utility>

namespace raida::inline v1::detail {

template <std::size_t N>
class heal_slots
{
  public:
    /// `numbered`: per token the servers for which it has a number.
    explicit heal_slots(std::span<const std::bitset<N>> numbered) : states_(numbered.size())
    {
        for (std::size_t token = 0; token < size(); ++token)
            for (std::size_t server = 0; server < N; ++server)
                if (!numbered[token][server])
                    states_[token][server] = heal_state::not_asked;
    }

    [[nodiscard]] std::size_t size() const noexcept { return states_.size(); }
    [[nodiscard]] const typename healing<N>::states& states() const noexcept { return states_; }
    [[nodiscard]] heal_state at(std::size_t token, std::size_t server) const
    {
        return states_[token][server];
    }
    void set(std::size_t token, std::size_t server, heal_state now) { states_[token][server] = now; }

    /// It passes there.
    [[nodiscard]] bool is_good(std::size_t token, std::size_t server) const
    {
        return is_good(states_[token][server]);
    }

    /// It failed there, and may be fixed.
    [[nodiscard]] bool is_wanted(std::size_t token, std::size_t server) const
    {
        return is_wanted(states_[token][server]);
    }
    [[nodiscard]] bool is_wanted(std::size_t token) const
    {
        const auto& of = states_[token];
        return std::any_of(of.begin(), of.end(), [](heal_state one) { return is_wanted(one); });
    }

    /// Servers that a fix of this token may have reached.
    [[nodiscard]] std::bitset<N> unconfirmed(std::size_t token) const
    {
        std::bitset<N> servers;
        for (std::size_t server = 0; server < N; ++server)
            servers[server] = states_[token][server] == heal_state::unconfirmed;
        return servers;
    }

    /// `may_be_fixed`: nobody knows yet whether an earlier fix got there.
    void vote(std::size_t token, std::size_t server, raida::vote said, bool may_be_fixed)
    {
        heal_state& of = states_[token][server];
        if (of == heal_state::not_asked)
            return;
        of = said == raida::vote::pass   ? heal_state::healthy
             : may_be_fixed              ? heal_state::unconfirmed
             : said == raida::vote::fail ? heal_state::not_tried
                                         : heal_state::unknown;
    }

    /// What find says of a slot that was unconfirmed.
    void find(std::size_t token, std::size_t server, find_answer said)
    {
        if (heal_state& of = states_[token][server]; of == heal_state::unconfirmed)
            of = said == find_answer::new_authenticity ? heal_state::healed
                 : said == find_answer::authenticity   ? heal_state::healthy
                                                       : heal_state::refused;
    }

    /// What fewer servers than a quorum pass is nobody's to heal.
    void judge(std::size_t quorum)
    {
        for (auto& of : states_)
            if (std::cmp_less(
                    std::count_if(of.begin(), of.end(), [](heal_state one) { return is_good(one); }), quorum))
                for (heal_state& one : of)
                    one = is_broken(one) ? heal_state::not_authentic : one;
    }

    /// For a record. As long as it is not the last, whatever may be fixed may have been.
    [[nodiscard]] holding held(std::size_t token, std::size_t server, bool is_last) const
    {
        switch (const heal_state of = states_[token][server]; of) {
        case heal_state::healthy:
            return holding::old_number;
        case heal_state::healed:
            return holding::new_number;
        case heal_state::unknown:
        case heal_state::not_asked:
            return holding::not_asked;
        default:
            const bool is_open = of == heal_state::unconfirmed || (!is_last && is_wanted(of));
            return is_open ? holding::unknown : holding::neither;
        }
    }

    friend bool operator==(const heal_slots&, const heal_slots&) = default;

  private:
    static bool is_good(heal_state of) noexcept
    {
        return of == heal_state::healthy || of == heal_state::healed;
    }
    static bool is_wanted(heal_state of) noexcept { return is_broken(of) && of != heal_state::not_authentic; }

    typename healing<N>::states states_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_HEAL_SLOTS_HPP
