// What a command of the caller's says to the servers.
#ifndef RAIDA_WIRE_COMMAND_PAYLOAD_HPP
#define RAIDA_WIRE_COMMAND_PAYLOAD_HPP

#include <raida/base/bytes.hpp>
#include <raida/base/secret_bytes.hpp>
#include <raida/wire/packet.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <utility>

namespace raida::inline v1 {

/// What stands between challenge and terminator: the same for all servers, or for each its own. Made of any
/// contiguous bytes, or of N `secret_bytes`. Wiped when it dies.
template <std::size_t N = server_count>
class command_payload
{
  public:
    /// Nothing, to everybody.
    command_payload() = default;

    /// This, to everybody.
    template <class Bytes>
    requires std::convertible_to<const Bytes&, bytes_view>
    command_payload(const Bytes& for_all) : for_all_{for_all}
    {}

    /// To each its own. An empty one leaves its server out.
    command_payload(std::array<secret_bytes, N> for_each) : for_each_{std::move(for_each)}, is_each_{true} {}

    [[nodiscard]] bytes_view operator[](std::size_t server) const noexcept
    {
        return is_each_ ? for_each_[server] : for_all_;
    }
    /// Is a server not asked?
    [[nodiscard]] bool leaves_out(std::size_t server) const noexcept
    {
        return is_each_ && for_each_[server].size() == 0;
    }

  private:
    secret_bytes for_all_;
    std::array<secret_bytes, N> for_each_;
    bool is_each_ = false;
};

} // namespace raida::inline v1

#endif // RAIDA_WIRE_COMMAND_PAYLOAD_HPP
