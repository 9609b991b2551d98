#include "drivers/simulated_driver.hpp"

#include <chrono>
#include <cmath>

namespace propriod::drivers {

std::optional<PacedDriver::PacedSample> SimulatedDriver::produce() noexcept {
  // From the index, not by adding periods: 51.2 Hz has no whole number of nanoseconds, and sums of roundings drift.
  const std::chrono::nanoseconds offset{std::llround(static_cast<double>(samples_++) * 1e9 / rate_hz_)};
  return PacedSample{.offset = offset, .accel_mps2 = sleeper_.next().accel_mps2, .after_gap = false};
}

}  // namespace propriod::drivers
