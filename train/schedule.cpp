#include "train/schedule.hpp"

#include <cmath>
#include <numbers>

namespace propriod::train {

double Schedule::at(std::int64_t step, std::int64_t steps) const noexcept {
  constexpr double kStart = 1.0 / 25;
  const double done = static_cast<double>(step) / static_cast<double>(steps);
  if (done < warm_up) return learning_rate * (kStart + (1 - kStart) * done / warm_up);
  if (!cosine) return learning_rate;
  const double fallen = (done - warm_up) / (1 - warm_up);
  return learning_rate * (1 + std::cos(std::numbers::pi * fallen)) / 2;
}

}  // namespace propriod::train
