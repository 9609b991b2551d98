#include "train/step_trace.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace propriod::train {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double norm_of_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  return std::sqrt(sum);
}

/// 0 / 0 is no difference: what did not move in either is equal.
double share(double part, double whole) {
  if (part == 0) return 0;
  const double quotient = part / whole;
  return std::isfinite(quotient) ? quotient : kInfinity;
}

}  // namespace

StepDistance distance(const std::vector<float>& start, const StepTrace& reference, const StepTrace& other) {
  StepDistance result;
  if (reference.losses.empty() || reference.losses.size() != other.losses.size()) result.loss = kInfinity;
  for (std::size_t i = 0; i < std::min(reference.losses.size(), other.losses.size()); ++i) {
    const double apart = share(std::abs(reference.losses[i] - other.losses[i]), std::abs(reference.losses[0]));
    if (apart > result.loss) {
      result.loss = apart;
      result.step = i + 1;
    }
  }
  const bool alike = start.size() == reference.weights.size() && start.size() == other.weights.size();
  result.weights =
      alike ? share(norm_of_difference(reference.weights, other.weights), norm_of_difference(reference.weights, start))
            : kInfinity;
  return result;
}

}  // namespace propriod::train
