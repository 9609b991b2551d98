#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "drivers/boot_clock.hpp"
#include "drivers/calibration.hpp"

namespace propriod::drivers {

/// Finds the stretches in which a sensor is held still, and what it measures there on average. A value; one owner.
class StillWindows {
 public:
  /// `length`: how long it must be still.
  explicit StillWindows(std::chrono::nanoseconds length) noexcept : length_(length) {}

  /// The mean of the window that this sample completes, in m/s². The next window begins with the next sample.
  [[nodiscard]] std::optional<PreciseAcceleration> push(BootTime time,
                                                        const PreciseAcceleration& reading_mps2) noexcept;

  /// How long it has been still now.
  [[nodiscard]] std::chrono::nanoseconds held() const noexcept {
    return samples_ == 0 ? length_.zero() : last_ - begin_;
  }
  [[nodiscard]] std::chrono::nanoseconds length() const noexcept { return length_; }

 private:
  [[nodiscard]] bool fits(const PreciseAcceleration& reading_mps2) const noexcept;

  std::chrono::nanoseconds length_;
  BootTime begin_;
  BootTime last_;
  PreciseAcceleration mean_mps2_{};
  std::uint32_t samples_ = 0;  // of the window under way
};

}  // namespace propriod::drivers
