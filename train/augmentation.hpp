#pragma once

#include <torch/types.h>

namespace propriod::train {

/// How training windows are varied. All off: not at all.
struct AugmentationOptions {
  double rotate_degrees = 0;  ///< 0 … 180: turned by up to that about any axis, as a sensor mounted askew
  double permute_axes = 0;  ///< 0 … 1: probability of one of the 24 ways to put a cube down, as one mounted otherwise
  double time_warp = 0;     ///< 0 … 0.9: faster here and slower there by up to that share
  double scaling = 0;       ///< 0 … 10: magnitude times a factor of 1/(1 + that) … 1 + that

  [[nodiscard]] bool any() const noexcept {
    return rotate_degrees > 0 || permute_axes > 0 || time_warp > 0 || scaling > 0;
  }
};

/// Varies every window of a batch in its own way, anew at each call; labels stay. Draws from LibTorch's default
/// generator of the device, so a seed gives the same windows, and every kind draws the same numbers whatever other
/// kinds are on. Thread-bound.
///
/// - Rotation: axis uniform on the sphere, angle uniform in 0 … `rotate_degrees`.
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
