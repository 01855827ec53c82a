// Where each server stands while a call is under way: a cell for each, drawn again and again in a terminal.
#ifndef RAIDA_EXAMPLES_PROGRESS_HPP
#define RAIDA_EXAMPLES_PROGRESS_HPP

#include "table.hpp"
#include "terminal.hpp"

#include <raida/client/call_options.hpp>
#include <raida/transport/server_list.hpp>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace support {

// What is known of one call.
class call_picture
{
  public:
    explicit call_picture(const raida::server_list<>& servers)
    {
        for (std::size_t i = 0; i < asked_.size(); ++i)
            asked_[i] = servers.endpoint(i) != nullptr || servers.mirror(i) != nullptr;
    }

    // For call_options::on_progress.
    void take(const raida::progress<>& now)
    {
        now_ = now;
        has_begun_ = true;
    }

    // A title of what is going on, and the cells: as many to a line as there is room for.
    [[nodiscard]] std::string drawn(std::string_view doing, const terminal& screen) const
    {
        std::string title = std::string{doing} + ": " + describe(clock::now() - began_);
        if (now_.tokens != 0)
            title += ", " + std::to_string(now_.decided) + " of " + std::to_string(now_.tokens) + " decided";
        if (const auto waiting = count_waiting(); waiting != 0)
            title += ", waiting for " + std::to_string(waiting);
        std::string text = wrapped(title, screen.columns) + '\n';
        const std::size_t per_line = std::clamp(screen.columns / cell_width, std::size_t{1}, std::size_t{5});
        for (std::size_t i = 0; i < asked_.size(); ++i) {
            text += cell_of(i, screen);
            if ((i + 1) % per_line == 0 || i + 1 == asked_.size())
                text += '\n';
        }
        return text;
    }

  private:
    using clock = std::chrono::steady_clock;
    static constexpr std::size_t cell_width = 15;

    [[nodiscard]] bool is_waiting(std::size_t server) const
    {
        return asked_[server] && (!has_begun_ || now_.servers[server].open != 0);
    }

    [[nodiscard]] std::size_t count_waiting() const
    {
        std::size_t count = 0;
        for (std::size_t i = 0; i < asked_.size(); ++i)
            count += is_waiting(i) ? 1 : 0;
        return count;
    }

    // " 7 + 142.3 ms", padded
    [[nodiscard]] std::string cell_of(std::size_t server, const terminal& screen) const
    {
        const raida::server_progress& one = now_.servers[server];
        const std::size_t settled = one.answered + one.failed;
        std::string text = (server < 10 ? " " : "") + std::to_string(server);
        colour how = colour::dim;
        if (!asked_[server]) {
            text += " x no address";
            how = colour::red;
        } else if (is_waiting(server)) {
            text += " . ";
            if (settled + one.open > 1)
                text += std::to_string(settled) + "/" + std::to_string(settled + one.open);
        } else if (one.failed != 0) {
            text += " x failed";
            how = colour::red;
        } else {
            text += " + " + describe(one.latency);
            how = colour::green;
        }
        text.resize(cell_width, ' ');
        return screen.paint(text, how);
    }

    std::array<bool, raida::server_count> asked_{};
    raida::progress<> now_{};
    bool has_begun_ = false;
    clock::time_point began_ = clock::now();
};

// Drawn again twenty times a second for as long as this lives.
class redrawn
{
  public:
    redrawn(asio::io_context& io, std::function<void()> draw)
        : shared_{std::make_shared<shared>(io, std::move(draw))}
    {
        tick(shared_);
    }
    redrawn(const redrawn&) = delete;
    redrawn& operator=(const redrawn&) = delete;
    ~redrawn() { shared_->timer.cancel(); }

  private:
    struct shared
    {
        shared(asio::io_context& io, std::function<void()> how) : timer{io}, draw{std::move(how)} {}

        asio::steady_timer timer;
        std::function<void()> draw;
    };

    static void tick(const std::shared_ptr<shared>& of)
    {
        of->draw();
        of->timer.expires_after(std::chrono::milliseconds{50});
        of->timer.async_wait([weak = std::weak_ptr{of}](std::error_code cancelled) {
            if (const auto alive = weak.lock(); alive && !cancelled)
                tick(alive);
        });
    }

    std::shared_ptr<shared> shared_;
};

// Below what was printed so far. Draws nothing where stdout is no terminal or too small. Gone without a trace
// when destroyed.
class progress
{
  public:
    progress(asio::io_context& io, const terminal& screen, const raida::server_list<>& servers)
        : screen_{screen}, picture_{servers}
    {
        const auto text = picture_.drawn(doing_, screen_);
        if (screen.interactive &&
            static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) < screen.rows)
            drawing_.emplace(io, [this] { draw(); });
    }
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress()
    {
        if (drawing_)
            std::cout << erase() << std::flush;
    }

    void take(const raida::progress<>& now) { picture_.take(now); }

    // Another call begins.
    void say(std::string what, const raida::server_list<>& servers)
    {
        doing_ = std::move(what);
        picture_ = call_picture{servers};
    }

  private:
    [[nodiscard]] std::string erase() const
    {
        return lines_ == 0 ? "" : "\x1b[" + std::to_string(lines_) + "A\r\x1b[J";
    }

    void draw()
    {
        const auto text = picture_.drawn(doing_, screen_);
        std::cout << erase() << text << std::flush;
        lines_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }

    terminal screen_;
    call_picture picture_;
    std::string doing_ = "asking all servers at once";
    std::size_t lines_ = 0;
    std::optional<redrawn> drawing_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_PROGRESS_HPP
