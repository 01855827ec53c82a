// The questions of one call that are on their way, and the count of what they have come to.
#ifndef RAIDA_CLIENT_DETAIL_EXCHANGES_HPP
#define RAIDA_CLIENT_DETAIL_EXCHANGES_HPP

#include <raida/client/call_options.hpp>
#include <raida/client/detail/exchange.hpp>
#include <raida/wire/reply.hpp>

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace raida::inline v1::detail {

template <std::size_t N>
class progress_report
{
  public:
    progress_report(command_code what, std::size_t tokens) noexcept
    {
        now_.what = what;
        now_.tokens = tokens;
    }

    void asked(const std::bitset<N>& servers) noexcept
    {
        now_.open += servers.count();
        for (std::size_t i = 0; i < N; ++i)
            now_.servers[i].open += servers[i] ? 1U : 0U;
    }

    void settled(const reply& one) noexcept
    {
        --now_.open;
        server_progress& server = now_.servers[one.server];
        --server.open;
        if (one.error) {
            ++server.failed;
            server.error = one.error;
        } else {
            ++server.answered;
            server.latency = one.latency;
        }
    }

    [[nodiscard]] const progress<N>& now(std::size_t decided) noexcept
    {
        now_.decided = decided;
        return now_;
    }

  private:
    progress<N> now_{};
};

/// By the numbers that whoever asks gave them. The engine's handlers own them.
template <class Core>
class exchanges
{
  public:
    /// Throws std::bad_alloc, and nothing was asked.
    void start(std::shared_ptr<Core> core, const question<Core::size>& what, std::uint32_t id,
               std::shared_ptr<asker<Core::size>> by)
    {
        const auto made = std::make_shared<exchange<Core>>(std::move(core), what, id, std::move(by));
        const auto place = open_.insert_or_assign(id, made).first;
        try {
            made->start();
        } catch (...) {
            open_.erase(place);
            throw;
        }
    }

    /// None is on its way: all are over, or were dropped by an engine that had no memory to end them.
    [[nodiscard]] bool empty() const noexcept
    {
        return std::all_of(open_.begin(), open_.end(), [](const auto& one) { return one.second.expired(); });
    }

    void erase(std::uint32_t id) noexcept { open_.erase(id); }

    void end_early(std::uint32_t id) noexcept
    {
        if (const auto found = open_.find(id); found != open_.end())
            if (const auto one = found->second.lock())
                one->end_early();
    }

    void end_early() noexcept
    {
        for (const auto& [id, weak] : open_)
            end_early(id);
    }

    /// All of them, but for powns; none ends within this. Throws std::bad_alloc; then it may be called again.
    void cancel()
    {
        for (const auto& [id, weak] : open_)
            if (const auto one = weak.lock())
                one->cancel();
    }

  private:
    std::map<std::uint32_t, std::weak_ptr<exchange<Core>>> open_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_EXCHANGES_HPP
