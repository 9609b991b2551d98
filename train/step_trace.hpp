#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace propriod::train {

/// What came of a few training steps that were done in one of several ways.
struct StepTrace {
  std::string way;             ///< e.g. "cpu" or "cuda, one CUDA graph"
  std::vector<double> losses;  ///< of each step
  std::vector<float> weights;  ///< in the end, all of the network's in a fixed order
};

/// How far two of them are apart.
struct StepDistance {
  double loss = 0;       ///< largest difference of a step's losses, as a share of the first step's loss
  std::size_t step = 0;  ///< where that was, from 1; 0: nowhere
  double weights = 0;  ///< ‖difference‖ as a share of how far training moved the weights, ‖reference − start‖
};

/// `start`: the weights before the first step. Infinite where one of them is not finite, or has more steps or weights
/// than the other: nothing is close to that.
[[nodiscard]] StepDistance distance(const std::vector<float>& start, const StepTrace& reference,
                                    const StepTrace& other);

}  // namespace propriod::train
