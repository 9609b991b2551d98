#pragma once

#include <cstdint>
#include <optional>

#include "drivers/calibration.hpp"

namespace propriod::drivers {

/// What happened to a stream of readings since the one before.
struct Interruption {
  std::uint64_t lost = 0;       ///< samples that the device made and that never arrived
  bool gap = false;             ///< samples are missing, and nobody can tell how many
  bool restarted = false;       ///< the device's time begins anew
  bool resynchronised = false;  ///< bytes were skipped that could not be read
};

/// What a decoder of a serial stream hands out.
struct SerialReading {
  Interruption before{};
  std::optional<std::int64_t> time_us{};  ///< on the device's clock, unwrapped; ascends until `before.restarted`
  PreciseAcceleration accel_mps2{};       ///< always finite
};

}  // namespace propriod::drivers
