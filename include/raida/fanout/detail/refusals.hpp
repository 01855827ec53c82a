// Calls that were refused, whose handlers wait for the next turn.
#ifndef RAIDA_FANOUT_DETAIL_REFUSALS_HPP
#define RAIDA_FANOUT_DETAIL_REFUSALS_HPP

#include <raida/base/version.hpp>

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

template <class Waiting>
class refusals
{
  public:
    [[nodiscard]] bool empty() const noexcept { return new_.empty() && now_.empty(); }

    void add(Waiting& one, std::error_code why) { new_.emplace_back(&one, why); }

    /// Completes what was refused until now. What the handlers add, or what one that throws leaves, is for
    /// the next time.
    void complete()
    {
        if (now_.empty()) {
            now_.swap(new_);
            std::reverse(now_.begin(), now_.end());
        }
        while (!now_.empty()) {
            const auto [one, why] = now_.back();
            now_.pop_back();
            one->complete(why);
        }
    }

    void abandon() noexcept
    {
        for (auto* list : {&new_, &now_})
            for (auto& [one, why] : std::exchange(*list, {}))
                one->abandon();
    }

  private:
    std::vector<std::pair<Waiting*, std::error_code>> new_, now_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_FANOUT_DETAIL_REFUSALS_HPP
