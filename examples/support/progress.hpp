// One cell per server, drawn again and again in a terminal while the servers are asked.
#ifndef RAIDA_EXAMPLES_PROGRESS_HPP
#define RAIDA_EXAMPLES_PROGRESS_HPP

#include "table.hpp"
#include "terminal.hpp"

#include <raida/raida.hpp>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

namespace support {

// Draws nothing where stdout is no terminal or too small. Gone without a trace when destroyed.
class progress
{
  public:
    progress(asio::io_context& io, const terminal& screen, std::size_t parts,
             const raida::server_list<>& servers)
        : screen_{screen},
          timer_{io},
          parts_{parts},
          per_line_{std::min(screen.columns / cell_width, std::size_t{5})}
    {
        for (std::size_t i = 0; i < states_.size(); ++i)
            states_[i].asked = servers.endpoint(i) != nullptr;
        visible_ = screen.interactive && per_line_ != 0 && states_.size() / per_line_ + 3 < screen.rows;
        tick();
    }
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    ~progress()
    {
        timer_.cancel();
        if (visible_)
            std::cout << erase() << std::flush;
    }

    // To be called for each reply, from on_reply.
    void settled(const raida::reply& reply)
    {
        state& one = states_[reply.server];
        ++one.settled;
        one.failed = one.failed || !reply || !reply.verified || raida::is_error(reply.status());
        one.longest = std::max(one.longest, reply.latency);
    }

    // What is going on, from now on.
    void say(std::string what) { doing_ = std::move(what); }

  private:
    static constexpr std::size_t cell_width = 15;

    struct state
    {
        bool asked = true, failed = false;
        std::size_t settled = 0;
        std::chrono::nanoseconds longest{};
    };

    void tick()
    {
        if (!visible_)
            return;
        draw();
        timer_.expires_after(std::chrono::milliseconds{50});
        timer_.async_wait([this](std::error_code cancelled) {
            if (!cancelled)
                tick();
        });
    }

    [[nodiscard]] std::string erase() const
    {
        return drawn_ == 0 ? "" : "\x1b[" + std::to_string(drawn_) + "A\r\x1b[J";
    }

    void draw()
    {
        const auto waiting = std::count_if(states_.begin(), states_.end(), [this](const state& one) {
            return one.asked && one.settled < parts_;
        });
        std::string title = doing_ + ": " + describe(clock::now() - began_);
        if (waiting != 0)
            title += ", waiting for " + std::to_string(waiting);
        std::string text = erase() + title.substr(0, screen_.columns - 1) + "\n";
        drawn_ = 1;
        for (std::size_t i = 0; i < states_.size(); ++i) {
            text += drawn(i);
            if ((i + 1) % per_line_ == 0 || i + 1 == states_.size()) {
                text += '\n';
                ++drawn_;
            }
        }
        std::cout << text << std::flush;
    }

    // " 7 + 142.3 ms", padded
    [[nodiscard]] std::string drawn(std::size_t server) const
    {
        const state& one = states_[server];
        std::string text = (server < 10 ? " " : "") + std::to_string(server);
        colour how = colour::dim;
        if (!one.asked) {
            text += " x no address";
            how = colour::red;
        } else if (one.settled < parts_) {
            text += " . ";
            if (parts_ > 1)
                text += std::to_string(one.settled) + "/" + std::to_string(parts_);
        } else {
            text += (one.failed ? " x " : " + ") + describe(one.longest);
            how = one.failed ? colour::red : colour::green;
        }
        text.resize(cell_width, ' ');
        return screen_.paint(text, how);
    }

    using clock = std::chrono::steady_clock;

    terminal screen_;
    asio::steady_timer timer_;
    std::size_t parts_, per_line_, drawn_ = 0;
    bool visible_ = false;
    std::string doing_ = "asking all servers at once";
    std::array<state, raida::server_count> states_{};
    clock::time_point began_ = clock::now();
};

} // namespace support

#endif // RAIDA_EXAMPLES_PROGRESS_HPP
