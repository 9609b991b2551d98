#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "drivers/calibration_fit.hpp"
#include "drivers/still_windows.hpp"

namespace propriod::daemon {

/// Leads a person through a calibration: hears samples, says what to do next. Knows neither a clock nor a terminal. One
/// owner.
class CalibrationDialogue {
 public:
  enum class Method : std::uint8_t {
    kFaces,   ///< each of the six sides up once, in any order
    kSphere,  ///< still in many positions, until they tell everything
  };

  /// `hold`: how long each position is held.
  CalibrationDialogue(Method method, std::chrono::nanoseconds hold) noexcept : method_(method), still_(hold) {}

  /// What to tell before the first sample.
  [[nodiscard]] std::string introduction() const;

  /// What to tell now, when there is something new; else empty. `reading_mps2` is not calibrated.
  [[nodiscard]] std::string hear(drivers::BootTime time, const drivers::PreciseAcceleration& reading_mps2);

  /// What is wanted right now, with the countdown: a line that is rewritten.
  [[nodiscard]] std::string status() const;

  /// Nothing more is needed.
  [[nodiscard]] bool complete() const noexcept { return complete_; }

  /// The means of the positions held so far, in m/s².
  [[nodiscard]] const std::vector<drivers::PreciseAcceleration>& positions() const noexcept { return positions_; }

 private:
  [[nodiscard]] std::string hear_face(const drivers::PreciseAcceleration& mean_mps2);
  [[nodiscard]] std::string hear_position(const drivers::PreciseAcceleration& mean_mps2);
  [[nodiscard]] std::optional<drivers::Face> next_face() const noexcept;

  Method method_;
  drivers::StillWindows still_;
  std::chrono::nanoseconds held_before_{0};
  std::array<bool, drivers::kFaces> seen_{};
  std::vector<drivers::PreciseAcceleration> positions_;
  bool complete_ = false;
};

}  // namespace propriod::daemon
