#pragma once

#include <chrono>
#include <cmath>

namespace propriod::drivers {

/// The host's boot clock (`CLOCK_BOOTTIME`): it never jumps, and goes on while the machine sleeps. Every measurement
/// time is on it, because the step when NTP arrives must not move a window. Any thread.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
  [[nodiscard]] static time_point now() noexcept;
};

using BootTime = BootClock::time_point;

/// For arithmetic with rates.
[[nodiscard]] inline double seconds(BootClock::duration duration) noexcept {
  return std::chrono::duration<double>(duration).count();
}
[[nodiscard]] inline BootClock::duration from_seconds(double seconds) noexcept {
  return BootClock::duration{std::llround(seconds * 1e9)};
}

}  // namespace propriod::drivers
