#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "model/recognizer.hpp"
#include "train/calibration.hpp"
#include "train/grouped_metrics.hpp"
#include "train/prediction_file.hpp"
#include "train/window_set.hpp"

namespace propriod::train {

/// What a model says of one window, beside the truth.
struct EvaluatedWindow {
  std::size_t window;               ///< index into the window set
  std::span<const float> activity;  ///< probabilities, valid during the call
  std::span<const float> placement;
};

/// How well a model does on a set of windows. A task without a single label has no metrics.
struct Evaluation {
  std::optional<TaskMetrics> activity;
  std::optional<TaskMetrics> placement;
  /// What `ece` would be at temperature 1, percent; only where the model has another temperature for that task.
  std::optional<double> activity_ece_uncalibrated;
  std::optional<double> placement_ece_uncalibrated;
  /// What the model's own threshold does; only where it has one for that task.
  std::optional<UnknownMetrics> activity_unknown;
  std::optional<UnknownMetrics> placement_unknown;
  std::vector<PlacementMetrics> by_placement;
  SubjectSpread by_subject;
  std::vector<GroupCounts> groups;
  std::size_t windows = 0;
  double windows_per_second = 0;  ///< recognised, in batches
};

/// Lets `recognizer` look at the windows `which` of `windows`, as service would. `each`, if any, is told of every one.
/// Throws std::runtime_error when there is nothing to measure.
[[nodiscard]] Evaluation evaluate(model::Recognizer& recognizer, const WindowSet& windows,
                                  std::span<const std::size_t> which,
                                  const std::function<void(const EvaluatedWindow&)>& each = {});

/// The temperatures and `unknown` thresholds of a model, chosen on the windows `which`: validation windows, never those
/// of the test. A task that has no label there keeps temperature 1 and no threshold. `recognizer` is not calibrated
/// yet.
[[nodiscard]] model::Manifest::Calibration calibrate(model::Recognizer& recognizer, const WindowSet& windows,
                                                     std::span<const std::size_t> which, const UnknownRule& rule = {});

/// A line of a prediction file. `recordings` are those that `windows` were cut from.
[[nodiscard]] PredictionRow prediction_row(const EvaluatedWindow& evaluated, const WindowSet& windows,
                                           std::span<const drivers::Recording> recordings,
                                           const model::Manifest& manifest);

}  // namespace propriod::train
