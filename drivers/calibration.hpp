#pragma once

#include <array>
#include <cstddef>

namespace propriod::drivers {

/// x, y, z in m/s² while they are being computed; a `Sample` rounds them to float.
using PreciseAcceleration = std::array<double, 3>;

/// What a sensor's own readings lack to be true, per axis: true = (reading − offset) · scale. Found by
/// `propriod sensors calibrate`.
struct Calibration {
  PreciseAcceleration offset_mps2{0, 0, 0};
  std::array<double, 3> scale{1, 1, 1};

  [[nodiscard]] PreciseAcceleration apply(const PreciseAcceleration& reading_mps2) const noexcept {
    PreciseAcceleration corrected{};
    for (std::size_t axis = 0; axis < corrected.size(); ++axis) {
      corrected[axis] = (reading_mps2[axis] - offset_mps2[axis]) * scale[axis];
    }
    return corrected;
  }
  friend bool operator==(const Calibration&, const Calibration&) = default;
};

}  // namespace propriod::drivers
