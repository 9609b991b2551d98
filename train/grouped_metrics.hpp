#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "train/metrics.hpp"
#include "train/statistics.hpp"

namespace propriod::train {

/// Predictions of both tasks for the same windows, and whose they are.
struct WindowPredictions {
  TaskPredictions activity;
  TaskPredictions placement;
  std::span<const std::int32_t> subject;  ///< per window, index into `subjects`
  std::span<const std::string> activities;
  std::span<const std::string> placements;
  std::span<const std::string> subjects;
};

/// Both tasks over the windows of one placement.
struct PlacementMetrics {
  std::string label;                    ///< the true placement
  std::optional<TaskMetrics> activity;  ///< none where no window here has a label of that task
  std::optional<TaskMetrics> placement;
};

struct SubjectMetrics {
  std::string subject;
  std::int64_t windows = 0;
  std::optional<double> activity_accuracy;  ///< percent; none where no window of this person has a label of that task
  std::optional<double> placement_accuracy;
};

/// Each person counts the same, however many windows there are of one.
struct SubjectSpread {
  std::vector<SubjectMetrics> subjects;  ///< in the order of their names
  std::optional<Spread> activity;        ///< of the accuracies, percent; none for fewer than two people
  std::optional<Spread> placement;
};

/// Counts of one person and true placement, from which others can pool what they like.
struct GroupCounts {
  std::string subject;
  std::optional<std::string> placement;  ///< none: these windows have no label of that task
  std::int64_t windows = 0;
  std::int64_t activity_windows = 0;  ///< of them with an activity label
  std::int64_t activity_correct = 0;
  std::int64_t placement_windows = 0;  ///< with a placement label: all or none
  std::int64_t placement_correct = 0;
};

/// One entry for each true placement that occurs, in label order. Their figures may be worlds apart: a phone in a
/// pocket does not see what the hands do.
[[nodiscard]] std::vector<PlacementMetrics> metrics_by_placement(const WindowPredictions& predictions);

/// One entry for each person that has windows.
[[nodiscard]] SubjectSpread metrics_by_subject(const WindowPredictions& predictions);

/// By person, then by placement in label order, windows without one first; only groups that have windows.
[[nodiscard]] std::vector<GroupCounts> group_counts(const WindowPredictions& predictions);

}  // namespace propriod::train
