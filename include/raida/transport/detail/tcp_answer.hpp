// An answer that comes in pieces: where it ends, without a socket.
#ifndef RAIDA_TRANSPORT_DETAIL_TCP_ANSWER_HPP
#define RAIDA_TRANSPORT_DETAIL_TCP_ANSWER_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/wire/packet.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace raida::inline v1::detail {

/// Collects one response from a stream: a header, and as many bytes as its size field announces. That field
/// counts the terminator (measured; one document says to read two bytes more). Whose answer it is, and
/// whether the terminator is there, is judged where datagrams are judged.
///
///     while (answer.state() == tcp_answer::progress::incomplete)
///         answer.advance(read_into(answer.space()));
class tcp_answer
{
  public:
    enum class progress : std::uint8_t
    {
        incomplete, ///< space() says how many bytes are still wanted, at most
        complete,
        oversize ///< more is announced than is allowed: nothing of it was read
    };

    /// `limit`: bytes of the longest answer that is wanted, header and terminator included.
    explicit tcp_answer(std::size_t limit) : limit_{limit}, bytes_(wide_header_size) {}

    [[nodiscard]] progress state() const noexcept { return state_; }

    /// Nothing at all has come.
    [[nodiscard]] bool is_empty() const noexcept { return size_ == 0; }

    /// Where the next bytes belong. Not empty while incomplete; empty afterwards.
    [[nodiscard]] std::span<std::uint8_t> space() noexcept
    {
        if (state_ != progress::incomplete)
            return {};
        return std::span{bytes_}.subspan(size_);
    }

    /// `count` bytes of space() were filled.
    progress advance(std::size_t count)
    {
        size_ += (std::min)(count, space().size());
        if (state_ == progress::incomplete && size_ >= header_size)
            look();
        return state_;
    }

    /// Complete: the response. Oversize: its header. Before that: what has come.
    [[nodiscard]] bytes_view bytes() const noexcept { return bytes_view{bytes_}.first(size_); }

  private:
    // Errors about encryption can have a longer header (measured) that announces no body either. Where its
    // end has come along it is kept, but never waited for: the usual header looks the same up to there.
    static constexpr std::size_t wide_header_size = 48;

    void look()
    {
        const std::size_t announced = load_big<3, std::size_t>(bytes_.data() + 9);
        const std::size_t total = header_size + announced;
        if (total > limit_) {
            state_ = progress::oversize;
            size_ = header_size;
        } else if (announced == 0) {
            state_ = progress::complete;
            size_ = size_ < wide_header_size ? header_size : wide_header_size;
        } else if (size_ >= total) {
            state_ = progress::complete;
            size_ = total;
        } else {
            bytes_.resize(total);
        }
    }

    std::size_t limit_;
    std::vector<std::uint8_t> bytes_; // as much as is wanted; size_ of it has come
    std::size_t size_ = 0;
    progress state_ = progress::incomplete;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_TRANSPORT_DETAIL_TCP_ANSWER_HPP
