// How each request went, as CSV with the columns that public clients write, in their order.
#ifndef RAIDA_EXAMPLES_RECORD_CSV_HPP
#define RAIDA_EXAMPLES_RECORD_CSV_HPP

#include "output_file.hpp"

#include <raida/client/record.hpp>
#include <raida/wire/commands.hpp>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

namespace support {

namespace csv {

// "2026-01-31T12:00:00.250Z"
[[nodiscard]] inline std::string text(std::chrono::system_clock::time_point when)
{
    using namespace std::chrono;
    const auto second = floor<seconds>(when);
    const auto day = floor<days>(second);
    const year_month_day date{day};
    const hh_mm_ss time{second - day};
    char written[64];
    std::snprintf(written, sizeof written, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                  static_cast<int>(duration_cast<std::chrono::milliseconds>(when - second).count()));
    return written;
}

[[nodiscard]] inline std::string text(std::chrono::nanoseconds time)
{
    char written[64];
    std::snprintf(written, sizeof written, "%.3f", std::chrono::duration<double, std::milli>{time}.count());
    return written;
}

[[nodiscard]] inline std::string text(raida::command_code what)
{
    if (what == raida::echo_command)
        return "echo";
    if (what == raida::version_command)
        return "version";
    if (what == raida::detect_command)
        return "detect";
    if (what == raida::pown_command)
        return "pown";
    if (what == raida::find_command)
        return "find";
    return std::to_string(what.group) + "-" + std::to_string(what.code);
}

inline constexpr std::string_view record_heading =
    "server,command,timestamp,last_echo_ms,timeout_ms,bytes_sent,bytes_returned,total_ms,server_us,timed_out";

// One line, without its end. What is not known is empty.
[[nodiscard]] inline std::string line(const raida::request_record& one)
{
    return std::to_string(one.server) + ',' + text(one.command) + ',' + text(one.timestamp) + ',' +
           (one.last_echo ? text(*one.last_echo) : "") + ',' + text(one.timeout) + ',' +
           std::to_string(one.bytes_sent) + ',' + std::to_string(one.bytes_returned) + ',' + text(one.total) +
           ',' + (one.server_time ? std::to_string(one.server_time->count()) : "") + ',' +
           (one.timed_out ? "1" : "0");
}

} // namespace csv

// The file: begins with the heading; close() tells whether all of it was written.
class record_csv
{
  public:
    // Throws bad_input if the file cannot be written.
    explicit record_csv(const std::string& path) : file_{path, csv::record_heading, "records", "--records"}
    {
        file_.write("\n");
    }

    // For client_settings::on_record.
    void write(const raida::request_record& one) { file_.write(csv::line(one) + '\n'); }

    void close() { file_.close(); }

  private:
    output_file file_;
};

} // namespace support

#endif // RAIDA_EXAMPLES_RECORD_CSV_HPP
