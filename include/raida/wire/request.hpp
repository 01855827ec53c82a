// Requests as bytes: one that owns itself, and one per server in a single block.
#ifndef RAIDA_WIRE_REQUEST_HPP
#define RAIDA_WIRE_REQUEST_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/wire/packet.hpp>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace raida::inline v1 {

/// A request that somebody else owns and keeps alive. Empty bytes leave its server out.
struct request_view
{
    bytes_view bytes{};                            ///< header, challenge, payload, terminator
    std::optional<signature> expected_signature{}; ///< what its answer must carry, where that is known
};

/// A request that owns its bytes, which may hold secrets, and wipes them. Any contiguous range of
/// std::uint8_t is copied into it: `raida::request{packet, signature}`.
struct request
{
    secret_bytes bytes{};                          ///< as a request_view's
    std::optional<signature> expected_signature{}; ///< what its answer must carry, where that is known

    /// Valid as long as this object.
    operator request_view() const noexcept { return {bytes, expected_signature}; }
};

/// One request per server: a range of N `request_view`s into one block of memory that this object owns and
/// wipes. Object lifetimes: the views are valid as long as this object, and survive its being moved. Thread
/// safety: distinct objects safe; const use of a shared one safe.
template <std::size_t N = server_count>
class requests
{
  public:
    using value_type = request_view;
    using const_iterator = const request_view*;

    /// N empty requests: no server is asked.
    requests() noexcept = default;

    /// N requests of `size` zeros each, to be written through writable().
    explicit requests(std::size_t size) : requests{all(size)} {}

    /// The same, to each server one of its own size.
    explicit requests(const std::array<std::size_t, N>& sizes)
    {
        std::size_t sum = 0;
        for (const std::size_t size : sizes)
            sum += size;
        block_ = secret_bytes{sum};
        bytes_view rest = block_;
        for (std::size_t server = 0; server < N; ++server) {
            views_[server].bytes = rest.first(sizes[server]);
            rest = rest.subspan(sizes[server]);
        }
    }

    requests(const requests& other) : block_{other.block_}, views_{other.views_}
    {
        for (request_view& view : views_)
            if (!view.bytes.empty())
                view.bytes = {block_.data() + (view.bytes.data() - other.block_.data()), view.bytes.size()};
    }
    requests(requests&& other) noexcept
        : block_{std::move(other.block_)}, views_{std::exchange(other.views_, {})}
    {}
    requests& operator=(requests other) noexcept
    {
        block_ = std::move(other.block_);
        views_ = other.views_;
        return *this;
    }
    ~requests() = default;

    [[nodiscard]] const request_view& operator[](std::size_t server) const noexcept
    {
        assert(server < N);
        return views_[server];
    }
    [[nodiscard]] const_iterator begin() const noexcept { return views_.data(); }
    [[nodiscard]] const_iterator end() const noexcept { return views_.data() + N; }
    [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }

    /// The bytes for `server`, to be written or changed; its expected signature is not touched.
    [[nodiscard]] std::span<std::uint8_t> writable(std::size_t server) noexcept
    {
        const bytes_view view = (*this)[server].bytes;
        return {const_cast<std::uint8_t*>(view.data()), view.size()}; // they are block_'s
    }

    /// Says what the answer of `server` must carry.
    void expect(std::size_t server, std::optional<signature> expected) noexcept
    {
        assert(server < N);
        views_[server].expected_signature = expected;
    }

    /// Leaves `server` out.
    void skip(std::size_t server) noexcept
    {
        assert(server < N);
        views_[server] = {};
    }

  private:
    static std::array<std::size_t, N> all(std::size_t size) noexcept
    {
        std::array<std::size_t, N> sizes;
        sizes.fill(size);
        return sizes;
    }

    secret_bytes block_;
    std::array<request_view, N> views_{};
};

} // namespace raida::inline v1

#endif // RAIDA_WIRE_REQUEST_HPP
