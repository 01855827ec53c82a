// A heap of whatever is due at a time, earliest first, from which anything can be taken out.
#ifndef RAIDA_ENGINE_DETAIL_DUE_HEAP_HPP
#define RAIDA_ENGINE_DETAIL_DUE_HEAP_HPP

#include <raida/base/version.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace raida::inline v1::detail {

/// `Node` has the members `due` (a time) and `heap_position` (std::uint32_t). One entry per fan-out, not one
/// per server: 25 entries would cost more than the fan-out itself.
template <class Node>
class due_heap
{
  public:
    using time_point = std::chrono::steady_clock::time_point;
    static constexpr std::uint32_t absent = 0xFFFF'FFFF;

    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] Node& top() const noexcept { return *entries_.front().node; }
    [[nodiscard]] time_point next_due() const noexcept { return entries_.front().due; }

    /// Room for so many nodes: inserting them cannot fail.
    void reserve(std::size_t nodes)
    {
        if (nodes > entries_.capacity())
            entries_.reserve((std::max)(nodes, 2 * entries_.capacity()));
    }

    void insert(Node& node)
    {
        entries_.push_back({node.due, &node});
        rise(entries_.size() - 1);
    }

    void erase(Node& node) noexcept
    {
        const std::size_t hole = node.heap_position;
        if (hole == absent)
            return;
        node.heap_position = absent;
        const entry last = entries_.back();
        entries_.pop_back();
        if (last.node != &node) {
            place(hole, last);
            settle(hole);
        }
    }

    /// After `node.due` has changed.
    void update(Node& node) noexcept
    {
        entries_[node.heap_position].due = node.due;
        settle(node.heap_position);
    }

    /// Calls `visit` for every node that is due at `now`, in no order; nothing may be changed meanwhile.
    template <class Visitor>
    void for_each_due(time_point now, Visitor&& visit, std::size_t at = 0) const
    {
        if (at >= entries_.size() || entries_[at].due > now)
            return;
        visit(*entries_[at].node);
        for_each_due(now, visit, 2 * at + 1);
        for_each_due(now, visit, 2 * at + 2);
    }

  private:
    struct entry
    {
        time_point due;
        Node* node;
    };

    void place(std::size_t at, const entry& moved) noexcept
    {
        entries_[at] = moved;
        moved.node->heap_position = static_cast<std::uint32_t>(at);
    }

    void settle(std::size_t at) noexcept
    {
        if (at > 0 && entries_[at].due < entries_[(at - 1) / 2].due)
            rise(at);
        else
            sink(at);
    }

    void rise(std::size_t at) noexcept
    {
        const entry moved = entries_[at];
        for (; at > 0 && moved.due < entries_[(at - 1) / 2].due; at = (at - 1) / 2)
            place(at, entries_[(at - 1) / 2]);
        place(at, moved);
    }

    void sink(std::size_t at) noexcept
    {
        const entry moved = entries_[at];
        for (std::size_t child; (child = 2 * at + 1) < entries_.size(); at = child) {
            if (child + 1 < entries_.size() && entries_[child + 1].due < entries_[child].due)
                ++child;
            if (!(entries_[child].due < moved.due))
                break;
            place(at, entries_[child]);
        }
        place(at, moved);
    }

    std::vector<entry> entries_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_DUE_HEAP_HPP
