// The encryption of one request and its answer, as a server sees it.
#ifndef RAIDA_TESTING_DETAIL_ENVELOPE_HPP
#define RAIDA_TESTING_DETAIL_ENVELOPE_HPP

#include <raida/base/detail/bytes.hpp>
#include <raida/testing/body_cipher.hpp>
#include <raida/testing/detail/ledger.hpp>
#include <raida/testing/detail/token_commands.hpp>
#include <raida/wire/challenge.hpp>
#include <raida/wire/packet.hpp>
#include <raida/wire/status.hpp>
#include <raida/wire/token.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace raida::inline v1::testing::detail {

class envelope
{
  public:
    envelope() { plain_.reserve(2048); }
    envelope(envelope&&) = default;
    envelope& operator=(envelope&&) = default;
    ~envelope() { raida::detail::wipe(plain_.data(), plain_.size()); } // requests hold secrets

    void cipher(body_cipher by) { cipher_ = std::move(by); }
    [[nodiscard]] bool has_cipher() const noexcept { return static_cast<bool>(cipher_); }

    // The next request is in the clear.
    void clear() noexcept { key_.reset(); }

    // The next request is this one: looks its key up. The key stays what it was then, be it powned meanwhile.
    status address(const request_header& header, const ledger& keys)
    {
        clear();
        if (header.encryption == encryption_type::none)
            return status::no_error;
        key_ = find(header, keys);
        if (!key_)
            return header.encryption == encryption_type::locker_key ? status::invalid_encryption
                                                                    : status::key_token_not_found;
        nonce_ = header.nonce;
        const std::size_t body = header.body_size;
        blocks_ = body <= terminator_size ? 0 : (body - terminator_size + 15) / 16;
        return status::no_error;
    }

    [[nodiscard]] bool is_sealed() const noexcept { return key_.has_value(); }

    // Challenge and payload in the clear; nothing if that failed. Valid until the next call.
    [[nodiscard]] std::optional<bytes_view> open(bytes_view body)
    {
        if (!key_)
            return body;
        raida::detail::wipe(plain_.data(), plain_.size());
        plain_.assign(body.begin(), body.end());
        if (!cipher_ || !cipher_(key_->bytes(), nonce_, 0, plain_))
            return std::nullopt;
        return bytes_view{plain_};
    }

    [[nodiscard]] signature sign(std::span<const std::uint8_t, challenge_size> challenge) const noexcept
    {
        return raida::sign(challenge, key_.value_or(authenticity_number{}).bytes());
    }

    // The answer's body. False if that failed.
    [[nodiscard]] bool seal(std::span<std::uint8_t> body, bool goes_on)
    {
        return !key_ || body.empty() || cipher_(key_->bytes(), nonce_, goes_on ? blocks_ : 0, body);
    }

  private:
    [[nodiscard]] static std::optional<authenticity_number> find(const request_header& header,
                                                                 const ledger& keys)
    {
        const authenticity_number* held = nullptr;
        if (header.encryption == encryption_type::locker_key)
            held = keys.find_locker(header.key_id);
        else if (header.encryption == encryption_type::token_key) {
            const token_id id = token_record{header.key_id.data()}.id();
            held = keys.find(id);
            if (held != nullptr && keys.is_distrusted(id))
                return another(*held);
        }
        return held != nullptr ? std::optional{*held} : std::nullopt;
    }

    // What a server holds that is told to hold a wrong number.
    [[nodiscard]] static authenticity_number another(const authenticity_number& than) noexcept
    {
        signature inverted = {};
        inverted.fill(0xFF);
        return authenticity_number{raida::sign(than.bytes(), inverted)};
    }

    body_cipher cipher_;
    std::optional<authenticity_number> key_; // empty: not encrypted
    std::array<std::uint8_t, 8> nonce_{};
    std::uint64_t blocks_ = 0; // of the request
    std::vector<std::uint8_t> plain_;
};

} // namespace raida::inline v1::testing::detail

#endif // RAIDA_TESTING_DETAIL_ENVELOPE_HPP
