// What one embedded server knows: an authenticity number for each of its tokens.
#ifndef RAIDA_TESTING_DETAIL_LEDGER_HPP
#define RAIDA_TESTING_DETAIL_LEDGER_HPP

#include <raida/base/version.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

namespace raida::inline v1 {
namespace testing::detail {

class ledger
{
  public:
    // Real servers take the page of a serial number (1,024 serials each) as 16 bits, so a token answers to 64
    // serial numbers. Which record a wrong denomination hits is not known: here it is an unknown token.
    static constexpr std::uint32_t alias_distance = std::uint32_t{1} << 26;

    explicit ledger(bool alias_serials = true) noexcept : alias_serials_{alias_serials} {}

    void alias_serials(bool yes) noexcept { alias_serials_ = yes; }

    void set(token_id id, const authenticity_number& number) { numbers_[key(id)] = number; }
    bool erase(token_id id) { return numbers_.erase(key(id)) != 0; }
    void clear() noexcept { numbers_.clear(); }
    [[nodiscard]] std::size_t size() const noexcept { return numbers_.size(); }

    // Null if unknown. Valid until the token is erased.
    [[nodiscard]] authenticity_number* find(token_id id) noexcept
    {
        const auto found = numbers_.find(key(id));
        return found == numbers_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] const authenticity_number* find(token_id id) const noexcept
    {
        return const_cast<ledger*>(this)->find(id);
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
    // The record that an id leads to.
    [[nodiscard]] std::uint64_t key(token_id id) const noexcept
    {
        if (alias_serials_)
            id.serial.value %= alias_distance;
        return id.key();
    }

    std::unordered_map<std::uint64_t, authenticity_number> numbers_;
    std::map<locker_name, authenticity_number> lockers_;
    std::vector<std::uint64_t> distrusted_;
    bool alias_serials_;
};

} // namespace testing::detail
} // namespace raida::inline v1

#endif // RAIDA_TESTING_DETAIL_LEDGER_HPP
