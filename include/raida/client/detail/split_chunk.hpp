// The votes of one server on a chunk that it would only take in parts.
#ifndef RAIDA_CLIENT_DETAIL_SPLIT_CHUNK_HPP
#define RAIDA_CLIENT_DETAIL_SPLIT_CHUNK_HPP

#include <raida/wire/bitfield.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/status.hpp>

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// Everybody's answers to a chunk, and what is added of those servers that found it too long. Only a server
/// whose answers cover the whole chunk gets its vote.
template <std::size_t N>
class split_chunk
{
  public:
    split_chunk(std::size_t first, std::size_t count, replies<N> whole, bit_order order)
        : first_{first}, count_{count}, whole_{std::move(whole)}, order_{order}
    {}

    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    [[nodiscard]] bool covers(std::size_t token) const noexcept { return token - first_ < count_; }

    /// Answers of these servers to a part.
    void add(std::size_t first, std::size_t count, const replies<N>& answers, std::bitset<N> servers)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (servers[i] && answers[i] && answers[i].verified)
                add(first - first_, count, answers[i]);
    }

    /// The answers as they would be if nobody had complained.
    [[nodiscard]] const replies<N>& joined()
    {
        for (std::size_t i = 0; i < N; ++i)
            if (known_[i] == count_)
                join(i);
        return whole_;
    }

  private:
    void add(std::size_t from, std::size_t count, const reply& part)
    {
        const status what = part.status();
        const bitfield bits{part.body(), count, order_};
        const bool is_mixed = what == status::mixed && bits.is_well_formed() && bits.is_mixed();
        if (what != status::all_pass && what != status::all_fail && !is_mixed)
            return;
        auto& passes = passes_[part.server];
        passes.resize(count_);
        for (std::size_t i = 0; i < count; ++i)
            passes[from + i] = is_mixed ? bits[i] : what == status::all_pass;
        known_[part.server] += count;
        last_[part.server] = part.header();
        latency_[part.server] = part.latency;
    }

    void join(std::size_t server)
    {
        std::size_t passed = 0;
        std::vector<std::uint8_t> datagram(header_size + (count_ + 7) / 8 + terminator_size);
        for (std::size_t i = 0; i < count_; ++i)
            if (passes_[server][i]) {
                ++passed;
                const auto bit = order_ == bit_order::lsb_first ? i % 8 : 7 - i % 8;
                datagram[header_size + i / 8] |= static_cast<std::uint8_t>(1U << bit);
            }
        response_header header = last_[server];
        header.status = passed == count_ ? status::all_pass : passed == 0 ? status::all_fail : status::mixed;
        if (header.status != status::mixed)
            datagram.resize(header_size);
        header.body_size = static_cast<std::uint32_t>(datagram.size() - header_size);
        header.write(datagram.data());
        if (header.body_size != 0)
            datagram[datagram.size() - 2] = datagram[datagram.size() - 1] = terminator_byte;
        whole_.answer(server, datagram, true, latency_[server], whole_[server].attempts);
    }

    std::size_t first_, count_;
    replies<N> whole_;
    bit_order order_;
    std::array<std::vector<bool>, N> passes_{};
    std::array<std::size_t, N> known_{};
    std::array<response_header, N> last_{};
    std::array<std::chrono::nanoseconds, N> latency_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_SPLIT_CHUNK_HPP
