#include <raida/wire/token_stack.hpp>

#include <catch2/catch_test_macros.hpp>

#include "token_file_support.hpp"

#include <cstddef>
#include <string>
#include <system_error>

namespace {

using raida::errc;
using tests::code_of;
using tests::outcome;

const std::string digits = "00112233445566778899AABBCCDDEEFF";

// `count` numbers, in JSON.
std::string numbers(std::size_t count = 25, const std::string& last = digits)
{
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i)
        text += (i == 0 ? "\"" : ", \"") + (i + 1 == count ? last : digits) + "\"";
    return text + "]";
}

std::string token(const std::string& serial, const std::string& list = numbers())
{
    return "{\"nn\":1,\"sn\":" + serial + ",\"an\":" + list +
           ",\"pown\":\"ppp\",\"ed\":\"\",\"aoid\":{\"a\":[1]}}";
}

std::string stack(const std::string& tokens)
{
    return "{\"x\":[{}],\"cloudcoin\":[" + tokens + "],\"y\":null}";
}

} // namespace

TEST_CASE("serial numbers may be strings, and other members are skipped", "[token_stack]")
{
    CHECK(outcome(stack(token("5") + "," + token("\" 6 \""))) == "0:5 0:6");
    CHECK(outcome("\xEF\xBB\xBF\r\n" + stack(token("5")) + "\r\n") == "0:5");
    CHECK(outcome(stack(token("5")), {.worth = raida::denomination{-3}}) == "-3:5");
    CHECK(outcome("{\"ans\":" + numbers() + ",\"denomination\":\"-2\",\"serial_number\":77}") == "-2:77");
    CHECK(outcome("{\"cloudcoin\":[]}") == "no tokens");
}

TEST_CASE("tokens of the old network that today's servers do not have are told as such", "[token_stack]")
{
    for (const char* serial : {"1024000", "2097153", "16777216"})
        CHECK(outcome(stack(token("5") + "," + token(serial))) ==
              "token 2, serial number: a token of the old network: it must be converted first");
    CHECK(code_of(stack(token("16777217"))) == errc::invalid_serial_number);
    CHECK(code_of("{\"ans\":" + numbers() + ",\"denomination\":0,\"serial_number\":1024000}") ==
          errc::invalid_serial_number);
}

TEST_CASE("an encrypted .stack is refused as such", "[token_stack]")
{
    CHECK(outcome(stack(token("5", numbers(3, "(0011223344)")))) ==
          "token 1, encrypted: parentheses in an authenticity number (decrypt it with the wallet that wrote "
          "it): "
          "recognised, but of no use as it is");
}

TEST_CASE("each wrong part of a .stack is named", "[token_stack]")
{
    const std::string number = ": authenticity number missing or unusable";
    const auto second = [](const std::string& one) { return outcome(stack(token("5") + "," + one)); };
    CHECK(second(token("6", numbers(24))) == "token 2, authenticity number of server 24" + number);
    CHECK(second(token("6", numbers(26))) == "token 2, authenticity number of server 25" + number);
    CHECK(second(token("6", numbers(3, digits.substr(1)))) ==
          "token 2, authenticity number of server 2" + number);
    CHECK(second(token("6", "[]")) == "token 2, authenticity number of server 0" + number);
    CHECK(second("{\"sn\":6}") == "token 2, authenticity number of server 0" + number);
    for (const char* serial : {"\"\"", "-1", "1.5", "null", "\"0x5\"", "4294967296"})
        CHECK(second(token(serial)) ==
              "token 2, serial number: serial number out of range (by default under 1024000)");
    CHECK(second("{\"an\":" + numbers() + "}") ==
          "token 2, serial number: serial number out of range (by default under 1024000)");
    CHECK(second(token("5")) == "token 2: the same token twice");
    for (const char* worth : {"7", "-9", "300", "\"x\"", "null"})
        CHECK(outcome("{\"denomination\":" + std::string{worth} + ",\"serial_number\":5,\"ans\":" +
                      numbers() + "}") == "token 1, denomination: denomination out of range (-8 to 6)");
}

TEST_CASE("text that is no JSON is refused in its line", "[token_stack]")
{
    const std::string good = "{\n\"cloudcoin\":\n[" + token("5") + "]}";
    CHECK(outcome(good) == "0:5");
    CHECK(outcome(good + "x") == "line 3, JSON: line of unknown form");
    CHECK(outcome("{\n\"cloudcoin\":\n{}}") == "line 3, JSON: line of unknown form");
    CHECK(outcome("{\n\"cloudcoin\" 5}") == "line 2, JSON: line of unknown form");
    CHECK(outcome("{\n\"sn\":\n\n[5]}") == "line 4, JSON: line of unknown form");
    CHECK(outcome("{\"a\n\":5}") == "line 1, JSON: line of unknown form");
    for (std::size_t size = 1; size < good.size(); ++size)
        CHECK(code_of(good.substr(0, size)) != errc{});
    CHECK(outcome("{\"x\":" + std::string(1'000'000, '[')) == "line 1, JSON: line of unknown form");
    CHECK(outcome("{\"x\":\"" + std::string(1'000'000, '\\')) == "line 1, JSON: line of unknown form");
}

TEST_CASE("only what a .stack can name is written in it", "[token_stack]")
{
    raida::token_file file{.tokens = {{.denomination = {0}, .serial = {2'097'152}}}};
    std::error_code error;
    CHECK_FALSE(raida::write_token_stack(file, error).empty());
    file.tokens[0].serial.value = 2'097'153; // worth 5 there
    CHECK(raida::write_token_stack(file, error).empty());
    CHECK(error == errc::invalid_denomination);
}
