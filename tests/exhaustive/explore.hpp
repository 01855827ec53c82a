// Breadth-first over everything that can happen to a world: every state once, by the shortest way to it.
#ifndef RAIDA_TESTS_EXHAUSTIVE_EXPLORE_HPP
#define RAIDA_TESTS_EXHAUSTIVE_EXPLORE_HPP

#include <cstddef>
#include <cstdint>
#include <deque>
#include <iostream>
#include <limits>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace exhaustive {

/// Something that must hold does not.
struct violation : std::logic_error
{
    using std::logic_error::logic_error;
};

inline void must(bool holds, const char* property)
{
    if (!holds)
        throw violation{property};
}

struct exploration
{
    std::size_t states = 0, transitions = 0, depth = 0;
    bool complete = false; ///< nothing was left out
    std::string violated{};
    std::vector<std::string> path{}; ///< the shortest way to that
};

inline std::ostream& operator<<(std::ostream& out, const exploration& e)
{
    out << e.states << " states, " << e.transitions << " transitions, " << e.depth << " steps deep"
        << (e.complete ? "" : ", not to the end");
    if (!e.violated.empty()) {
        out << "\nviolated: " << e.violated;
        for (const std::string& step : e.path)
            out << "\n  " << step;
    }
    return out;
}

/// `World` is copied along. It has key(), which is equal for equal states alone; events(), all that may
/// happen next; happen(event), which throws violation; and name(event).
template <class World>
exploration explore(const World& begin, std::size_t most_states = std::numeric_limits<std::size_t>::max())
{
    using event = typename World::event;
    struct step
    {
        std::uint32_t from;
        event what;
    };
    struct place
    {
        World world;
        std::uint32_t at;
        std::size_t depth;
    };
    exploration done;
    std::vector<step> steps{{0, {}}};
    std::unordered_set<std::string> known{begin.key()};
    std::deque<place> open;
    open.push_back({begin, 0, 0});
    done.complete = true;
    while (!open.empty()) {
        const place here = std::move(open.front());
        open.pop_front();
        done.depth = here.depth;
        for (const event& next : here.world.events()) {
            ++done.transitions;
            World after = here.world;
            try {
                after.happen(next);
            } catch (const violation& broken) {
                done.states = steps.size();
                done.violated = broken.what();
                done.path = {World::name(next)};
                for (auto at = here.at; at != 0; at = steps[at].from)
                    done.path.insert(done.path.begin(), World::name(steps[at].what));
                return done;
            }
            if (steps.size() == most_states)
                done.complete = false;
            else if (known.insert(after.key()).second) {
                open.push_back({std::move(after), static_cast<std::uint32_t>(steps.size()), here.depth + 1});
                steps.push_back({here.at, next});
            }
        }
    }
    done.states = steps.size();
    return done;
}

} // namespace exhaustive

#endif // RAIDA_TESTS_EXHAUSTIVE_EXPLORE_HPP
