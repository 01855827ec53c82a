// AES-128 in counter mode, as the wire uses it, by OpenSSL.
#ifndef RAIDA_DETAIL_AES_COUNTER_HPP
#define RAIDA_DETAIL_AES_COUNTER_HPP

#include <raida/detail/bytes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include <openssl/evp.h>

namespace raida::inline v1::detail {

/// One key. OpenSSL wipes it when the object dies. Not copyable; moving is cheap.
class aes_counter
{
  public:
    explicit aes_counter(std::span<const std::uint8_t, 16> key) : context_{EVP_CIPHER_CTX_new()}
    {
        if (context_ &&
            EVP_EncryptInit_ex(context_.get(), EVP_aes_128_ctr(), nullptr, key.data(), nullptr) != 1)
            context_.reset();
    }

    /// Encrypts or decrypts in place. The first counter block is the nonce and eight zero bytes, plus
    /// `skipped` blocks, as one 128-bit big-endian number. False if OpenSSL failed; the bytes are useless
    /// then.
    [[nodiscard]] bool apply(std::span<const std::uint8_t, 8> nonce, std::uint64_t skipped,
                             std::span<std::uint8_t> data) noexcept
    {
        std::array<std::uint8_t, 16> counter{};
        std::copy(nonce.begin(), nonce.end(), counter.begin());
        store_big<8>(counter.data() + 8, skipped); // the low half begins at zero: it cannot overflow
        return run(counter, data);
    }

    /// The same from any counter block.
    [[nodiscard]] bool run(const std::array<std::uint8_t, 16>& counter, std::span<std::uint8_t> data) noexcept
    {
        int written = 0;
        return context_ && data.size() <= std::size_t{std::numeric_limits<int>::max()} &&
               EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, counter.data()) == 1 &&
               EVP_EncryptUpdate(context_.get(), data.data(), &written, data.data(),
                                 static_cast<int>(data.size())) == 1;
    }

  private:
    struct closer
    {
        void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
    };

    std::unique_ptr<EVP_CIPHER_CTX, closer> context_;
};

} // namespace raida::inline v1::detail

#endif // RAIDA_DETAIL_AES_COUNTER_HPP
