// Which lanes may send now, and which have to wait for their pace.
#ifndef RAIDA_ENGINE_DETAIL_SEND_TURNS_HPP
#define RAIDA_ENGINE_DETAIL_SEND_TURNS_HPP

#include <raida/engine/detail/lane.hpp>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

template <std::size_t N>
class send_turns
{
  public:
    explicit send_turns(std::size_t most_in_flight) noexcept : most_{most_in_flight} {}

    /// Lanes in which a request may leave.
    [[nodiscard]] const std::bitset<N>& now() const noexcept { return now_; }

    /// No later than when another one may, for its pace; time_point::max() if none waits for that.
    [[nodiscard]] time_point next() const noexcept { return paced_.any() ? next_ : (time_point::max)(); }

    /// After anything has changed in this lane.
    void update(std::size_t server, lane<N>& in, time_point at) noexcept
    {
        in.window.refill(at);
        const bool could = in.has_waiting() && in.in_flight() < most_ && in.window.has_room();
        now_[server] = could && in.window.has_credit();
        paced_.reset(server);
        if (!could || now_[server])
            return;
        next_ = (std::min)(next(), in.window.next_credit());
        paced_.set(server);
    }

    /// Time has passed.
    void advance(std::vector<lane<N>>& lanes, time_point at) noexcept
    {
        if (next() > at)
            return;
        const auto waited = std::exchange(paced_, {});
        for (std::size_t server = 0; server < N; ++server)
            if (waited[server])
                update(server, lanes[server], at);
    }

  private:
    std::size_t most_; // places in a lane
    std::bitset<N> now_;
    std::bitset<N> paced_; // could send but for the pace
    time_point next_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_SEND_TURNS_HPP
