// What one embedded server knows, an authenticity number for each of its tokens, and how it loses a change.
#ifndef RAIDA_TESTING_DETAIL_LEDGER_HPP
#define RAIDA_TESTING_DETAIL_LEDGER_HPP

#include <raida/testing/detail/time_point.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

namespace raida::inline v1::testing::detail {

class ledger
{
  public:
    // Real servers take the page of a serial number (1,024 serials each) as 16 bits, so a token answers to 64
    // serial numbers. Which record a wrong denomination hits is not known: here it is an unknown token.
    static constexpr std::uint32_t alias_distance = std::uint32_t{1} << 26;

    explicit ledger(bool alias_serials = true) noexcept : alias_serials_{alias_serials} {}

    void alias_serials(bool yes) noexcept { alias_serials_ = yes; }

    // Changes reach the disk at every multiple of this; zero: at once.
    void flush_every(time_point::duration interval) noexcept { flush_interval_ = interval; }

    // In memory and on disk.
    void set(token_id id, const authenticity_number& number) { records_[key(id)] = {number, number}; }
    bool erase(token_id id) { return records_.erase(key(id)) != 0; }
    void clear() noexcept { records_.clear(); }
    [[nodiscard]] std::size_t size() const noexcept { return records_.size(); }

    // Null if unknown. Valid until the token is erased.
    [[nodiscard]] const authenticity_number* find(token_id id) const noexcept
    {
        const auto found = records_.find(key(id));
        return found == records_.end() ? nullptr : &found->second.held;
    }

    // In memory. Of a token that was not known its record is new on disk, too.
    void change(token_id id, const authenticity_number& number, time_point now)
    {
        record& one = records_.try_emplace(key(id), number, number).first->second;
        if (one.changed <= last_flush(now))
            one.saved = one.held;
        one.held = number;
        one.changed = now;
        std::erase(distrusted_, key(id)); // no longer another number than the one that was given
    }

    // What is left when the process ends.
    void forget(time_point now) noexcept
    {
        const time_point flushed = last_flush(now);
        for (auto& [key, one] : records_)
            if (one.changed > flushed)
                one.held = one.saved;
        lockers_.clear();
    }

    // Lockers are keys only: named by the first five bytes of theirs.
    using locker_name = std::array<std::uint8_t, 5>;
    void set_locker(const locker_name& name, const authenticity_number& number) { lockers_[name] = number; }
    bool erase_locker(const locker_name& name) { return lockers_.erase(name) != 0; }
    [[nodiscard]] const authenticity_number* find_locker(const locker_name& name) const noexcept
    {
        const auto found = lockers_.find(name);
        return found == lockers_.end() ? nullptr : &found->second;
    }

    // For these tokens no number matches from now on; what is held stays as it is.
    void distrust(std::span<const token_id> ids)
    {
        distrusted_.clear();
        for (const token_id id : ids)
            distrusted_.push_back(key(id));
        std::sort(distrusted_.begin(), distrusted_.end());
    }

    [[nodiscard]] bool is_distrusted(token_id id) const noexcept
    {
        return !distrusted_.empty() && std::binary_search(distrusted_.begin(), distrusted_.end(), key(id));
    }

  private:
    struct record
    {
        record() = default;
        record(const authenticity_number& in_memory, const authenticity_number& on_disk) noexcept
            : held{in_memory}, saved{on_disk}
        {}

        authenticity_number held, saved; // in memory, and on disk when it was `changed`
        time_point changed = (time_point::min)();
    };

    [[nodiscard]] time_point last_flush(time_point now) const noexcept
    {
        return flush_interval_ <= flush_interval_.zero() ? now
                                                         : now - now.time_since_epoch() % flush_interval_;
    }

    // The record that an id leads to.
    [[nodiscard]] std::uint64_t key(token_id id) const noexcept
    {
        if (alias_serials_)
            id.serial.value %= alias_distance;
        return id.key();
    }

    std::unordered_map<std::uint64_t, record> records_;
    std::map<locker_name, authenticity_number> lockers_;
    std::vector<std::uint64_t> distrusted_;
    time_point::duration flush_interval_{};
    bool alias_serials_;
};

// A server reads a page, changes it and writes it back: whoever read it before that writes the old numbers
// back, though the first pown was answered 241.
class page_race
{
  public:
    // Two powns within this time are at work at the same moment. Zero: none ever is.
    void window(time_point::duration within) noexcept { window_ = within; }

    // A pown begins with a token. What others have just changed on its page is as it was.
    void enter(token_id token, ledger& tokens, time_point now)
    {
        std::erase_if(changes_, [&](const change& one) { return one.at + window_ <= now; });
        const auto is_lost = [page = page_of(token)](const change& one) {
            return page_of(one.token) == page;
        };
        for (auto one = changes_.rbegin(); one != changes_.rend();
             ++one) // of a token's changes the first one last
            if (is_lost(*one))
                tokens.change(one->token, one->before, now);
        std::erase_if(changes_, is_lost);
    }

    // It has changed a token.
    void note(token_id token, const authenticity_number& before, time_point now)
    {
        if (window_ > window_.zero())
            changes_.push_back({token, before, now});
    }

    void clear() noexcept { changes_.clear(); }

  private:
    struct change
    {
        token_id token;
        authenticity_number before;
        time_point at;
    };

    static std::uint64_t page_of(token_id token) noexcept
    {
        token.serial.value /= 1024;
        return token.key();
    }

    time_point::duration window_{};
    std::vector<change> changes_;
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_LEDGER_HPP
