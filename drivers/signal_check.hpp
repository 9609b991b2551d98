#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "drivers/boot_clock.hpp"
#include "drivers/calibration.hpp"

namespace propriod::drivers {

/// Tells from the samples alone when a sensor does not measure what it should: an axis that sticks, readings that clip
/// at the range, a norm far from 1 g at rest. For rates of 1 … 3200 Hz. `observe` belongs to the driver's thread and
/// neither locks nor allocates; `in_words` may be called from any thread.
class SignalCheck {
 public:
  /// `range_mps2`: the largest reading of an axis, where it is known.
  explicit SignalCheck(std::optional<double> range_mps2) noexcept
      : range_mps2_(range_mps2.value_or(std::numeric_limits<double>::infinity())) {}

  /// For a device that says its range only once it is connected.
  void set_range(double range_mps2) noexcept { range_mps2_.store(range_mps2, std::memory_order_relaxed); }

  /// `reading_mps2` is what the device says, which sticks and clips; `accel_mps2` is that after calibration, whose norm
  /// counts. Times ascend; a silence of more than `kSilence` starts everything anew.
  void observe(BootTime time, const PreciseAcceleration& reading_mps2, const PreciseAcceleration& accel_mps2) noexcept;

  /// What is wrong right now, a sentence each, with what to do; empty when all is well.
  [[nodiscard]] std::vector<std::string> in_words() const;

  static constexpr std::chrono::seconds kBlock{5};      ///< over which clipping and rest are judged
  static constexpr std::chrono::seconds kSilence{3};    ///< longer than between any two samples
  static constexpr std::chrono::seconds kPatience{10};  ///< an axis that never changes for so long is suspicious
  /// The same for all three at once, where the steps are coarser than the noise: such a sensor may well lie so still.
  static constexpr std::chrono::seconds kCoarsePatience{60};
  static constexpr std::chrono::seconds kClippingStands{60};  ///< after the last block that clipped

 private:
  /// How long an axis has had its value, and where all three have been meanwhile.
  struct Hold {
    BootTime since;
    PreciseAcceleration lowest;
    PreciseAcceleration highest;
  };

  /// Sums over the block under way, relative to its first sample, so that they stay exact.
  struct Block {
    BootTime begin;
    PreciseAcceleration origin_mps2;
    PreciseAcceleration sum{};
    PreciseAcceleration sum_of_squares{};
    std::array<std::uint32_t, 3> clipped{};
    std::uint32_t samples = 0;
  };

  void begin(BootTime time, const PreciseAcceleration& reading_mps2, const PreciseAcceleration& accel_mps2) noexcept;
  void watch_for_sticking(BootTime time, const PreciseAcceleration& reading_mps2) noexcept;
  void judge_block(BootTime time) noexcept;
  [[nodiscard]] bool at_the_end_of_the_range(double reading_mps2) const noexcept;
  [[nodiscard]] bool sticks(std::size_t axis, BootTime time) const noexcept;

  std::atomic<double> range_mps2_;  // infinite while it is not known

  // The driver's thread.
  bool started_ = false;
  BootTime last_time_;
  PreciseAcceleration last_mps2_{};
  std::array<double, 3> step_mps2_{};  // smallest change ever seen: the resolution, or what noise makes of it
  std::array<Hold, 3> holds_{};
  Block block_{};
  std::array<std::optional<BootTime>, 3> clipped_at_{};

  // Any thread.
  static constexpr std::uint8_t kFrozen = 0b111;
  std::atomic<std::uint8_t> stuck_{0};  // a bit an axis
  std::array<std::atomic<float>, 3> clipped_share_{};
  std::atomic<double> rest_norm_mps2_{std::numeric_limits<double>::quiet_NaN()};  // while that is far from 1 g
};

}  // namespace propriod::drivers
