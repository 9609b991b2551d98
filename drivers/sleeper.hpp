#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>

#include "drivers/sample.hpp"

namespace propriod::drivers {

/// The 12 sleep postures in the paper's label order: 30° steps around the long axis of the body, from supine (`up`: the
/// face is up) over the right side (`right`: lying on it) and prone (`down`) to the left side.
inline constexpr std::array<std::string_view, 12> kPostures{"up",         "up_right",   "right_up", "right",
                                                            "right_down", "down_right", "down",     "down_left",
                                                            "left_down",  "left",       "left_up",  "up_left"};

/// Where the sleeper wears the sensor.
enum class SleeperPlacement : std::uint8_t { kChest, kNeck, kAbdomen };

/// Indexed by `SleeperPlacement`, in the paper's label order.
inline constexpr std::array<std::string_view, 3> kSleeperPlacements{"chest", "neck", "abdomen"};

/// Nothing when `name` is not one of `kSleeperPlacements`.
[[nodiscard]] std::optional<SleeperPlacement> sleeper_placement(std::string_view name) noexcept;

/// The simulated sleeper: what an ADXL345 (±2 g, full resolution) on a sleeping person measures. A model, not a
/// recording: whatever is trained or measured on it has to say `simulated`.
///
/// The seed is the person: sleepers that differ in `placement` or `rate_hz` alone take the same postures at the same
/// time, as one body does. All 12 postures come in random order, then again in another order. Deterministic; the random
/// draws are the same everywhere, and only the last bit of the C library's `sin` or `exp` can move a sample by one LSB.
/// No allocation after construction. One owner.
class Sleeper {
 public:
  struct Options {
    std::uint64_t seed = 1;
    SleeperPlacement placement = SleeperPlacement::kChest;
    double rate_hz = 50;            ///< > 0
    std::chrono::seconds bout{60};  ///< ≥ 1: how long a posture is held, turning over into it included
  };
  struct State {
    Acceleration accel_mps2;  ///< multiples of 1/256 g within ±2 g; x to the left, y to the head, z out of the chest
    std::size_t posture;      ///< index into `kPostures`; while turning over, the nearer end of the turn
  };

  explicit Sleeper(const Options& options);

  /// The next sample, one period after the one before; the first is at time 0.
  [[nodiscard]] State next() noexcept;

 private:
  /// Lying in one posture, beginning with the turn into it.
  struct Bout {
    double begin_s;
    double turn_s;  ///< 0: already lying there
    double from_rad;
    double to_rad;  ///< roll around the long axis; not wrapped, so that the turn takes the shorter way
    std::size_t from_posture;
    std::size_t posture;
  };
  using Rotation = std::array<std::array<double, 3>, 3>;

  void begin_next_bout() noexcept;
  [[nodiscard]] std::size_t next_posture() noexcept;
  [[nodiscard]] Rotation mounting();

  const Options options_;
  std::mt19937_64 person_;  // draws that all sensors of the person share; never one a sample, so no rate disturbs them
  std::mt19937_64 sensor_;  // mounting and noise of this sensor
  const double breathing_hz_;
  const double heart_hz_;
  const double restless_phase_rad_;
  const Rotation body_to_sensor_;
  const double noise_growth_;
  std::array<std::size_t, kPostures.size()> order_{};
  std::size_t place_in_order_;
  Bout bout_{};
  std::uint64_t samples_ = 0;
};

}  // namespace propriod::drivers
