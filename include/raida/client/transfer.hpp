// What became of a pown: which authenticity number each server holds for each token, as far as that is known.
#ifndef RAIDA_CLIENT_TRANSFER_HPP
#define RAIDA_CLIENT_TRANSFER_HPP

#include <raida/base/printing.hpp>
#include <raida/client/transfer_record.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace raida::inline v1 {

/// What a pown did to one token. Never "counterfeit": a repeated datagram is answered like a wrong number.
enum class transfer_outcome : std::uint8_t
{
    unknown,         ///< too much is open: keep both numbers and ask again
    transferred,     ///< a quorum holds the new number
    not_transferred, ///< a quorum holds the old one
    split,           ///< all that can be asked is known, and no quorum holds the same
    taken            ///< a quorum holds neither: it belongs to somebody else
};

/// "transferred", "not transferred", ...
[[nodiscard]] constexpr std::string_view to_string(transfer_outcome of) noexcept
{
    using enum transfer_outcome;
    return detail::name_of(of, "unknown",
                           {{transferred, "transferred"},
                            {not_transferred, "not transferred"},
                            {split, "split"},
                            {taken, "taken"}});
}

/// The result of a pown or of a recovery. Indices are those of the batch given; out of range throws
/// std::out_of_range. Copyable; holds secrets. Thread safety: distinct objects safe, shared objects unsafe.
template <std::size_t N = server_count>
class transfer
{
  public:
    using clock = std::chrono::system_clock;

    transfer() = default;

    /// `quorum`: how many servers must hold the same, margin included; 0 means N/2+1.
    explicit transfer(transfer_record<N> record, std::size_t quorum = 0)
        : record_{std::move(record)}, quorum_{quorum == 0 ? N / 2 + 1 : quorum}
    {
        record_.holdings.resize(record_.tokens.size());
    }

    [[nodiscard]] std::size_t token_count() const noexcept { return record_.tokens.size(); }
    /// Servers that must hold the same.
    [[nodiscard]] std::size_t quorum() const noexcept { return quorum_; }
    /// What a server holds of a token, as far as that is known.
    [[nodiscard]] holding at(std::size_t token, std::size_t server) const
    {
        return record_.holdings.at(token).at(server);
    }
    /// Notes it.
    void set(std::size_t token, std::size_t server, holding known)
    {
        record_.holdings.at(token).at(server) = known;
    }

    /// Servers that hold this of a token.
    [[nodiscard]] std::size_t count(std::size_t token, holding which) const
    {
        const auto& of = record_.holdings.at(token);
        return static_cast<std::size_t>(std::count(of.begin(), of.end(), which));
    }

    /// `quorum` 0 means that of this transfer.
    [[nodiscard]] transfer_outcome outcome(std::size_t token, std::size_t quorum = 0) const
    {
        const std::size_t needed = quorum == 0 ? quorum_ : quorum;
        if (count(token, holding::new_number) >= needed)
            return transfer_outcome::transferred;
        if (count(token, holding::neither) >= needed)
            return transfer_outcome::taken;
        if (count(token, holding::old_number) >= needed)
            return transfer_outcome::not_transferred;
        return count(token, holding::unknown) == 0 ? transfer_outcome::split : transfer_outcome::unknown;
    }

    /// Tokens with this outcome.
    [[nodiscard]] std::size_t count(transfer_outcome which) const
    {
        std::size_t sum = 0;
        for (std::size_t token = 0; token < token_count(); ++token)
            sum += outcome(token) == which ? 1U : 0U;
        return sum;
    }

    /// Nothing that can be asked is unknown any more.
    [[nodiscard]] bool complete() const noexcept
    {
        return std::none_of(record_.holdings.begin(), record_.holdings.end(), [](const auto& of) {
            return std::find(of.begin(), of.end(), holding::unknown) != of.end();
        });
    }

    /// The token as it is after the transfer: per server the new number where that is held, else the old one.
    /// Where a slot is unknown or held by neither this is a guess: see at().
    [[nodiscard]] basic_token<N> token_now(std::size_t token) const
    {
        basic_token<N> now = record_.tokens.at(token);
        for (std::size_t server = 0; server < N; ++server)
            if (at(token, server) == holding::new_number ||
                (at(token, server) == holding::unknown && !now.numbers[server].is_zero() &&
                 outcome(token) == transfer_outcome::transferred))
                now.numbers[server] = record_.new_numbers[token][server];
        return now;
    }

    /// See transfer_record::keep_both_until.
    [[nodiscard]] clock::time_point keep_both_until() const noexcept { return record_.keep_both_until; }
    /// Sets it.
    void keep_both_until(clock::time_point when) noexcept { record_.keep_both_until = when; }

    /// For the journal, and for a later recovery.
    [[nodiscard]] const transfer_record<N>& record() const noexcept { return record_; }
    /// Nothing more will be asked.
    void mark_finished() noexcept { record_.finished = true; }

  private:
    transfer_record<N> record_;
    std::size_t quorum_ = N / 2 + 1;
};

/// "3 transferred, 1 unknown"
template <std::size_t N>
[[nodiscard]] std::string to_string(const transfer<N>& of)
{
    std::string list;
    for (const auto one : {transfer_outcome::transferred, transfer_outcome::not_transferred,
                           transfer_outcome::split, transfer_outcome::taken, transfer_outcome::unknown})
        detail::add_count(list, of.count(one), to_string(one));
    return list.empty() ? "no tokens" : list;
}

} // namespace raida::inline v1

#endif // RAIDA_CLIENT_TRANSFER_HPP
