// AES-128 in counter mode, as the wire uses it, by OpenSSL.
#ifndef RAIDA_CLIENT_DETAIL_AES_COUNTER_HPP
#define RAIDA_CLIENT_DETAIL_AES_COUNTER_HPP

#include <raida/base/detail/bytes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#if !__has_include(<openssl/evp.h>)
#error                                                                                                       \
    "raida/crypto.hpp needs OpenSSL: install libssl-dev (openssl-devel), and link -lcrypto, or raida::crypto by CMake"
#endif
#include <openssl/evp.h>

namespace raida::inline v1::detail {

/// One key, to be replaced by another at any time. OpenSSL wipes it when the object dies. Not copyable; a
/// moved-from one fails every call. Allocates when it is made and when it gets its first key, never later.
class aes_counter
{
  public:
    using key_view = std::span<const std::uint8_t, 16>;
    using nonce_view = std::span<const std::uint8_t, 8>;

    aes_counter() noexcept : context_{EVP_CIPHER_CTX_new()} {}

    /// False if OpenSSL failed, here and from now on.
    [[nodiscard]] bool set_key(key_view key) noexcept
    {
        const EVP_CIPHER* first = has_key_ ? nullptr : EVP_aes_128_ctr(); // naming it again starts all over
        if (context_ && EVP_EncryptInit_ex(context_.get(), first, nullptr, key.data(), nullptr) != 1)
            context_.reset();
        has_key_ = context_ != nullptr;
        return has_key_;
    }

    /// Encrypts or decrypts in place. The first counter block is the nonce and eight zero bytes, plus
    /// `skipped` blocks, as one 128-bit big-endian number. False without a key or if OpenSSL failed; the
    /// bytes are useless then.
    [[nodiscard]] bool apply(nonce_view nonce, std::uint64_t skipped, std::span<std::uint8_t> data) noexcept
    {
        std::array<std::uint8_t, 16> counter{};
        std::copy(nonce.begin(), nonce.end(), counter.begin());
        store_big<8>(counter.data() + 8, skipped); // the low half begins at zero: it cannot overflow
        return run(counter, data);
    }

    /// The same from any counter block.
    [[nodiscard]] bool run(const std::array<std::uint8_t, 16>& counter, std::span<std::uint8_t> data) noexcept
    {
        if (!context_ || !has_key_ || data.size() > std::size_t{(std::numeric_limits<int>::max)()})
            return false;
        const int size = static_cast<int>(data.size());
        int written = 0;
        return EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, counter.data()) == 1 &&
               EVP_EncryptUpdate(context_.get(), data.data(), &written, data.data(), size) == 1 &&
               written == size;
    }

  private:
    struct closer
    {
        void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
    };

    std::unique_ptr<EVP_CIPHER_CTX, closer> context_;
    bool has_key_ = false;
};

/// Blocks that a request's challenge and payload take: where servers that go on counting begin.
[[nodiscard]] constexpr std::uint64_t counter_blocks(std::size_t bytes) noexcept
{
    return bytes / 16 + (bytes % 16 != 0 ? 1 : 0);
}

} // namespace raida::inline v1::detail

#endif // RAIDA_CLIENT_DETAIL_AES_COUNTER_HPP
