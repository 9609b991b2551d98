#include "drivers/still_windows.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;

// One sample's distance from the window's mean, an axis. Above the tremor of a hand and five times the noise of an
// ADXL345 at 400 Hz; the share is for readings in a larger unit than they should be.
constexpr double kMaxDeviationMps2 = 0.6;
constexpr double kMaxDeviationShare = 0.03;
constexpr auto kLongestSilence = 2s;
constexpr std::uint32_t kFewestSamples = 3;

}  // namespace

std::optional<PreciseAcceleration> StillWindows::push(BootTime time, const PreciseAcceleration& reading_mps2) noexcept {
  if (samples_ > 0 && (!fits(reading_mps2) || time - last_ > kLongestSilence)) samples_ = 0;
  if (samples_ == 0) {
    begin_ = time;
    mean_mps2_ = {};
  }
  ++samples_;
  last_ = time;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    mean_mps2_[axis] += (reading_mps2[axis] - mean_mps2_[axis]) / samples_;
  }
  if (time - begin_ < length_ || samples_ < kFewestSamples) return std::nullopt;
  samples_ = 0;
  return mean_mps2_;
}

bool StillWindows::fits(const PreciseAcceleration& reading_mps2) const noexcept {
  const double norm_mps2 = std::hypot(mean_mps2_[0], mean_mps2_[1], mean_mps2_[2]);
  const double allowed_mps2 = std::max(kMaxDeviationMps2, kMaxDeviationShare * norm_mps2);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (std::abs(reading_mps2[axis] - mean_mps2_[axis]) > allowed_mps2) return false;
  }
  return true;
}

}  // namespace propriod::drivers
