// What stands in a handler's cancellation slot.
#ifndef RAIDA_FANOUT_DETAIL_CANCELLER_HPP
#define RAIDA_FANOUT_DETAIL_CANCELLER_HPP

#include <raida/engine/detail/multiplexer.hpp>

#include <asio/cancellation_type.hpp>

#include <cstdint>
#include <memory>

namespace raida::inline v1::detail {

/// Any kind of cancellation is taken for total: datagrams may have left.
template <class Engine>
struct canceller
{
    std::weak_ptr<Engine> of;
    std::uint32_t index = no_round; // until it is admitted
    std::uint32_t serial = 0;

    void operator()(asio::cancellation_type type) const
    {
        const auto accepted = asio::cancellation_type::terminal | asio::cancellation_type::partial |
                              asio::cancellation_type::total;
        if ((type & accepted) == asio::cancellation_type::none)
            return;
        if (const auto target = of.lock())
            target->cancel(index, serial);
    }
};

} // namespace raida::inline v1::detail

#endif // RAIDA_FANOUT_DETAIL_CANCELLER_HPP
