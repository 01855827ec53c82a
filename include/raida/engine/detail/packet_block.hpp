// All packets of a fan-out, in one block of memory that is used again and again.
#ifndef RAIDA_ENGINE_DETAIL_PACKET_BLOCK_HPP
#define RAIDA_ENGINE_DETAIL_PACKET_BLOCK_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/wire/packet.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace raida::inline v1::detail {

/// A packet as the caller handed it in.
struct packet_view
{
    bytes_view bytes{};
    std::optional<signature> expected{}; ///< what its answer must carry, if that is known
};

/// Of a request's first bytes, the whole header at least.
[[nodiscard]] constexpr std::uint16_t echo_of(bytes_view packet) noexcept
{
    return load_big<2, std::uint16_t>(packet.data() + header_size - 2);
}

/// Entries of equal size for the servers that are asked: the size of a packet's body, the packet, and before
/// both the signature of its answer. Where every answer is to repeat its request's challenge, the signatures
/// are left out. Wiped after use: packets hold authenticity numbers.
template <std::size_t N>
class packet_block
{
  public:
    packet_block() = default;
    packet_block(const packet_block&) = delete;
    packet_block& operator=(const packet_block&) = delete;
    ~packet_block() { wipe(); }

    /// Packets of a header and at most 65,535 bytes more; an empty one takes no room.
    void store(const std::array<packet_view, N>& packets)
    {
        std::size_t longest = 0;
        has_signatures_ = false;
        for (std::size_t server = 0; server < N; ++server) {
            const packet_view& one = packets[server];
            longest = (std::max)(longest, one.bytes.size());
            present_[server] = !one.bytes.empty();
            has_signatures_ = has_signatures_ || !repeats_challenge(one);
        }
        stride_ = static_cast<std::uint32_t>(room_before() + longest);
        if (const std::size_t size = used(); bytes_.size() < size) {
            bytes_.clear(); // wiped already: a larger block copies nothing over
            bytes_.resize(size);
        }
        for (std::size_t server = 0; server < N; ++server)
            if (present_[server])
                store(packets[server], bytes_.data() + offset(server));
    }

    /// Of a server that is asked.
    [[nodiscard]] bytes_view packet(std::size_t server) const noexcept
    {
        const std::uint8_t* const at = bytes_.data() + offset(server) + room_before();
        return {at, header_size + load_big<2, std::uint16_t>(at - size_room)};
    }

    /// Bytes of the longest packet.
    [[nodiscard]] std::size_t longest() const noexcept { return stride_ - room_before(); }

    /// Only where one is known.
    [[nodiscard]] std::span<const std::uint8_t, 16> expected_signature(std::size_t server) const noexcept
    {
        const std::size_t at = has_signatures_ ? 0 : size_room + header_size;
        return std::span<const std::uint8_t, 16>{bytes_.data() + offset(server) + at, 16};
    }

    /// All of it, used or not.
    [[nodiscard]] bytes_view memory() const noexcept { return {bytes_.data(), bytes_.size()}; }

    void wipe() noexcept { detail::wipe(bytes_.data(), (std::min)(used(), bytes_.size())); }

  private:
    static constexpr std::size_t size_room = 2;

    static bool repeats_challenge(const packet_view& one) noexcept
    {
        return !one.expected ||
               (one.bytes.size() >= header_size + challenge_size &&
                std::equal(one.expected->begin(), one.expected->end(), one.bytes.begin() + header_size));
    }

    [[nodiscard]] std::size_t room_before() const noexcept
    {
        return (has_signatures_ ? sizeof(signature) : 0) + size_room;
    }

    [[nodiscard]] std::size_t used() const noexcept { return present_.count() * stride_; }

    [[nodiscard]] std::size_t offset(std::size_t server) const noexcept
    {
        const std::size_t before = present_.all() ? server : (present_ << (N - server)).count();
        return before * stride_;
    }

    void store(const packet_view& from, std::uint8_t* to) const
    {
        if (has_signatures_ && from.expected)
            std::copy(from.expected->begin(), from.expected->end(), to);
        to += room_before();
        store_big<2>(to - size_room, from.bytes.size() - header_size);
        std::copy(from.bytes.begin(), from.bytes.end(), to);
    }

    std::vector<std::uint8_t> bytes_;
    std::bitset<N> present_;
    std::uint32_t stride_ = 0;
    bool has_signatures_ = false;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_PACKET_BLOCK_HPP
