// 25 detect requests of 64 tokens, built and encrypted, against bare OpenSSL on the same bytes.
//
//   --out FOLDER   where building.json goes   --quick   a fifth of the time
#include "support/alternate.hpp"
#include "support/arguments.hpp"
#include "support/report.hpp"

#include <raida/crypto.hpp>
#include <raida/wire/commands.hpp>
#include <raida/wire/token.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <iostream>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include <openssl/evp.h>

namespace {

using namespace bench;

raida::token make_token(std::uint32_t serial, std::mt19937_64& random)
{
    raida::token made;
    made.serial = {serial};
    for (auto& number : made.numbers) {
        std::array<std::uint8_t, raida::authenticity_number::size> secret;
        for (std::uint8_t& byte : secret)
            byte = static_cast<std::uint8_t>(random());
        number = raida::authenticity_number{secret};
    }
    return made;
}

/// AES-128-CTR on a buffer per server, with nothing around it.
class bare_openssl
{
  public:
    bare_openssl(const raida::token& key, std::size_t size) : key_{key}
    {
        for (std::size_t server = 0; server < raida::server_count; ++server) {
            contexts_[server].reset(EVP_CIPHER_CTX_new());
            buffers_[server].resize(size);
            start(server, key_.numbers[server].bytes().data());
        }
    }

    /// With the keys set up beforehand.
    void run()
    {
        for (std::size_t server = 0; server < raida::server_count; ++server)
            start(server, nullptr);
    }

    /// Keys too.
    void run_with_keys()
    {
        for (std::size_t server = 0; server < raida::server_count; ++server)
            start(server, key_.numbers[server].bytes().data());
    }

  private:
    struct closer
    {
        void operator()(EVP_CIPHER_CTX* one) const noexcept { EVP_CIPHER_CTX_free(one); }
    };

    void start(std::size_t server, const std::uint8_t* key)
    {
        std::array<std::uint8_t, 16> counter{};
        counter[0] = ++nonce_;
        auto& data = buffers_[server];
        int written = 0;
        if (EVP_EncryptInit_ex(contexts_[server].get(), key != nullptr ? EVP_aes_128_ctr() : nullptr, nullptr,
                               key, counter.data()) != 1 ||
            EVP_EncryptUpdate(contexts_[server].get(), data.data(), &written, data.data(),
                              static_cast<int>(data.size())) != 1)
            throw std::runtime_error{"OpenSSL failed"};
    }

    const raida::token& key_;
    std::array<std::unique_ptr<EVP_CIPHER_CTX, closer>, raida::server_count> contexts_;
    std::array<std::vector<std::uint8_t>, raida::server_count> buffers_;
    std::uint8_t nonce_ = 0;
};

void measure(int blocks, report& results)
{
    std::mt19937_64 random{1};
    std::vector<raida::token> tokens;
    for (std::uint32_t i = 0; i < raida::max_tokens(raida::detect_command); ++i)
        tokens.push_back(make_token(1000 + i, random));
    const raida::token key = make_token(1, random);
    raida::commands<> ask;
    raida::sealed codec{key};
    const std::size_t sealed_size =
        ask.detect(tokens)[0].bytes.size() - raida::header_size - raida::terminator_size;
    bare_openssl bare{key, sealed_size};

    const auto build = [&] {
        auto packets = ask.detect(tokens);
        keep(packets);
    };
    const auto build_and_seal = [&] {
        auto packets = ask.detect(tokens);
        std::error_code error;
        codec.seal(packets, error);
        if (error)
            throw std::system_error{error, "seal"};
        keep(packets);
    };
    const auto taken =
        alternate({[&] { bare.run(); }, [&] { bare.run_with_keys(); }, build, build_and_seal}, blocks, 0.005);

    table made{"building",
               "25 detect requests of " + std::to_string(tokens.size()) + " tokens, " +
                   std::to_string(sealed_size) + " bytes sealed in each (processor time)",
               "what",
               {{"us", "us", 2}, {"ratio", "x bare OpenSSL", 2}}};
    const std::array names{"bare OpenSSL, keys set up beforehand", "bare OpenSSL, keys set up each time",
                           "building", "building and encrypting"};
    for (std::size_t i = 0; i < names.size(); ++i)
        made.row(names[i], {1e6 * median(taken[i]), median_ratio(taken[i], taken[0])});
    results.add(std::move(made));
    results.at_most("building and encrypting, x bare OpenSSL for the same bytes", 2,
                    median_ratio(taken[3], taken[0]));
}

} // namespace

int main(int count, char** values)
{
    try {
        const arguments given{count, values};
        report results{"building"};
        measure(given.has("--quick") ? 40 : 200, results);
        results.print_targets();
        results.write(given.value("--out", ".") + "/building.json");
    } catch (const std::exception& error) {
        std::cerr << "building: " << error.what() << '\n';
        return 2;
    }
}
