#include "model/low_pass.hpp"

#include <cmath>
#include <numbers>

namespace propriod::model {

LowPass::LowPass(double cutoff_hz, double rate_hz) noexcept {
  const double k = std::tan(std::numbers::pi * cutoff_hz / rate_hz);  // prewarped, so that the cutoff lands where asked
  // A fourth-order Butterworth has pole pairs at 22.5° and 67.5° from the real axis: Q = 1 / (2 cos angle).
  const std::array<double, 2> angles{std::numbers::pi / 8, 3 * std::numbers::pi / 8};
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    const double damping = 2 * std::cos(angles[i]);
    const double norm = 1 / (1 + damping * k + k * k);
    const double b0 = k * k * norm;
    sections_[i] = {.b0 = b0,
                    .b1 = 2 * b0,
                    .b2 = b0,
                    .a1 = 2 * (k * k - 1) * norm,
                    .a2 = (1 - damping * k + k * k) * norm,
                    .s1 = {},
                    .s2 = {}};
  }
}

void LowPass::settle(const drivers::Acceleration& accel_mps2) noexcept {
  for (auto& section : sections_) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const double level = accel_mps2[axis];
      section.s1[axis] = (1 - section.b0) * level;
      section.s2[axis] = (section.b2 - section.a2) * level;
    }
  }
}

drivers::Acceleration LowPass::filter(const drivers::Acceleration& accel_mps2) noexcept {
  drivers::Acceleration filtered{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double x = accel_mps2[axis];
    for (auto& section : sections_) {
      const double y = section.b0 * x + section.s1[axis];
      section.s1[axis] = section.b1 * x - section.a1 * y + section.s2[axis];
      section.s2[axis] = section.b2 * x - section.a2 * y;
      x = y;
    }
    filtered[axis] = static_cast<float>(x);
  }
  return filtered;
}

}  // namespace propriod::model
