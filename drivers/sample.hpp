#pragma once

#include <array>

#include "drivers/boot_clock.hpp"

namespace propriod::drivers {

inline constexpr double kStandardGravityMps2 = 9.80665;  ///< 1 g (CGPM 1901)

using Acceleration = std::array<float, 3>;  ///< x, y, z in m/s², gravity included

/// One reading of a three-axis accelerometer, in the sensor's frame. Plain data: copied, never shared.
struct Sample {
  BootTime time;            ///< when the device measured it, not when the host read it
  Acceleration accel_mps2;  ///< always finite
};

}  // namespace propriod::drivers
