// What came back: one reply per server, kept by server id, and the block of bytes that all of them share.
#ifndef RAIDA_WIRE_REPLY_HPP
#define RAIDA_WIRE_REPLY_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/errc.hpp>
#include <raida/base/printing.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/status.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1 {

/// One server's slot of a fan-out: its answer, or the reason why there is none.
///
/// `datagram` and what `body()` returns view memory of the `replies` that holds this slot.
struct reply
{
    std::size_t server = 0; ///< the server's id, which is also the slot's index
    std::error_code error = make_error_code(errc::pending); ///< empty: answered
    bytes_view datagram{};                                  ///< the whole answer, header and terminator too
    std::chrono::nanoseconds latency{};                     ///< from the last send to the end of the slot
    unsigned attempts = 0;                                  ///< datagrams sent; 0: never asked
    bool verified = false;                                  ///< the signature proved whose answer it is
    std::optional<raida::status> hint{}; ///< an error status that could not be proved to be ours

    /// True when the server answered; the answer may still be an error status.
    [[nodiscard]] explicit operator bool() const noexcept { return !error; }

    /// The parsed header; all zero when there is no answer.
    [[nodiscard]] response_header header() const noexcept
    {
        if (error)
            return {};
        return response_header::parse(datagram).value_or(response_header{});
    }

    /// The answer's status; `status{}` (0, which no server sends for our commands) when there is no answer.
    [[nodiscard]] raida::status status() const noexcept
    {
        return error || datagram.size() < header_size ? raida::status{}
                                                      : static_cast<raida::status>(datagram[2]);
    }

    /// The answer's body without its terminator; empty when there is none.
    [[nodiscard]] bytes_view body() const noexcept
    {
        if (error || shape_of(datagram) != response_shape::well_formed)
            return {};
        return response_body(datagram);
    }
};

/// "server 7: all pass (241), 1.3 ms", "server 8: no answer before the deadline, 3000.0 ms"
[[nodiscard]] inline std::string to_string(const reply& of)
{
    std::string text =
        "server " + std::to_string(of.server) + ": " + (of ? describe(of.status()) : of.error.message());
    if (of && !of.verified)
        text += ", not verified";
    if (of.hint)
        text += ", hint: " + describe(*of.hint);
    if (of.attempts == 0)
        return text;
    detail::add_milliseconds(text.append(", "), of.latency.count());
    return text;
}

/// N slots, one per server: slot i is server i, in whatever order the answers came.
///
/// Owns the bytes of all answers in one block. Move-only, since spans point into the block; moving keeps them
/// valid, `clone()` copies. Distinct objects: safe. Shared objects: unsafe.
template <std::size_t N = server_count>
class replies
{
  public:
    replies() noexcept { reset(); }

    replies(replies&& other) noexcept { take(other); }

    replies& operator=(replies&& other) noexcept
    {
        if (this != &other)
            take(other);
        return *this;
    }

    replies(const replies&) = delete;
    replies& operator=(const replies&) = delete;
    ~replies() = default;

    /// A copy with a block of its own.
    [[nodiscard]] replies clone() const
    {
        replies copy;
        copy.reserve(used_);
        for (std::size_t i = 0; i < N; ++i) {
            copy.slots_[i] = slots_[i];
            copy.slots_[i].datagram = copy.keep(slots_[i].datagram);
        }
        return copy;
    }

    [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }
    [[nodiscard]] const reply& operator[](std::size_t server) const noexcept { return slots_[server]; }
    [[nodiscard]] auto begin() const noexcept { return slots_.begin(); }
    [[nodiscard]] auto end() const noexcept { return slots_.end(); }

    /// How many servers answered.
    [[nodiscard]] std::size_t answered() const noexcept
    {
        return static_cast<std::size_t>(
            std::count_if(begin(), end(), [](const reply& r) { return !r.error; }));
    }

    /// Makes every slot pending again and keeps the memory.
    void reset() noexcept
    {
        used_ = 0;
        for (std::size_t i = 0; i < N; ++i) {
            slots_[i] = reply{};
            slots_[i].server = i;
        }
    }

    /// Makes room for `size` bytes of answers, so that storing them allocates nothing.
    void reserve(std::size_t size)
    {
        if (size > block_.size())
            grow(size);
    }

    /// Stores a copy of an answer. The engine does this; so may tests and other transports.
    void answer(std::size_t server, bytes_view datagram, bool verified = true,
                std::chrono::nanoseconds latency = {}, unsigned attempts = 1)
    {
        hold(server, datagram, latency);
        accept_held(server, attempts);
        slots_[server].verified = verified;
    }

    /// Ends a slot without an answer.
    void fail(std::size_t server, std::error_code error, std::chrono::nanoseconds latency = {},
              unsigned attempts = 1)
    {
        reply& slot = slots_[server];
        slot.error = error;
        slot.datagram = {};
        slot.verified = false;
        slot.latency = latency;
        slot.attempts = attempts;
    }

    /// Keeps an answer while the slot goes on waiting for a better one; `accept_held` settles for it.
    void hold(std::size_t server, bytes_view datagram, std::chrono::nanoseconds latency = {})
    {
        slots_[server].datagram = keep(datagram);
        slots_[server].latency = latency;
    }

    /// Ends a slot with the unverified answer that was held.
    void accept_held(std::size_t server, unsigned attempts = 1) noexcept
    {
        slots_[server].error = {};
        slots_[server].attempts = attempts;
    }

    /// The bytes of an answer, to be changed in place: a codec opens sealed bodies so. Empty if there are
    /// none.
    [[nodiscard]] std::span<std::uint8_t> writable(std::size_t server) noexcept
    {
        const bytes_view seen = slots_[server].datagram;
        if (seen.empty())
            return {};
        return {block_.data() + (seen.data() - block_.data()), seen.size()};
    }

    /// Says whether an answer is known to be its server's, and readable: one that is not is no vote.
    void verify(std::size_t server, bool verified) noexcept { slots_[server].verified = verified; }

    /// Notes an error status that may or may not be meant for this slot.
    void hint(std::size_t server, raida::status seen) noexcept { slots_[server].hint = seen; }

  private:
    bytes_view keep(bytes_view datagram)
    {
        std::vector<std::uint8_t> former; // until the copy is made: the datagram may stand in it
        if (used_ + datagram.size() > block_.size())
            former = grow((std::max)(used_ + datagram.size(), 2 * block_.size()));
        auto* to = block_.data() + used_;
        detail::copy_bytes(datagram.data(), datagram.size(), to);
        used_ += datagram.size();
        return {to, datagram.size()};
    }

    std::vector<std::uint8_t> grow(std::size_t size)
    {
        std::vector<std::uint8_t> block((std::max)(size, N * std::size_t{48})); // all short answers at once
        detail::copy_bytes(block_.data(), used_, block.data());
        for (reply& slot : slots_)
            if (!slot.datagram.empty())
                slot.datagram = {block.data() + (slot.datagram.data() - block_.data()), slot.datagram.size()};
        block_.swap(block);
        return block;
    }

    void take(replies& other) noexcept
    {
        slots_ = other.slots_;
        block_ = std::exchange(other.block_, {});
        used_ = other.used_;
        other.reset();
    }

    std::array<reply, N> slots_;
    std::vector<std::uint8_t> block_; // all of its size is room
    std::size_t used_ = 0;
};

} // namespace raida::inline v1

#endif // RAIDA_WIRE_REPLY_HPP
