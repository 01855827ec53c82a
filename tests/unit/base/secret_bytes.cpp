#include <raida/base/secret_bytes.hpp>

#include <catch2/catch_test_macros.hpp>

#include <unit/hex.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using tests::bytes;
using tests::hex;

// Looks at the memory that comes back.
struct watching_allocator
{
    using value_type = std::uint8_t;

    static inline std::vector<std::string> returned{};

    static std::uint8_t* allocate(std::size_t size) { return std::allocator<std::uint8_t>{}.allocate(size); }
    static void deallocate(std::uint8_t* memory, std::size_t size)
    {
        returned.push_back(hex(raida::bytes_view{memory, size}));
        std::allocator<std::uint8_t>{}.deallocate(memory, size);
    }
};

using watched = raida::basic_secret_bytes<watching_allocator>;
using records = std::vector<std::string>;

// In a template, where clang forgets to destroy the operand of an assignment.
template <class Secret>
struct holder
{
    watched secret{bytes("DEADBEEF")};

    void clear() { secret = {}; }
};

} // namespace

TEST_CASE("secret bytes are wiped before their memory is given back", "[secret_bytes]")
{
    watching_allocator::returned.clear();
    {
        const watched secret{bytes("DEADBEEF")};
        CHECK(hex(raida::bytes_view{secret}) == "DEADBEEF");
    }
    CHECK(watching_allocator::returned == records{"00000000"});
}

TEST_CASE("secret bytes that are assigned to wipe what they held", "[secret_bytes]")
{
    watching_allocator::returned.clear();
    watched secret{bytes("DEADBEEF")};

    secret = watched{bytes("0102")};

    CHECK(watching_allocator::returned == records{"00000000"});
    CHECK(hex(raida::bytes_view{secret}) == "0102");
}

TEST_CASE("secret bytes that are cleared wipe what they held, in templates too", "[secret_bytes]")
{
    holder<watched> held;
    watching_allocator::returned.clear();

    held.clear();

    CHECK(watching_allocator::returned == records{"00000000"});
    CHECK(held.secret.empty());
}

TEST_CASE("a copy of secret bytes is its own, a move takes the memory along", "[secret_bytes]")
{
    watching_allocator::returned.clear();
    {
        watched secret{bytes("DEADBEEF")};
        const std::uint8_t* const memory = secret.data();
        watched copy{secret};
        copy[0] = 0;
        CHECK(hex(raida::bytes_view{secret}) == "DEADBEEF");

        const watched moved{std::move(secret)};
        CHECK(moved.data() == memory);
        CHECK(hex(raida::bytes_view{moved}) == "DEADBEEF");
        CHECK(secret.empty());
        CHECK(secret.data() == nullptr);
        CHECK(watching_allocator::returned.empty());
    }
    CHECK(watching_allocator::returned == records{"00000000", "00000000"});
}

TEST_CASE("secret bytes assigned to themselves keep what they hold", "[secret_bytes]")
{
    watched secret{bytes("0102")};
    const watched& self = secret;
    secret = self;
    CHECK(hex(raida::bytes_view{secret}) == "0102");
}

TEST_CASE("secret bytes of a size start as zeros, those of no size take no memory", "[secret_bytes]")
{
    watching_allocator::returned.clear();
    {
        const watched four(4), none(0), copied_from_nothing{raida::bytes_view{}}, missing;
        CHECK(hex(raida::bytes_view{four}) == "00000000");
        CHECK(none.empty());
        CHECK(copied_from_nothing.empty());
        CHECK(missing.begin() == missing.end());
    }
    CHECK(watching_allocator::returned == records{"00000000"}); // of `four` alone
}
