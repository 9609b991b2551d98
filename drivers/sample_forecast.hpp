#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "drivers/boot_clock.hpp"

namespace propriod::drivers {

/// How many samples a chip must have made by some moment, from what was counted before. Every count bounds the rate
/// and the phase of its clock from two sides: when a chip that has made n samples is looked at, the nth is over and the
/// next is yet to come. That holds however late the look was, so that a busy host makes the bounds no more than wider.
/// One owner; never allocates.
class SampleForecast {
 public:
  /// `most_drift_ppm`: how far the rate may be off.
  SampleForecast(double rate_hz, double most_drift_ppm) noexcept;

  /// At some moment between `before` and `after` the chip had made `made` samples. All three ascend.
  void counted(std::int64_t made, BootTime before, BootTime after) noexcept;

  /// What the chip has made by then: at least and at most, in samples and parts of the one under way.
  struct Bounds {
    double least;
    double most;
  };

  /// Nothing where that is not known to less than a sample: the last count was too long ago for what had been seen
  /// until then, or the chip did not keep a steady rate. `time` is not before the last count.
  [[nodiscard]] std::optional<Bounds> made_by(BootTime time) const noexcept;

  /// Counting starts anew.
  void forget() noexcept {
    size_ = 0;
    latest_ = kCounts - 1;
  }

 private:
  struct Count {
    std::int64_t made;
    BootTime before;
    BootTime after;
  };
  static constexpr std::size_t kCounts = 128;

  [[nodiscard]] const Count& latest() const noexcept { return counts_[latest_]; }

  double slowest_hz_;
  double fastest_hz_;
  std::array<Count, kCounts> counts_;  // a ring
  std::size_t latest_ = kCounts - 1;
  std::size_t size_ = 0;
};

}  // namespace propriod::drivers
