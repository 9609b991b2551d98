#pragma once

#include <array>

#include "drivers/sample.hpp"

namespace propriod::model {

/// A Butterworth low-pass of fourth order over the three axes, as two second-order sections by the bilinear transform,
/// in transposed direct form II. Keeps aliases out when samples are thinned out. One owner; never allocates.
class LowPass {
 public:
  /// `cutoff_hz`: where the gain is −3 dB, below half of `rate_hz`.
  LowPass(double cutoff_hz, double rate_hz) noexcept;

  /// Forgets the past as if `accel_mps2` had been there for ever, so that gravity does not ring in from zero.
  void settle(const drivers::Acceleration& accel_mps2) noexcept;

  [[nodiscard]] drivers::Acceleration filter(const drivers::Acceleration& accel_mps2) noexcept;

 private:
  struct Section {
    double b0, b1, b2, a1, a2;  ///< of (b0 + b1/z + b2/z²) / (1 + a1/z + a2/z²), with gain 1 at 0 Hz
    std::array<double, 3> s1{}, s2{};
  };
  std::array<Section, 2> sections_;
};

}  // namespace propriod::model
