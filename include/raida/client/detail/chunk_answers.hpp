// The answers to one chunk, whichever parts the servers were asked about.
#ifndef RAIDA_CLIENT_DETAIL_CHUNK_ANSWERS_HPP
#define RAIDA_CLIENT_DETAIL_CHUNK_ANSWERS_HPP

#include <raida/base/errc.hpp>
#include <raida/wire/bitfield.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/status.hpp>

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace raida::inline v1::detail {

/// As if each server had been asked about the whole chunk. Of a server that was asked about parts the answers
/// are put together once they cover the chunk; until then, and if they never do, its slot says what the last
/// part that was no vote said.
template <std::size_t N>
class chunk_answers
{
  public:
    chunk_answers(std::size_t first, std::size_t count, const std::bitset<N>& servers, bit_order order)
        : first_{first}, count_{count}, order_{order}
    {
        for (std::size_t i = 0; i < N; ++i)
            if (!servers[i])
                whole_.fail(i, errc::skipped, {}, 0);
    }

    /// What these servers answered about a part, which may be the whole.
    void take(std::size_t first, std::size_t count, const replies<N>& answers, const std::bitset<N>& servers)
    {
        for (std::size_t i = 0; i < N; ++i)
            if (servers[i] && count == count_)
                stand(answers[i]);
            else if (servers[i])
                take_part(first - first_, count, answers[i]);
    }

    [[nodiscard]] const replies<N>& whole() const noexcept { return whole_; }

    [[nodiscard]] chunk_answers clone() const
    {
        chunk_answers copy{first_, count_, {}, order_};
        copy.whole_ = whole_.clone();
        copy.parts_ = parts_;
        return copy;
    }

  private:
    struct parts
    {
        std::vector<bool> passes;
        std::size_t known = 0;
    };

    // The slot says this.
    void stand(const reply& one)
    {
        if (one.error)
            whole_.fail(one.server, one.error, one.latency, one.attempts);
        else
            whole_.answer(one.server, one.datagram, one.verified, one.latency, one.attempts);
        if (one.hint)
            whole_.hint(one.server, *one.hint);
    }

    void take_part(std::size_t from, std::size_t count, const reply& part)
    {
        const status what = part && part.verified ? part.status() : status{};
        const bitfield bits{part.body(), count, order_};
        const bool is_mixed = what == status::mixed && bits.is_well_formed() && bits.is_mixed();
        if (what == status::mixed && !is_mixed) // of the whole it might be one
            return whole_.fail(part.server, errc::malformed_response, part.latency, part.attempts);
        if (what != status::all_pass && what != status::all_fail && !is_mixed)
            return stand(part);
        auto& of = parts_[part.server];
        of.passes.resize(count_);
        for (std::size_t i = 0; i < count; ++i)
            of.passes[from + i] = is_mixed ? bits[i] : what == status::all_pass;
        of.known += count;
        if (of.known == count_)
            join(of.passes, part);
    }

    // As the server would have answered if it had taken the whole; `last` is its last part.
    void join(const std::vector<bool>& passes, const reply& last)
    {
        std::size_t passed = 0;
        std::vector<std::uint8_t> datagram(header_size + bitfield::bytes_for(count_) + terminator_size);
        for (std::size_t i = 0; i < count_; ++i)
            if (passes[i]) {
                ++passed;
                const auto bit = order_ == bit_order::lsb_first ? i % 8 : 7 - i % 8;
                datagram[header_size + i / 8] |= static_cast<std::uint8_t>(1U << bit);
            }
        response_header header = last.header();
        header.status = passed == count_ ? status::all_pass : passed == 0 ? status::all_fail : status::mixed;
        if (header.status != status::mixed)
            datagram.resize(header_size);
        header.body_size = static_cast<std::uint32_t>(datagram.size() - header_size);
        header.write(datagram.data());
        if (header.body_size != 0)
            datagram[datagram.size() - 2] = datagram[datagram.size() - 1] = terminator_byte;
        whole_.answer(last.server, datagram, true, last.latency, last.attempts);
    }

    std::size_t first_, count_;
    bit_order order_;
    replies<N> whole_;
    std::array<parts, N> parts_{};
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_CHUNK_ANSWERS_HPP
