#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace propriod::train {

/// What a model said of windows beside the truth, for one task; one entry a window in each. Borrowed.
struct TaskPredictions {
  std::span<const std::int64_t> truth;      ///< class, or −1 without a label: such a window does not count
  std::span<const std::int64_t> predicted;  ///< class
  std::span<const float> confidence;        ///< probability of the predicted class, 0 … 1
};

/// How well one class was recognised, this class against all others; percent but for `support`. A figure over nothing
/// is 0, as in scikit-learn.
struct ClassMetrics {
  std::string label;
  double precision = 0;             ///< positive predictive value (PPV)
  double recall = 0;                ///< sensitivity
  double specificity = 0;           ///< of the windows that are not of this class, those that were not called so
  double npv = 0;                   ///< negative predictive value
  double one_vs_rest_accuracy = 0;  ///< windows for which "is it of this class?" was answered rightly
  double f1 = 0;
  std::int64_t support = 0;  ///< windows that are of this class
};

inline constexpr std::size_t kCalibrationBins = 15;

/// How well one task was recognised.
struct TaskMetrics {
  double accuracy = 0;     ///< percent
  double macro_f1 = 0;     ///< percent: the mean over classes that occur in the truth or in the predictions
  double weighted_f1 = 0;  ///< percent: the mean weighted by `support`
  /// Percent: the expected calibration error (Guo et al. 2017): windows go into `kCalibrationBins` bins of equal width
  /// by their confidence, and the gaps between accuracy and mean confidence of the bins are averaged by windows.
  double ece = 0;
  std::int64_t windows = 0;
  std::vector<ClassMetrics> classes;                 ///< in label order
  std::vector<std::vector<std::int64_t>> confusion;  ///< rows truth, columns predicted
};

/// `labels`: the classes in their order. Throws std::invalid_argument when no window has a label: a figure over nothing
/// is no figure.
[[nodiscard]] TaskMetrics task_metrics(const TaskPredictions& predictions, std::span<const std::string> labels);

/// What the threshold for `unknown` does to one task.
struct UnknownMetrics {
  double below = 0;                      ///< the threshold: confidences below it say "unknown", 0 … 1
  std::int64_t windows = 0;              ///< of the windows with a label, those that become unknown
  double share = 0;                      ///< the same in percent of them
  std::optional<double> accuracy_known;  ///< percent, of the windows that stay known; none where none does
};

/// Throws as `task_metrics`.
[[nodiscard]] UnknownMetrics unknown_metrics(const TaskPredictions& predictions, double below);

}  // namespace propriod::train
