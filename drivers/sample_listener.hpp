#pragma once

#include <cstdint>

#include "drivers/boot_clock.hpp"
#include "drivers/calibration.hpp"

namespace propriod::drivers {

/// Whoever is told what a sensor said, in the order of measurement. None of these may allocate.
class SampleListener {
 public:
  SampleListener() = default;
  SampleListener(const SampleListener&) = delete;
  SampleListener& operator=(const SampleListener&) = delete;

  virtual void on_sample(BootTime time, const PreciseAcceleration& accel_mps2) noexcept = 0;

  /// The sensor made `samples` (not 0) that never arrived, between the last sample and the next.
  virtual void on_lost(std::uint64_t samples) noexcept = 0;

  /// Samples are missing between the last and the next, and nobody can tell how many.
  virtual void on_gap() noexcept = 0;

 protected:
  ~SampleListener() = default;
};

}  // namespace propriod::drivers
