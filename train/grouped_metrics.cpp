#include "train/grouped_metrics.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace propriod::train {
namespace {

/// The windows of one group, copied together.
struct TaskSubset {
  std::vector<std::int64_t> truth, predicted;
  std::vector<float> confidence;

  void add(const TaskPredictions& from, std::size_t window) {
    truth.push_back(from.truth[window]);
    predicted.push_back(from.predicted[window]);
    confidence.push_back(from.confidence[window]);
  }

  [[nodiscard]] std::optional<TaskMetrics> metrics(std::span<const std::string> labels) const {
    if (std::ranges::all_of(truth, [](auto label) { return label < 0; })) return std::nullopt;
    return task_metrics({.truth = truth, .predicted = predicted, .confidence = confidence}, labels);
  }
};

void count(const TaskPredictions& task, std::size_t window, std::int64_t& windows, std::int64_t& correct) {
  if (task.truth[window] < 0) return;
  ++windows;
  if (task.truth[window] == task.predicted[window]) ++correct;
}

std::optional<double> accuracy(std::int64_t correct, std::int64_t windows) {
  if (windows == 0) return std::nullopt;
  return 100.0 * static_cast<double>(correct) / static_cast<double>(windows);
}

std::optional<Spread> spread(const std::vector<SubjectMetrics>& subjects,
                             std::optional<double> SubjectMetrics::*accuracy) {
  std::vector<double> values;
  for (const auto& subject : subjects) {
    if (subject.*accuracy) values.push_back(*(subject.*accuracy));
  }
  return spread_of(values);
}

}  // namespace

std::vector<PlacementMetrics> metrics_by_placement(const WindowPredictions& predictions) {
  std::vector<PlacementMetrics> result;
  for (std::size_t k = 0; k < predictions.placements.size(); ++k) {
    TaskSubset activity;
    TaskSubset placement;
    for (std::size_t window = 0; window < predictions.placement.truth.size(); ++window) {
      if (predictions.placement.truth[window] != static_cast<std::int64_t>(k)) continue;
      activity.add(predictions.activity, window);
      placement.add(predictions.placement, window);
    }
    if (placement.truth.empty()) continue;
    result.push_back({.label = predictions.placements[k],
                      .activity = activity.metrics(predictions.activities),
                      .placement = placement.metrics(predictions.placements)});
  }
  return result;
}

std::vector<GroupCounts> group_counts(const WindowPredictions& predictions) {
  std::map<std::pair<std::string, std::int64_t>, GroupCounts> groups;
  for (std::size_t window = 0; window < predictions.subject.size(); ++window) {
    const auto& subject = predictions.subjects[static_cast<std::size_t>(predictions.subject[window])];
    const auto placement = predictions.placement.truth[window];
    auto& group = groups[{subject, placement}];
    group.subject = subject;
    if (placement >= 0) group.placement = predictions.placements[static_cast<std::size_t>(placement)];
    ++group.windows;
    count(predictions.activity, window, group.activity_windows, group.activity_correct);
    count(predictions.placement, window, group.placement_windows, group.placement_correct);
  }
  std::vector<GroupCounts> result;
  for (auto& [key, group] : groups) result.push_back(std::move(group));
  return result;
}

SubjectSpread metrics_by_subject(const WindowPredictions& predictions) {
  std::map<std::string, GroupCounts> people;
  for (const auto& group : group_counts(predictions)) {
    auto& person = people[group.subject];
    person.windows += group.windows;
    person.activity_windows += group.activity_windows;
    person.activity_correct += group.activity_correct;
    person.placement_windows += group.placement_windows;
    person.placement_correct += group.placement_correct;
  }
  SubjectSpread result;
  for (const auto& [name, person] : people) {
    result.subjects.push_back({.subject = name,
                               .windows = person.windows,
                               .activity_accuracy = accuracy(person.activity_correct, person.activity_windows),
                               .placement_accuracy = accuracy(person.placement_correct, person.placement_windows)});
  }
  result.activity = spread(result.subjects, &SubjectMetrics::activity_accuracy);
  result.placement = spread(result.subjects, &SubjectMetrics::placement_accuracy);
  return result;
}

}  // namespace propriod::train
