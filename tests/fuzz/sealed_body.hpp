// Any body may come back to a sealed request: it is never read in the wrong way, nor taken for a vote unread.
#ifndef RAIDA_TESTS_FUZZ_SEALED_BODY_HPP
#define RAIDA_TESTS_FUZZ_SEALED_BODY_HPP

#include "check.hpp"
#include "datagram.hpp"
#include "input.hpp"

#include <raida/client/crypto.hpp>
#include <raida/testing/seeded_random.hpp>
#include <raida/testing/tokens.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>
#include <vector>

namespace fuzz {

/// Reads a few questions from the input, and what one server with a habit of its own answers to each.
class sealed_run
{
  public:
    explicit sealed_run(raida::bytes_view given) : input_{given}
    {
        habit_ = input_.next(2) == 0 ? raida::counter_habit::restarts : raida::counter_habit::goes_on;
        is_honest_ = input_.next(2) == 0;
    }

    /// True if a body was opened.
    bool run()
    {
        for (int round = 0; round < 8 && !input_.is_over(); ++round)
            ask();
        return opened_ != 0;
    }

  private:
    using seeded = raida::testing::seeded_random;
    using bytes = std::vector<std::uint8_t>;

    void ask()
    {
        const std::size_t count = 1 + input_.next(16);
        const bool is_find = input_.next(3) == 0;
        const auto tokens = raida::testing::make_tokens<1>(count);
        const std::vector<raida::authenticity_numbers<1>> fresh(count, tokens[0].numbers);
        auto asked = is_find ? commands_.find(tokens, fresh) : commands_.detect(tokens);
        std::error_code error;
        codec_.seal(asked, error);
        check(!error && !asked[0].bytes.empty(), "a request is sealed");

        const auto what = is_find ? raida::status::find_mixed : raida::status::mixed;
        bytes body = make_body(is_find, count);
        const bool is_sensible =
            raida::detail::sense_of(what, body, {.token_count = count}) != raida::detail::sense::none;
        if (is_honest_ && !is_sensible)
            return;
        const bytes plain = body;
        crypt(asked[0].bytes, body);
        open(asked, what, body, plain, {.token_count = count});
    }

    bytes make_body(bool is_find, std::size_t count)
    {
        const auto given = input_.take(is_find ? count : (count + 7) / 8);
        bytes body{given.begin(), given.end()};
        if (is_honest_ && is_find)
            for (auto& one : body)
                one = static_cast<std::uint8_t>(one % 3);
        if (is_honest_ && !is_find && !body.empty() && count % 8 != 0)
            body.back() = static_cast<std::uint8_t>(body.back() & ((1U << count % 8) - 1));
        return body;
    }

    // As a server with this habit does.
    void crypt(raida::bytes_view request, std::span<std::uint8_t> data) const
    {
        raida::detail::aes_counter cipher;
        const std::size_t sealed = request.size() - raida::header_size - raida::terminator_size;
        const std::uint64_t skipped = habit_ == raida::counter_habit::goes_on ? (sealed + 15) / 16 : 0;
        check(cipher.set_key(key_.numbers[0].bytes()) &&
                  cipher.apply(request.subspan<24, 8>(), skipped, data),
              "AES is there");
    }

    void open(const raida::requests<1>& asked, raida::status what, const bytes& body, const bytes& plain,
              const raida::sealed_batch& batch)
    {
        bytes answer = datagram(what, body);
        if (input_.next(8) != 0)
            std::copy_n(asked[0].expected_signature->begin(), 16, answer.begin() + 16);
        const bool is_ours =
            std::equal(answer.begin() + 16, answer.begin() + 32, asked[0].expected_signature->begin());
        raida::replies<1> answers;
        answers.answer(0, answer, is_ours);
        const bool is_clear = codec_.open(0, asked[0], answers, batch);
        const raida::reply& got = answers[0];
        check(is_clear || !got.verified, "what can be read in two ways is no vote");
        if (!is_ours || body.empty())
            return check(is_clear && std::equal(got.datagram.begin(), got.datagram.end(), answer.begin(),
                                                answer.end()),
                         "what is not the server's, or empty, stays as it is");
        if (!is_clear || got.error) {
            check(is_clear == static_cast<bool>(got.error), "a body without a reading ends its slot");
            return check(!is_honest_ || !is_clear, "an honest body has a reading");
        }
        ++opened_;
        const auto read = got.body();
        check(raida::detail::sense_of(what, read, batch) != raida::detail::sense::none,
              "what is opened makes sense");
        check(!is_honest_ || (std::equal(read.begin(), read.end(), plain.begin(), plain.end()) &&
                              codec_.habit(0) == habit_),
              "an honest body is read as it was written");
        const bytes before{got.datagram.begin(), got.datagram.end()};
        check(codec_.open(0, asked[0], answers, batch) &&
                  std::equal(before.begin(), before.end(), got.datagram.begin(), got.datagram.end()),
              "opening it once more does nothing");
    }

    input input_;
    raida::counter_habit habit_{};
    bool is_honest_ = true;
    raida::basic_token<1> key_ = raida::testing::make_tokens<1>(1, 9)[0];
    raida::commands<1, seeded> commands_{{}, seeded{1}};
    raida::basic_sealed<1, seeded> codec_{key_, raida::serial_limit, seeded{2}};
    std::size_t opened_ = 0;
};

inline bool sealed_body(raida::bytes_view bytes)
{
    return sealed_run{bytes}.run();
}

} // namespace fuzz

#endif // RAIDA_TESTS_FUZZ_SEALED_BODY_HPP
