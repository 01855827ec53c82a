// A batch of any size: cut into datagrams, several in flight together, in parts for servers that take no
// more, finished as soon as nothing can change any more. No I/O.
#ifndef RAIDA_CLIENT_DETAIL_BATCH_MACHINE_HPP
#define RAIDA_CLIENT_DETAIL_BATCH_MACHINE_HPP

#include <raida/client/call_options.hpp>
#include <raida/client/detail/cutting.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/reply.hpp>
#include <raida/wire/token.hpp>

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// Servers for which a token has a number. A number that is missing (zero) proves nothing, so there the token
/// is not asked for.
template <std::size_t N>
std::bitset<N> numbered(const basic_token<N>& token) noexcept
{
    const auto is_zero = [](const authenticity_number& one) { return one.is_zero(); };
    std::bitset<N> servers;
    servers.set();
    const auto end = token.numbers.end();
    for (auto at = token.numbers.begin(); (at = std::find_if(at, end, is_zero)) != end; ++at)
        servers.reset(static_cast<std::size_t>(at - token.numbers.begin())); // hardly ever
    return servers;
}

/// What is asked in one datagram per server: these tokens, of these servers.
template <std::size_t N>
struct piece
{
    std::size_t first = 0, count = 0;
    std::bitset<N> servers{};
};

/// Tokens are cut into chunks; every server is asked about a whole chunk, or about parts of it. `Book` keeps
/// the answers chunk by chunk:
///   wants_parts(reply, readable): the server must be asked again, in halves
///   is_decided(piece, so far, open): nothing that is still out can change anything
///   take(chunk, part, answers, servers): what came of a part
///   close(chunk) -> decided tokens: nothing more will come
template <std::size_t N, class Book>
class batch_machine
{
  public:
    using id_type = std::uint32_t;

    struct rules
    {
        wait_for wait = wait_for::decided;
        std::size_t window = 200; ///< pieces in flight
        bool is_sealed = false;   ///< servers' sizes that kill are avoided
    };

    batch_machine(std::span<const basic_token<N>> tokens, const rules& how, Book book)
        : tokens_{tokens}, rules_{how}, book_{std::move(book)}
    {
        rules_.window = std::max<std::size_t>(rules_.window, 1);
    }

    /// The next piece to ask, if one may be asked now. `most(server)`: tokens that it takes at once.
    template <class Most>
    std::optional<std::pair<id_type, piece<N>>> next(const Most& most)
    {
        if (asked_.size() >= rules_.window || has_stopped_)
            return std::nullopt;
        while (queue_.empty() && next_ != tokens_.size()) // tokens without any number are asked of nobody
            cut_chunk(most);
        if (queue_.empty())
            return std::nullopt;
        const auto id = next_id_++;
        const auto [chunk, part] = queue_.front();
        queue_.pop_front();
        asked_.emplace(id, question{chunk, part, {}});
        return std::pair{id, part};
    }

    /// A slot of a piece has its last word. True if it is to be asked in two halves.
    bool settled(id_type id, const reply& one, bool readable)
    {
        question& of = asked_.at(id);
        if (of.part.count == 1 || has_stopped_ || !book_.wants_parts(one, readable))
            return false;
        of.again.set(one.server);
        return true;
    }

    /// Nothing that a server could still say about the chunk of this piece matters.
    [[nodiscard]] bool has_enough(id_type id, const replies<N>& so_far, const std::bitset<N>& open)
    {
        question& of = asked_.at(id);
        chunk_state& in = chunks_.at(of.chunk);
        if (rules_.wait == wait_for::all || in.is_decided)
            return in.is_decided;
        const piece<N> whole{of.chunk, in.count, in.servers};
        in.is_decided = book_.is_decided(whole, of.part, so_far, open | of.again, in.pieces == 1);
        return in.is_decided;
    }

    /// Pieces whose chunk was decided by another one: nobody waits for them any more.
    [[nodiscard]] std::vector<id_type> no_longer_wanted() const
    {
        std::vector<id_type> ids;
        for (const auto& [id, of] : asked_)
            if (chunks_.at(of.chunk).is_decided)
                ids.push_back(id);
        return ids;
    }

    /// A piece is over. An error: nothing was asked.
    void finished(id_type id, std::error_code error, replies<N>& answers)
    {
        const question of = asked_.at(id);
        asked_.erase(id);
        chunk_state& in = chunks_.at(of.chunk);
        const bool goes_on = !error && !in.is_decided && !has_stopped_;
        const auto again = goes_on ? of.again : std::bitset<N>{};
        if (!error)
            book_.take({of.chunk, in.count, in.servers}, of.part, answers, of.part.servers & ~again);
        if (again.any())
            halve(of, again);
        if (!goes_on)
            drop_queued(of.chunk);
        if (--in.pieces == 0)
            close(of.chunk);
    }

