// A TCP server that does what a test tells it, for the tests of the TCP transport.
#ifndef RAIDA_TESTS_TCP_SERVER_HPP
#define RAIDA_TESTS_TCP_SERVER_HPP

#include <raida/wire/packet.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace tcp_support {

using asio::ip::tcp;
using bytes = std::vector<std::uint8_t>;

inline constexpr std::chrono::seconds patience{20}; // ends a test that hangs; never waited for otherwise

template <class Predicate>
void run_until(asio::io_context& io, Predicate done)
{
    io.restart();
    while (!done() && io.run_one_for(patience) != 0) {
    }
    REQUIRE(done());
}

// Runs whatever can run without waiting.
inline void settle(asio::io_context& io)
{
    io.restart();
    while (io.poll() != 0)
        io.restart();
}

// The right answer to a request that is not encrypted.
inline bytes answer_to(const bytes& request, raida::status status, const bytes& body = {})
{
    const auto asked = raida::request_header::parse(request).value();
    raida::response_header header;
    header.server = asked.server;
    header.status = status;
    header.group = asked.what.group;
    header.echo = asked.echo();
    header.body_size = static_cast<std::uint32_t>(body.empty() ? 0 : body.size() + raida::terminator_size);
    header.signature = raida::implied_signature(request).value_or(raida::signature{});
    bytes made(raida::header_size + header.body_size, raida::terminator_byte);
    header.write(made.data());
    std::copy(body.begin(), body.end(), made.begin() + raida::header_size);
    return made;
}

// What servers answer to a header they dislike: nothing is known of the request yet.
inline bytes header_error(std::uint8_t server, raida::status status)
{
    raida::response_header header;
    header.server = server;
    header.status = status;
    bytes made(raida::header_size);
    header.write(made.data());
    return made;
}

class server;

class connection : public std::enable_shared_from_this<connection>
{
  public:
    connection(tcp::socket&& socket, server& of) : socket_{std::move(socket)}, of_{&of} {}

    bytes request; // what has been read

    // Reads a header, then the body it announces, then calls `then`.
    void read_request(std::function<void(connection&)> then);
    void read_header(std::function<void(connection&)> then);

    void send(const bytes& what, std::function<void(connection&)> then = {})
    {
        auto kept = std::make_shared<const bytes>(what);
        asio::async_write(
            socket_, asio::buffer(*kept),
            [self = shared_from_this(), kept, then = std::move(then)](std::error_code error, std::size_t) {
                if (!error && then)
                    then(*self);
            });
    }
    // In pieces, each with a turn of the event loop between them.
    void send_in_pieces(const bytes& what, std::size_t piece, std::function<void(connection&)> then = {})
    {
        if (what.empty())
            return then ? then(*this) : void();
        const auto count = static_cast<std::ptrdiff_t>(std::min(piece, what.size()));
        send({what.begin(), what.begin() + count}, [rest = bytes(what.begin() + count, what.end()), piece,
                                                    then = std::move(then)](connection& self) {
            asio::post(self.socket_.get_executor(), [again = self.shared_from_this(), rest, piece, then] {
                again->send_in_pieces(rest, piece, then);
            });
        });
    }
    void answer_and_close(const bytes& what)
    {
        send(what, [](connection& self) { self.close(); });
    }
    void close();
    void reset() // what was sent before arrives before it
    {
        socket_.set_option(tcp::socket::linger{true, 0});
        close();
    }
    // Counts the client's close as an end.
    void await_end();
    void end();

  private:
    tcp::socket socket_;
    server* of_;
    bytes scratch_ = bytes(64);
};

// Accepts and hands each connection to `on_accept`; by default its request is read and given to `on_request`.
class server
{
  public:
    using script = std::function<void(connection&)>;

    explicit server(asio::io_context& io, const asio::ip::address& address = asio::ip::address_v4::loopback())
        : acceptor_{io, {address, 0}}, address_{acceptor_.local_endpoint()}
    {
        acceptor_.non_blocking(true);
        accept();
    }
    server(const server&) = delete;
    server& operator=(const server&) = delete;
    ~server() { stop(); }

    script on_accept = [this](connection& one) {
        one.read_request([this](connection& read) { on_request(read); });
    };
    script on_request = [](connection& one) {
        one.answer_and_close(answer_to(one.request, raida::status::success));
    };

    std::size_t accepted = 0;
    std::size_t open = 0;
    std::size_t most_open = 0;
    std::size_t ended = 0;    // by the client, before an answer
    bool two_at_once = false; // two clients were waiting to be accepted

    [[nodiscard]] asio::ip::udp::endpoint endpoint() const { return {address_.address(), address_.port()}; }
    void stop()
    {
        std::error_code ignored;
        acceptor_.close(ignored);
    }

  private:
    void accept()
    {
        acceptor_.async_accept([this](std::error_code error, tcp::socket socket) {
            if (error)
                return;
            take(std::move(socket));
            std::error_code none;
            tcp::socket another = acceptor_.accept(none);
            if (!none) {
                two_at_once = true;
                take(std::move(another));
            }
            accept();
        });
    }
    void take(tcp::socket&& socket)
    {
        ++accepted;
        most_open = std::max(most_open, ++open);
        on_accept(*std::make_shared<connection>(std::move(socket), *this));
    }

    tcp::acceptor acceptor_;
    tcp::endpoint address_;
};

inline void connection::close()
{
    std::error_code ignored;
    if (socket_.is_open())
        --of_->open;
    socket_.close(ignored);
}

inline void connection::end()
{
    ++of_->ended;
    close();
}

inline void connection::await_end()
{
    socket_.async_read_some(asio::buffer(scratch_),
                            [self = shared_from_this()](std::error_code error, std::size_t) {
                                if (!error)
                                    return self->await_end();
                                if (error == asio::error::operation_aborted)
                                    return;
                                self->end();
                            });
}

inline void connection::read_header(std::function<void(connection&)> then)
{
    request.resize(raida::header_size);
    asio::async_read(socket_, asio::buffer(request),
                     [self = shared_from_this(), then = std::move(then)](std::error_code error, std::size_t) {
                         error ? self->end() : then(*self);
                     });
}

inline void connection::read_request(std::function<void(connection&)> then)
{
    read_header([then = std::move(then)](connection& self) {
        const std::size_t body = raida::request_header::parse(self.request)->body_size;
        self.request.resize(raida::header_size + body);
        asio::async_read(self.socket_, asio::buffer(self.request.data() + raida::header_size, body),
                         [again = self.shared_from_this(), then](std::error_code error, std::size_t) {
                             error ? again->end() : then(*again);
                         });
    });
}

// A port of this machine where nobody listens.
inline asio::ip::udp::endpoint closed_port(asio::io_context& io)
{
    const tcp::acceptor taken{io, {asio::ip::address_v4::loopback(), 0}};
    return {taken.local_endpoint().address(), taken.local_endpoint().port()};
}

} // namespace tcp_support

#endif // RAIDA_TESTS_TCP_SERVER_HPP
