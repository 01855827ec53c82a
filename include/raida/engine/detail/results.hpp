// What is to be told: slots that somebody watches, and rounds that are finished, in the order in which it
// happened.
#ifndef RAIDA_ENGINE_DETAIL_RESULTS_HPP
#define RAIDA_ENGINE_DETAIL_RESULTS_HPP

#include <raida/engine/detail/round.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace raida::inline v1::detail {

/// A slot that has its answer or its error.
template <std::size_t N>
struct settled_slot
{
    round<N>* of = nullptr;
    std::size_t server = 0;
};

/// Two queues linked through the rounds themselves: nothing here can fail.
template <std::size_t N>
class results
{
  public:
    explicit results(round_pool<N>& rounds) noexcept : rounds_{rounds} {}

    [[nodiscard]] bool empty() const noexcept
    {
        return first_settled_ == no_slot && first_finished_ == no_round;
    }
    [[nodiscard]] std::size_t finished_count() const noexcept { return finished_count_; }

    void add_settled(round<N>& of, std::size_t server) noexcept
    {
        const auto name = static_cast<std::uint32_t>(of.index * N + server);
        (first_settled_ == no_slot ? first_settled_ : slot_at(last_settled_).next) = name;
        last_settled_ = name;
        ++of.unnotified;
    }

    /// The next one, or a null round.
    [[nodiscard]] settled_slot<N> next_settled() noexcept
    {
        if (first_settled_ == no_slot)
            return {};
        const auto name = std::exchange(first_settled_, slot_at(first_settled_).next);
        slot_at(name).next = no_slot;
        return {&rounds_[static_cast<std::uint32_t>(name / N)], name % N};
    }

    void add_finished(round<N>& done) noexcept
    {
        done.next = done.index; // the last one points to itself
        (first_finished_ == no_round ? first_finished_ : rounds_[last_finished_].next) = done.index;
        last_finished_ = done.index;
        ++finished_count_;
    }

    /// The next one, or null.
    [[nodiscard]] round<N>* next_finished() noexcept
    {
        if (first_finished_ == no_round)
            return nullptr;
        round<N>& next = rounds_[first_finished_];
        first_finished_ = next.next == next.index ? no_round : next.next;
        next.next = no_round;
        --finished_count_;
        return &next;
    }

  private:
    static constexpr std::uint32_t no_slot = 0xFFFF'FFFF; // as slot::next is while it leads nowhere

    [[nodiscard]] slot& slot_at(std::uint32_t name) noexcept
    {
        return rounds_[static_cast<std::uint32_t>(name / N)].slots[name % N];
    }

    round_pool<N>& rounds_;
    std::uint32_t first_settled_ = no_slot, last_settled_ = no_slot;
    std::uint32_t first_finished_ = no_round, last_finished_ = no_round;
    std::size_t finished_count_ = 0;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_RESULTS_HPP
