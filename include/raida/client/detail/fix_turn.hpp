// Whose turn it is to fix: one in the whole network, and none while a pown changes the same pages.
#ifndef RAIDA_CLIENT_DETAIL_FIX_TURN_HPP
#define RAIDA_CLIENT_DETAIL_FIX_TURN_HPP

#include <raida/client/detail/page_locks.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// The turn is a page of a server that does not exist: number N. Whoever has it waits for powns alone, which
/// never wait for it.
class fix_turn
{
  public:
    explicit fix_turn(page_locks::owner who) noexcept : who_{who} {}

    /// False: somebody else fixes, or powns these pages of this server; to be tried again when they are free.
    [[nodiscard]] bool take(page_locks& locks, std::size_t servers, std::size_t server,
                            std::vector<page> pages)
    {
        network_ = servers;
        server_ = server;
        const page whole[] = {page{}};
        if (!has_network_ && !locks.is_free(network_, who_, whole[0])) {
            locks.wait(network_, who_, whole);
            return false;
        }
        if (!std::exchange(has_network_, true))
            locks.take(network_, who_, whole);
        std::sort(pages.begin(), pages.end());
        pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
        std::vector<page> busy;
        for (const page& one : pages)
            if (!locks.is_free(server, who_, one))
                busy.push_back(one);
        if (!busy.empty()) {
            locks.wait(server, who_, busy);
            return false;
        }
        locks.take(server, who_, pages);
        pages_ = std::move(pages);
        return true;
    }

    /// The fix is over.
    void done() noexcept { is_done_ = true; }

    /// What is over need not be kept.
    void give_back(page_locks& locks)
    {
        if (std::exchange(is_done_, false))
            leave(locks);
    }

    /// Gives back all, and waits for nothing.
    void leave(page_locks& locks)
    {
        const page whole[] = {page{}};
        if (std::exchange(has_network_, false))
            locks.give_back(network_, whole);
        locks.give_back(server_, std::exchange(pages_, {}));
        locks.wait(network_, who_, {});
        locks.wait(server_, who_, {});
    }

    friend bool operator==(const fix_turn&, const fix_turn&) = default;

  private:
    page_locks::owner who_;
    std::size_t network_ = 0, server_ = 0;
    std::vector<page> pages_; // taken
    bool has_network_ = false, is_done_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_FIX_TURN_HPP
