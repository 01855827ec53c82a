// The questions of one call that are on their way.
#ifndef RAIDA_CLIENT_DETAIL_EXCHANGES_HPP
#define RAIDA_CLIENT_DETAIL_EXCHANGES_HPP

#include <raida/client/detail/exchange.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace raida::inline v1::detail {

/// By the numbers that whoever asks gave them. The engine's handlers own them.
template <class Core>
class exchanges
{
  public:
    void start(std::shared_ptr<Core> core, const question<Core::size>& what, std::uint32_t id,
               std::shared_ptr<asker<Core::size>> by)
    {
        const auto made = std::make_shared<exchange<Core>>(std::move(core), what, id, std::move(by));
        open_.insert_or_assign(id, made);
        made->start();
    }

    void erase(std::uint32_t id) noexcept { open_.erase(id); }

    void end_early(std::uint32_t id)
    {
        if (const auto found = open_.find(id); found != open_.end())
            if (const auto one = found->second.lock())
                one->end_early();
    }

    /// All of them, but for powns.
    void cancel()
    {
        std::vector<std::weak_ptr<exchange<Core>>> all;
        for (const auto& [id, one] : open_)
            all.push_back(one);
        for (const auto& weak : all)
            if (const auto one = weak.lock())
                one->cancel();
    }

  private:
    std::map<std::uint32_t, std::weak_ptr<exchange<Core>>> open_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_EXCHANGES_HPP
