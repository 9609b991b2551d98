#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "model/recognizer.hpp"
#include "train/metrics.hpp"
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
  std::size_t windows = 0;
  double windows_per_second = 0;  ///< recognised, in batches
};

/// Lets `recognizer` look at the windows `which` of `windows`, as service would. `each`, if any, is told of every one.
/// Throws std::runtime_error when there is nothing to measure.
[[nodiscard]] Evaluation evaluate(model::Recognizer& recognizer, const WindowSet& windows,
                                  std::span<const std::size_t> which,
                                  const std::function<void(const EvaluatedWindow&)>& each = {});

}  // namespace propriod::train
