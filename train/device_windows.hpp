#pragma once

#include "train/losses.hpp"
#include "train/window_set.hpp"

namespace propriod::train {

/// All windows as tensors on the device that trains: they fit (WISDM 2019 whole: 170 MB), and no step waits for a copy.
class DeviceWindows {
 public:
  /// `window`: samples; `scale`: the network sees m/s² times this.
  DeviceWindows(const WindowSet& set, int window, double scale, torch::Device device);

  /// `rows`: (N) int64 on the device.
  [[nodiscard]] Batch batch(const torch::Tensor& rows) const;

  /// Likewise, without the accelerations.
  [[nodiscard]] Batch labels(const torch::Tensor& rows) const;

 private:
  Batch all_;
};

}  // namespace propriod::train
