// What a slot of a fan-out must say, from what its request met on the way.
#ifndef RAIDA_TESTS_SOAK_FAN_OUT_MODEL_HPP
#define RAIDA_TESTS_SOAK_FAN_OUT_MODEL_HPP

#include "seed.hpp"

#include <raida/base/errc.hpp>
#include <raida/wire/reply.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace soak {

/// Everything that happened to one server's part of a fan-out.
struct slot_model
{
    enum class ending
    {
        none,
        answered, ///< by the right answer
        refused,  ///< by an error that quotes enough of the request
        oversize  ///< by the right answer, too long
    };
    struct end
    {
        ending what;
        time_point at;
    };

    bool asked = false;
    duration deadline{};
    std::vector<time_point> sent{};
    std::vector<end> ends{};                   ///< what would end it, when it comes
    time_point complained = time_point::max(); ///< when the first complaint came that nothing proves

    /// The first of what ends it, if its turn comes before the deadlines are over.
    [[nodiscard]] end first() const
    {
        end best{ending::none, time_point::max()};
        for (const end& one : ends)
            if (one.at < best.at)
                best = one;
        return best;
    }

    /// How long it is awaited: each attempt half as long again as the one before.
    [[nodiscard]] time_point limit() const
    {
        duration last = deadline;
        for (std::size_t i = 1; i < sent.size(); ++i)
            last = last * 3 / 2;
        return sent.empty() ? time_point::min() : sent.back() + last;
    }
};

/// `until`: when the fan-out was over. `surely`: nothing came in between, as a process that slept, or an
/// answer to an attempt through a socket that the next one has left.
inline void check_slot(const slot_model& is, const raida::reply& says, time_point until, bool surely)
{
    using raida::errc;
    constexpr duration tick = 3us; // times are kept in microseconds
    must(says.error != errc::pending, "no slot is left open");
    must(says.attempts <= is.sent.size(), "no attempt is told that was not made");
    if (is.sent.empty()) {
        must(static_cast<bool>(says.error) && !says.verified && says.datagram.empty(),
             "what was not asked is not answered");
        return;
    }
    const auto first = is.first();
    const bool may_be_answered = std::any_of(is.ends.begin(), is.ends.end(), [&](const slot_model::end& one) {
        return one.what == slot_model::ending::answered && one.at <= until;
    });
    must(!says.verified || may_be_answered, "only the right answer is verified");
    must(!says.verified || !says.error, "what is verified is no failure");
    must(says.verified || says.error || raida::is_error(says.status()), "no vote is taken without a proof");
    if (!surely || first.what == slot_model::ending::none)
        return;
    const bool in_time = first.at < until && first.at + tick < is.limit();
    // one that nothing proves waits for a better one for a while: at least so long
    const bool before_complaint = first.at - 50ms + tick <= is.complained;
    if (!in_time || !before_complaint)
        return;
    switch (first.what) {
    case slot_model::ending::answered:
        return must(says.verified && !says.error, "the right answer in time is taken");
    case slot_model::ending::refused:
        return must(says.error == std::errc::connection_refused, "a refusal with a proof ends its slot");
    case slot_model::ending::oversize:
        return must(says.error == errc::oversize, "an answer that is too long ends its slot");
    case slot_model::ending::none:
        return;
    }
}

} // namespace soak

#endif // RAIDA_TESTS_SOAK_FAN_OUT_MODEL_HPP
