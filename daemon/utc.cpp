#include "daemon/utc.hpp"

#include <spdlog/fmt/fmt.h>
#include <sys/timex.h>

#include <ctime>

namespace propriod::daemon {

UtcBorder UtcBorder::now() noexcept {
  UtcBorder border;
  border.offset_ = std::chrono::system_clock::now().time_since_epoch() - drivers::BootClock::now().time_since_epoch();
  timex state{};
  border.clock_synced_ = adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
  return border;
}

std::string UtcBorder::text(drivers::BootTime time) const {
  const auto since_epoch = time.time_since_epoch() + offset_;
  const auto second = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const auto micros = std::chrono::floor<std::chrono::microseconds>(since_epoch - second);
  const std::time_t seconds = second.count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, micros.count());
}

}  // namespace propriod::daemon
