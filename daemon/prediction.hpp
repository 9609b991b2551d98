#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "drivers/boot_clock.hpp"

namespace propriod::daemon {

/// What the model says of one window of one sensor.
struct Prediction {
  std::size_t sensor = 0;  ///< index into the configuration's sensors
  std::uint64_t seq = 0;   ///< counts up per sensor, from 1
  drivers::BootTime window_start{};
  drivers::BootTime window_end{};
  std::vector<float> activity;  ///< probabilities in the order of the model's labels
  std::vector<float> placement;
};

}  // namespace propriod::daemon
