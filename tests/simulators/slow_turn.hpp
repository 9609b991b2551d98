#pragma once

#include <cstdint>
#include <random>

#include "drivers/adxl345_registers.hpp"

namespace propriod::tests {

/// What an ADXL345 measures that somebody turns slowly, all the way around in 6000 samples: gravity, and the chip's own
/// noise. For programs: a sensor that is calibrated and well.
class SlowTurn {
 public:
  drivers::adxl345::Counts operator()(std::uint64_t index);

 private:
  std::minstd_rand random_{1};
  std::normal_distribution<double> noise_counts_{0, 0.8};  // as its data sheet has it at 100 Hz
};

}  // namespace propriod::tests
