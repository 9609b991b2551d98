#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace propriod::train {

/// How well one class was recognised; percent but for `support`. A figure over nothing is 0, as in scikit-learn.
struct ClassMetrics {
  std::string label;
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  std::int64_t support = 0;  ///< windows that are of this class
};

/// How well one task was recognised.
struct TaskMetrics {
  double accuracy = 0;  ///< percent
  double macro_f1 = 0;  ///< percent: the mean over classes that occur in the truth or in the predictions
  std::int64_t windows = 0;
  std::vector<ClassMetrics> classes;                 ///< in label order
  std::vector<std::vector<std::int64_t>> confusion;  ///< rows truth, columns predicted
};

/// Compares per window. Windows whose truth is −1 don't count. Throws std::invalid_argument when none is left: a figure
/// over nothing is no figure.
[[nodiscard]] TaskMetrics task_metrics(std::span<const std::int64_t> truth, std::span<const std::int64_t> predicted,
                                       std::span<const std::string> labels);

}  // namespace propriod::train
