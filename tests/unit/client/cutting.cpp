#include <raida/client/detail/cutting.hpp>

#include <catch2/catch_test_macros.hpp>

#include <cstddef>
#include <vector>

namespace {

using raida::detail::cut;
using raida::detail::is_safe_sealed;

std::vector<std::size_t> cuts(std::size_t tokens, std::size_t most, bool is_sealed)
{
    std::vector<std::size_t> sizes;
    while (tokens != 0) {
        sizes.push_back(cut(tokens, most, is_sealed));
        tokens -= sizes.back();
    }
    return sizes;
}

} // namespace

TEST_CASE("plain datagrams are as full as they may be", "[cutting]")
{
    CHECK(cuts(130, 64, false) == std::vector<std::size_t>{64, 64, 2});
    CHECK(cuts(64, 64, false) == std::vector<std::size_t>{64});
    CHECK(cuts(1, 64, false) == std::vector<std::size_t>{1});
}

TEST_CASE("the last sealed datagram is balanced with the one before", "[cutting]")
{
    CHECK(cuts(64, 64, true) == std::vector<std::size_t>{64});
    CHECK(cuts(65, 64, true) == std::vector<std::size_t>{63, 2});
    CHECK(cuts(4, 64, true) == std::vector<std::size_t>{2, 2});
    CHECK(cuts(35, 35, true) == std::vector<std::size_t>{35});
}

TEST_CASE("no number of tokens but one makes a sealed datagram of a size that kills", "[cutting]")
{
    for (const std::size_t most : {3U, 11U, 16U, 32U, 35U, 64U})
        for (std::size_t tokens = 2; tokens <= 300; ++tokens) {
            std::size_t sum = 0;
            for (const std::size_t size : cuts(tokens, most, true)) {
                CAPTURE(tokens, most, size);
                CHECK(size <= most);
                CHECK(is_safe_sealed(size));
                sum += size;
            }
            CHECK(sum == tokens);
        }
    CHECK(cuts(1, 64, true) == std::vector<std::size_t>{1}); // one token alone has no other size
    CHECK(cuts(3, 2, true) == std::vector<std::size_t>{2, 1});
}
