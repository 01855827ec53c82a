// When a fan-out is finished: when all slots are settled, when a quorum agrees, when nothing can change any
// more, or when your own callable says so.
#ifndef RAIDA_CONSENSUS_COMPLETION_HPP
#define RAIDA_CONSENSUS_COMPLETION_HPP

#include <raida/base/errc.hpp>
#include <raida/base/inline_function.hpp>
#include <raida/consensus/detail/early_verdict.hpp>
#include <raida/consensus/options.hpp>
#include <raida/wire/reply.hpp>

#include <bitset>
#include <concepts>
#include <cstddef>
#include <system_error>
#include <type_traits>
#include <utility>

namespace raida::inline v1 {

/// Finished when every slot is settled: answered, or out of time.
struct when_all
{};

/// Finished as soon as `quorum` verified answers are ALL_PASS, or as many are ALL_FAIL. What is still out
/// then becomes errc::not_awaited. A MIXED answer counts for neither. 0 means N/2+1; at or under N/2 is
/// refused at the call.
struct when_quorum
{
    std::size_t quorum = 0; ///< equal answers wanted; 0: N/2+1

    /// So many equal answers.
    constexpr when_quorum(std::size_t votes = 0) noexcept : quorum{votes} {}

    /// Do so many agree?
    template <std::size_t N>
    [[nodiscard]] bool operator()(const replies<N>& so_far) const
    {
        return detail::quorum_agrees(so_far, quorum == 0 ? N / 2 + 1 : quorum);
    }

    /// Why it must be refused, or empty.
    template <std::size_t N>
    [[nodiscard]] std::error_code check() const noexcept
    {
        return detail::check_quorum<N>(quorum, 0);
    }
};

/// Finished as soon as no answer that is still out can change any token's verdict. When too few servers were
/// asked for any verdict, it waits for all. `token_count` is the batch's; 0 is refused at the call with
/// errc::no_tokens.
struct when_decided
{
    std::size_t token_count;   ///< of the batch
    consensus_options rules{}; ///< what makes a verdict

    /// For a batch of so many tokens.
    constexpr when_decided(std::size_t tokens, consensus_options options = {}) noexcept
        : token_count{tokens}, rules{options}
    {}

    /// Is every token decided?
    template <std::size_t N>
    [[nodiscard]] bool operator()(const replies<N>& so_far) const
    {
        return detail::all_tokens_decided(so_far, token_count, rules);
    }

    /// The same, where what stands in some slots is not the last word.
    template <std::size_t N>
    [[nodiscard]] bool operator()(const replies<N>& so_far, const std::bitset<N>& open) const
    {
        return detail::all_tokens_decided(so_far, token_count, rules, open);
    }

    /// Why it must be refused, or empty.
    template <std::size_t N>
    [[nodiscard]] std::error_code check() const noexcept
    {
        if (token_count == 0)
            return errc::no_tokens;
        return detail::check_quorum<N>(rules.quorum, rules.margin);
    }
};

/// When a fan-out is finished. Converts from the rules above and from any copyable callable
/// `bool(const replies<N>& so_far)`, which is asked after slots were settled (those still open have
/// errc::pending) and answers true to stop waiting. It runs on the engine's executor and may start requests
/// or destroy the engine.
template <std::size_t N = server_count>
class completion
{
  public:
    completion() noexcept = default;
    /// Waits for all.
    completion(when_all) noexcept {}

    /// By a rule, or any callable.
    template <class Rule>
    requires(!std::same_as<std::remove_cvref_t<Rule>, completion> &&
             std::is_invocable_r_v<bool, std::remove_cvref_t<Rule>&, const replies<N>&>)
    completion(Rule&& rule)
    {
        if constexpr (requires { rule.template check<N>(); })
            invalid_ = rule.template check<N>();
        finished_ = std::forward<Rule>(rule);
    }

    /// Why this rule must be refused, or empty.
    [[nodiscard]] std::error_code check() const noexcept { return invalid_; }

    /// True for when_all(): there is nothing to ask.
    [[nodiscard]] bool waits_for_all() const noexcept { return !finished_; }

    /// Is it finished? Not to be asked where waits_for_all().
    [[nodiscard]] bool operator()(const replies<N>& so_far) { return finished_(so_far); }

  private:
    inline_function<bool(const replies<N>&)> finished_;
    std::error_code invalid_;
};

} // namespace raida::inline v1

#endif // RAIDA_CONSENSUS_COMPLETION_HPP
