#include "drivers/calibration_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "drivers/sample.hpp"

namespace propriod::drivers {
namespace {

constexpr std::size_t kUnknowns = 6;  // offset x y z in m/s², scale x y z
using Parameters = std::array<double, kUnknowns>;
using Matrix = std::array<Parameters, kUnknowns>;

constexpr int kMaxSteps = 100;
constexpr double kSettled = 1e-10;  // change of a parameter
// How much of an error of a position reaches a parameter, per six positions: with six true faces 0.7 of it. Positions
// that leave an axis out make it many times that, however many they are.
constexpr double kMaxAmplification = 2.5;
constexpr double kMaxResidualMps2 = 0.3;  // 3 %: more than any tremor or any sound sensor leaves
constexpr double kMaxOffsetMps2 = 50;     // what the configuration takes
constexpr double kMinScale = 0.5;
constexpr double kMaxScale = 2;
constexpr std::array<std::string_view, 3> kAxes{"x", "y", "z"};

double norm(const PreciseAcceleration& a) { return std::hypot(a[0], a[1], a[2]); }

Calibration to_calibration(const Parameters& p) {
  return {.offset_mps2 = {p[0], p[1], p[2]}, .scale = {p[3], p[4], p[5]}};
}

double sum_of_squares(const Calibration& calibration, std::span<const PreciseAcceleration> means) noexcept {
  double sum = 0;
  for (const auto& mean : means) {
    const double residual = norm(calibration.apply(mean)) - kStandardGravityMps2;
    sum += residual * residual;
  }
  return sum;
}

/// JᵀJ and Jᵀr of the residuals |(m − o)·s| − g.
void linearise(const Parameters& p, std::span<const PreciseAcceleration> means, Matrix& normal, Parameters& gradient) {
  normal = {};
  gradient = {};
  const Calibration calibration = to_calibration(p);
  for (const auto& mean : means) {
    const PreciseAcceleration a = calibration.apply(mean);
    const double length = std::max(norm(a), 1e-9);
    Parameters slope{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      slope[axis] = -a[axis] * calibration.scale[axis] / length;
      slope[3 + axis] = a[axis] * (mean[axis] - calibration.offset_mps2[axis]) / length;
    }
    for (std::size_t row = 0; row < kUnknowns; ++row) {
      for (std::size_t column = 0; column < kUnknowns; ++column) normal[row][column] += slope[row] * slope[column];
      gradient[row] += slope[row] * (length - kStandardGravityMps2);
    }
  }
}

/// The lower triangle L of a symmetric positive definite LLᵀ; false when it is not positive definite.
bool cholesky(Matrix& m) {
  for (std::size_t row = 0; row < kUnknowns; ++row) {
    for (std::size_t column = 0; column <= row; ++column) {
      double sum = m[row][column];
      for (std::size_t k = 0; k < column; ++k) sum -= m[row][k] * m[column][k];
      if (row != column) {
        m[row][column] = sum / m[column][column];
      } else if (sum > 1e-12 * std::max(1.0, m[row][row])) {
        m[row][row] = std::sqrt(sum);
      } else {
        return false;
      }
    }
  }
  return true;
}

/// x of LLᵀx = b.
Parameters solve(const Matrix& lower, Parameters b) {
  for (std::size_t row = 0; row < kUnknowns; ++row) {
    for (std::size_t k = 0; k < row; ++k) b[row] -= lower[row][k] * b[k];
    b[row] /= lower[row][row];
  }
  for (std::size_t row = kUnknowns; row-- > 0;) {
    for (std::size_t k = row + 1; k < kUnknowns; ++k) b[row] -= lower[k][row] * b[k];
    b[row] /= lower[row][row];
  }
  return b;
}

/// Goes downhill until nothing changes any more.
Parameters minimise(Parameters p, std::span<const PreciseAcceleration> means) {
  double damping = 1e-3;
  double error = sum_of_squares(to_calibration(p), means);
  for (int step = 0; step < kMaxSteps; ++step) {
    Matrix normal{};
    Parameters gradient{};
    linearise(p, means, normal, gradient);
    for (std::size_t k = 0; k < kUnknowns; ++k) normal[k][k] += damping * (normal[k][k] + 1e-6);
    if (!cholesky(normal)) {
      damping *= 10;
      continue;
    }
    const Parameters change = solve(normal, gradient);
    Parameters next = p;
    double largest = 0;
    for (std::size_t k = 0; k < kUnknowns; ++k) {
      next[k] -= change[k];
      largest = std::max(largest, std::abs(change[k]));
    }
    const double next_error = sum_of_squares(to_calibration(next), means);
    if (std::isfinite(next_error) && next_error <= error) {
      p = next;
      error = next_error;
      damping = std::max(damping / 10, 1e-12);
      if (largest < kSettled) break;
    } else {
      damping *= 10;
    }
  }
  return p;
}

/// Throws when the positions tell an axis too badly: the standard deviation of its offset or its scale, for an error of
/// 1 m/s² in each position, is the root of the diagonal of (JᵀJ)⁻¹.
void check_coverage(const Parameters& p, std::span<const PreciseAcceleration> means) {
  Matrix normal{};
  Parameters gradient{};
  linearise(p, means, normal, gradient);
  const bool determined = means.size() >= kUnknowns && cholesky(normal);
  std::size_t worst_axis = 0;
  double worst = 0;
  for (std::size_t k = 0; determined && k < kUnknowns; ++k) {
    Parameters unit{};
    unit[k] = 1;
    const double variance = solve(normal, unit)[k] * static_cast<double>(means.size()) / kUnknowns;
    const double scale = p[3 + k % 3];
    const double amplification = std::sqrt(variance) * (k < 3 ? scale : kStandardGravityMps2 / scale);
    if (amplification > worst) {
      worst = amplification;
      worst_axis = k % 3;
    }
  }
  if (!determined || worst > kMaxAmplification) {
    throw CalibrationError(fmt::format(
        "the {} positions seen do not tell all axes well enough{}; hold the sensor still with each of its six sides up "
        "in turn, and in some positions between",
        means.size(), determined ? fmt::format(" (least of all {})", kAxes[worst_axis]) : ""));
  }
}

void check_sound(const Calibration& fit, std::span<const PreciseAcceleration> means) {
  if (const double residual = residual_mps2(fit, means); residual > kMaxResidualMps2) {
    throw CalibrationError(fmt::format(
        "no offsets and scales bring the positions to 1 g: {:.2f} m/s² remain; was it held still, does an axis stick, "
        "or clip?",
        residual));
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double scale = fit.scale[axis];
    const double offset_mps2 = fit.offset_mps2[axis];
    if (scale >= kMinScale && scale <= kMaxScale && std::abs(offset_mps2) <= kMaxOffsetMps2) continue;
    throw CalibrationError(
        fmt::format("axis {} would need the scale {:.4g} and the offset {:.4g} m/s², which no sound sensor does; check "
                    "its `unit` and `range` first",
                    kAxes[axis], scale, offset_mps2));
  }
}

/// Half of what lies between the extremes is gravity: near enough to start from, even in another unit.
Parameters first_guess(std::span<const PreciseAcceleration> means) {
  Parameters guess{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto [lowest, highest] =
        std::ranges::minmax(means, {}, [axis](const PreciseAcceleration& mean) { return mean[axis]; });
    guess[axis] = (lowest[axis] + highest[axis]) / 2;
    guess[3 + axis] = 2 * kStandardGravityMps2 / std::max(highest[axis] - lowest[axis], 1e-3);
  }
  return guess;
}

}  // namespace

std::string_view to_string(Face face) noexcept {
  constexpr std::array<std::string_view, kFaces> kNames{"x up", "x down", "y up", "y down", "z up", "z down"};
  return kNames[static_cast<std::size_t>(face)];
}

std::optional<Face> face_of(const PreciseAcceleration& still_mean_mps2) noexcept {
  const auto longest = std::ranges::max_element(still_mean_mps2, {}, [](double axis) { return std::abs(axis); });
  const double length = norm(still_mean_mps2);
  const double most_tilted = std::cos(25 * std::numbers::pi / 180);
  if (length < 0.5 * kStandardGravityMps2 || std::abs(*longest) < most_tilted * length) return std::nullopt;
  const auto axis = static_cast<std::size_t>(longest - still_mean_mps2.begin());
  return static_cast<Face>(2 * axis + (*longest > 0 ? 0 : 1));
}

double residual_mps2(const Calibration& calibration, std::span<const PreciseAcceleration> still_means_mps2) noexcept {
  return std::sqrt(sum_of_squares(calibration, still_means_mps2) / static_cast<double>(still_means_mps2.size()));
}

Calibration fit_calibration(std::span<const PreciseAcceleration> still_means_mps2) {
  if (still_means_mps2.size() < kUnknowns) check_coverage({}, still_means_mps2);
  const Parameters fitted = minimise(first_guess(still_means_mps2), still_means_mps2);
  check_coverage(fitted, still_means_mps2);
  check_sound(to_calibration(fitted), still_means_mps2);
  return to_calibration(fitted);
}

}  // namespace propriod::drivers
