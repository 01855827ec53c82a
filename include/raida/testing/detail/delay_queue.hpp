// Datagrams that wait for their time.
#ifndef RAIDA_TESTING_DETAIL_DELAY_QUEUE_HPP
#define RAIDA_TESTING_DETAIL_DELAY_QUEUE_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/testing/detail/time_point.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace raida::inline v1::testing::detail {

// A heap by time, first come first served among equals. The memory of datagrams that left is used again.
template <class Peer>
class delay_queue
{
  public:
    struct entry
    {
        time_point due;
        std::uint64_t order;
        Peer to;
        bool foreign;
        std::vector<std::uint8_t> bytes;
    };

    void push(time_point due, const Peer& to, bytes_view bytes, bool foreign)
    {
        std::vector<std::uint8_t> memory;
        if (!spare_.empty()) {
            memory = std::move(spare_.back());
            spare_.pop_back();
        }
        memory.assign(bytes.begin(), bytes.end());
        heap_.push_back({due, next_order_++, to, foreign, std::move(memory)});
        std::push_heap(heap_.begin(), heap_.end(), later);
    }

    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }
    [[nodiscard]] std::optional<time_point> due() const noexcept
    {
        return heap_.empty() ? std::nullopt : std::optional{heap_.front().due};
    }

    // Hands over the first one that is due, in order of time. Give its memory back with recycle().
    [[nodiscard]] std::optional<entry> pop(time_point now)
    {
        if (heap_.empty() || heap_.front().due > now)
            return std::nullopt;
        std::pop_heap(heap_.begin(), heap_.end(), later);
        std::optional<entry> first{std::move(heap_.back())};
        heap_.pop_back();
        return first;
    }

    void recycle(entry&& done) { spare_.push_back(std::move(done.bytes)); }

    void clear()
    {
        for (entry& waiting : heap_)
            spare_.push_back(std::move(waiting.bytes));
        heap_.clear();
    }

  private:
    static bool later(const entry& left, const entry& right) noexcept
    {
        return left.due != right.due ? left.due > right.due : left.order > right.order;
    }

    std::vector<entry> heap_;
    std::vector<std::vector<std::uint8_t>> spare_;
    std::uint64_t next_order_ = 0;
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_DELAY_QUEUE_HPP
