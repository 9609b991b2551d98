#pragma once

#include <torch/types.h>

#include "model/manifest.hpp"

namespace propriod::train {

using AugmentationOptions = model::Manifest::Augmentation;

/// Varies every window of a batch in its own way, anew at each call; labels stay. Draws from LibTorch's default
/// generator of the device, so a seed gives the same windows, and every kind draws the same numbers whatever other
/// kinds are on. Thread-bound.
///
/// - Rotation, with its probability: axis uniform on the sphere, angle uniform in 0 … `rotate_degrees`.
/// - Axes: with the given probability a rotation uniform among the cube's 24, the one that does nothing included.
/// - Scaling: one factor a window for all axes, log-uniform.
/// - Time warp: sample t of a window of length T becomes the one at t + a·T/2π·(sin(2πt/T + p) − sin p), by linear
///   interpolation: speed 1 + a·cos(2πt/T + p) with a uniform in 0 … `time_warp` and p uniform. The ends stay in place.
class Augmentation {
 public:
  /// `device`: where the windows are. Throws std::runtime_error for an option out of its range.
  Augmentation(const AugmentationOptions& options, torch::Device device);

  /// `accel`: (N, 3, W) float32, W ≥ 2, in any unit. Returns as much in new memory, or `accel` itself when all is off.
  [[nodiscard]] torch::Tensor operator()(const torch::Tensor& accel) const;

 private:
  AugmentationOptions options_;
  torch::Tensor cube_rotations_;  ///< (24, 3, 3), the first does nothing
  torch::Tensor cross_products_;  ///< (3, 9): axis · this = the matrix of axis ×
};

}  // namespace propriod::train