    /// Nothing more is asked: what is in flight is still to be finished.
    void stop()
    {
        has_stopped_ = true;
        for (const auto& [first, part] : std::exchange(queue_, {}))
            if (--chunks_.at(first).pieces == 0)
                close(first);
    }

    [[nodiscard]] bool is_over() const noexcept
    {
        return asked_.empty() && queue_.empty() && (has_stopped_ || next_ == tokens_.size());
    }
    [[nodiscard]] std::size_t in_flight() const noexcept { return asked_.size(); }
    [[nodiscard]] const piece<N>& asked(id_type id) const { return asked_.at(id).part; }

    /// Tokens about which nothing can change any more.
    [[nodiscard]] std::size_t decided() const noexcept { return decided_; }

    /// Once it is over: every token of the batch is in the result, asked or not.
    [[nodiscard]] auto take() &&
    {
        while (next_ != tokens_.size()) {
            const std::size_t first = next_;
            const auto servers = numbered(tokens_[first]);
            next_ += run(first, servers);
            book_.close({first, next_ - first, servers});
        }
        return std::move(book_).take();
    }

  private:
    struct chunk_state
    {
        std::size_t count = 0;
        std::bitset<N> servers{};
        std::size_t pieces = 0; ///< asked, or to be asked
        bool is_decided = false;
    };
    struct question
    {
        std::size_t chunk;
        piece<N> part;
        std::bitset<N> again; ///< in halves
    };

    // Tokens from `first` on that are asked of the same servers.
    [[nodiscard]] std::size_t run(std::size_t first, const std::bitset<N>& servers,
                                  std::size_t most = static_cast<std::size_t>(-1)) const
    {
        std::size_t count = 1;
        while (count < most && first + count < tokens_.size() && numbered(tokens_[first + count]) == servers)
            ++count;
        return count;
    }

    // As large as the server with the largest datagrams takes it; the others get parts.
    template <class Most>
    void cut_chunk(const Most& most)
    {
        const auto servers = numbered(tokens_[next_]);
        std::size_t largest = 1;
        std::array<std::size_t, N> takes{};
        for (std::size_t i = 0; i < N; ++i)
            if (servers[i])
                largest = (std::max)(largest, takes[i] = std::max<std::size_t>(1, most(i)));
        const std::size_t left = run(next_, servers, largest + 2); // all that matters to cut()
        chunk_state made{.count = cut(left, largest, rules_.is_sealed), .servers = servers};
        std::map<std::size_t, std::bitset<N>, std::greater<>> sizes; // the whole chunk first
        for (std::size_t i = 0; i < N; ++i)
            if (servers[i])
                sizes[(std::min)(takes[i], made.count)].set(i);
        for (const auto& [size, who] : sizes)
            for (std::size_t at = 0, part = 0; at < made.count; at += part, ++made.pieces) {
                part = cut(made.count - at, size, rules_.is_sealed);
                queue_.push_back({next_, {next_ + at, part, who}});
            }
        if (servers.none())
            decided_ += book_.close({next_, made.count, servers});
        else
            chunks_.emplace(next_, made);
        next_ += made.count;
    }

    void halve(const question& of, const std::bitset<N>& again)
    {
        const auto place = queue_.begin();
        std::vector<std::pair<std::size_t, piece<N>>> parts;
        for (std::size_t at = 0, part = 0; at < of.part.count; at += part) {
            part = cut(of.part.count - at, (of.part.count + 1) / 2, rules_.is_sealed);
            parts.push_back({of.chunk, {of.part.first + at, part, again}});
        }
        queue_.insert(place, parts.begin(), parts.end());
        chunks_.at(of.chunk).pieces += parts.size();
    }

    void drop_queued(std::size_t chunk)
    {
        chunks_.at(chunk).pieces -=
            std::erase_if(queue_, [chunk](const auto& one) { return one.first == chunk; });
    }

    void close(std::size_t first)
    {
        const auto done = chunks_.extract(first);
        decided_ += book_.close({first, done.mapped().count, done.mapped().servers});
    }

    std::span<const basic_token<N>> tokens_;
    rules rules_;
    Book book_;
    std::size_t next_ = 0; // the first token that was not cut yet
    std::size_t decided_ = 0;
    id_type next_id_ = 0;
    bool has_stopped_ = false;
    std::map<std::size_t, chunk_state> chunks_; // in flight, by first token
    std::map<id_type, question> asked_;
    std::deque<std::pair<std::size_t, piece<N>>> queue_; // with the first token of the chunk
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_BATCH_MACHINE_HPP
