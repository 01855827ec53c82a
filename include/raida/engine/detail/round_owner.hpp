// Whoever waits for a round.
#ifndef RAIDA_ENGINE_DETAIL_ROUND_OWNER_HPP
#define RAIDA_ENGINE_DETAIL_ROUND_OWNER_HPP

#include <raida/base/version.hpp>

namespace raida::inline v1::detail {

/// A round carries it for whoever had it admitted, and does nothing with it.
struct round_owner
{
  protected:
    ~round_owner() = default;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_ENGINE_DETAIL_ROUND_OWNER_HPP
