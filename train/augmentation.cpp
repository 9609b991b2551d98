#include "train/augmentation.hpp"

#include <spdlog/fmt/fmt.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <vector>

namespace propriod::train {
namespace {

constexpr std::int64_t kCubeRotations = 24;
constexpr double kTurn = 2 * std::numbers::pi;

/// Rows of the uniform numbers in 0 … 1 that a batch draws at once, a column a window.
enum Draw : std::int64_t { kHeight, kAzimuth, kAngle, kPermute, kWhichPermutation, kFactor, kWarp, kPhase, kDraws };

void check(const char* name, double value, double largest) {
  if (value >= 0 && value <= largest) return;  // false for NaN
  throw std::runtime_error(fmt::format("augmentation: {} must be within 0 … {}, not {}", name, largest, value));
}

/// (24, 3, 3): signed permutations of the axes with determinant +1; a sensor is never a mirror image.
torch::Tensor all_cube_rotations() {
  std::vector<float> values;
  std::array<int, 3> axes{0, 1, 2};
  do {
    const bool even = (axes[0] < axes[1]) == ((axes[1] < axes[2]) == (axes[0] < axes[2]));
    for (int signs = 0; signs < 8; ++signs) {
      const std::array<float, 3> sign{(signs & 1) != 0 ? -1.F : 1.F, (signs & 2) != 0 ? -1.F : 1.F,
                                      (signs & 4) != 0 ? -1.F : 1.F};
      if ((sign[0] * sign[1] * sign[2] > 0) != even) continue;
      for (std::size_t row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) values.push_back(column == axes[row] ? sign[row] : 0);
      }
    }
  } while (std::ranges::next_permutation(axes).found);
  return torch::tensor(values).view({kCubeRotations, 3, 3});
}

/// (3, 9): what each component of u adds to the matrix that maps v to u × v.
torch::Tensor all_cross_products() {
  return torch::tensor({0, 0,  0, 0, 0, -1, 0,  1, 0,   //
                        0, 0,  1, 0, 0, 0,  -1, 0, 0,   //
                        0, -1, 0, 1, 0, 0,  0,  0, 0})  //
      .to(torch::kFloat32)
      .view({3, 9});
}

/// Rodrigues' formula: I + sin θ K + (1 − cos θ) K². `axes`: (N, 3) of length 1; `angles`: (N, 1, 1) radians.
torch::Tensor rotations(const torch::Tensor& axes, const torch::Tensor& angles, const torch::Tensor& cross_products) {
  const auto k = axes.matmul(cross_products).view({-1, 3, 3});
  return torch::eye(3, axes.options()) + angles.sin() * k + (1 - angles.cos()) * k.bmm(k);
}

/// Uniform on the sphere: the height of a point is uniform, said Archimedes. Returns (N, 3).
torch::Tensor axes_of(const torch::Tensor& draws) {
  const auto height = draws[kHeight] * 2 - 1;
  const auto azimuth = draws[kAzimuth] * kTurn;
  const auto radius = (1 - height * height).clamp_min(0).sqrt();
  return torch::stack({radius * azimuth.cos(), radius * azimuth.sin(), height}, /*dim=*/1);
}

/// `accel` with time running as the documentation of Augmentation says; `amount` and `phase`: (N, 1).
torch::Tensor warped(const torch::Tensor& accel, const torch::Tensor& amount, const torch::Tensor& phase) {
  const auto length = accel.size(2);
  const auto last = static_cast<double>(length - 1);
  const auto time = torch::arange(length, accel.options());  // samples
  const auto position = (time + amount * (last / kTurn) * ((time * (kTurn / last) + phase).sin() - phase.sin()))
                            .clamp(0, last);  // (N, W)
  const auto before = position.floor().clamp_max(last - 1);
  const auto share = (position - before).unsqueeze(1);                               // (N, 1, W)
  const auto index = before.to(torch::kInt64).unsqueeze(1).expand({-1, 3, length});  // (N, 3, W)
  return torch::lerp(accel.gather(2, index), accel.gather(2, index + 1), share);
}

}  // namespace

Augmentation::Augmentation(const AugmentationOptions& options, torch::Device device)
    : options_(options),
      cube_rotations_(all_cube_rotations().to(device)),
      cross_products_(all_cross_products().to(device)) {
  check("rotate_degrees", options.rotate_degrees, 180);
  check("rotate_probability", options.rotate_probability, 1);
  check("permute_axes", options.permute_axes, 1);
  check("time_warp", options.time_warp, 0.9);
  check("scaling", options.scaling, 10);
}

torch::Tensor Augmentation::operator()(const torch::Tensor& accel) const {
  if (!options_.any()) return accel;
  const torch::NoGradGuard no_grad;
  const auto windows = accel.size(0);
  const auto draws = torch::rand({kDraws, windows}, accel.options());
  torch::Tensor matrices;  // (N, 3, 3): all that is linear in the samples, applied at once
  const auto then = [&](const torch::Tensor& next) { matrices = matrices.defined() ? next.matmul(matrices) : next; };
  if (options_.permute_axes > 0) {
    const auto permuted = (draws[kPermute] < options_.permute_axes).to(torch::kInt64);
    // float32's rand is at most 1 − 2⁻²⁴, whose product rounds to below 24
    then(cube_rotations_.index_select(
        0, (draws[kWhichPermutation] * static_cast<double>(kCubeRotations)).to(torch::kInt64) * permuted));
  }
  if (options_.rotate_degrees > 0 && options_.rotate_probability > 0) {
    // Below the probability the draw is uniform still, so one decides both whether and how far.
    const auto share = draws[kAngle] / options_.rotate_probability;
    const auto angles = (share * (share < 1) * (options_.rotate_degrees / 360 * kTurn)).view({windows, 1, 1});
    then(rotations(axes_of(draws), angles, cross_products_));
  }
  if (options_.scaling > 0) {
    const auto factors = ((draws[kFactor] * 2 - 1) * std::log1p(options_.scaling)).exp().view({windows, 1, 1});
    matrices = factors * (matrices.defined() ? matrices : torch::eye(3, accel.options()));
  }
  auto result = matrices.defined() ? matrices.bmm(accel) : accel;
  if (options_.time_warp > 0) {
    result = warped(result, (draws[kWarp] * options_.time_warp).view({windows, 1}),
                    (draws[kPhase] * kTurn).view({windows, 1}));
  }
  return result;
}

}  // namespace propriod::train
