#pragma once

#include <cstdint>

namespace propriod::train {

/// The learning rate over a training.
struct Schedule {
  double learning_rate = 0.001;  ///< the highest
  bool cosine = false;           ///< after the warm-up it falls along half a cosine to zero at the last step
  double warm_up = 0;            ///< share of all steps, 0 … 1, over which it rises linearly from 1/25 of the highest

  /// For step `step` of `steps`, 0-based.
  [[nodiscard]] double at(std::int64_t step, std::int64_t steps) const noexcept;
};

}  // namespace propriod::train
