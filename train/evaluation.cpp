#include "train/evaluation.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace propriod::train {
namespace {

constexpr std::size_t kBatch = 256;

std::int64_t most_probable(std::span<const float> probabilities) {
  return std::ranges::max_element(probabilities) - probabilities.begin();
}

/// Calls `each` with every window of `which`, in that order.
template <typename Each>
void recognize_all(model::Recognizer& recognizer, const WindowSet& windows, std::span<const std::size_t> which,
                   Each&& each) {
  const auto values = recognizer.window_values();
  const auto activities = recognizer.manifest().activities.size();
  const auto placements = recognizer.manifest().placements.size();
  std::vector<float> batch;
  model::Probabilities probabilities;
  for (std::size_t first = 0; first < which.size(); first += kBatch) {
    const auto part = which.subspan(first, std::min(kBatch, which.size() - first));
    batch.clear();
    for (const auto window : part) {
      const auto accel = std::span(windows.accel).subspan(window * values, values);
      batch.insert(batch.end(), accel.begin(), accel.end());
    }
    recognizer.recognize(batch, probabilities);
    for (std::size_t i = 0; i < part.size(); ++i) {
      each(EvaluatedWindow{.window = part[i],
                           .activity = std::span(probabilities.activity).subspan(i * activities, activities),
                           .placement = std::span(probabilities.placement).subspan(i * placements, placements)});
    }
  }
}

/// The truth of one task and what the model made of it.
struct Task {
  std::span<const std::int64_t> labels;
  std::span<const std::string> names;
  double temperature;
  std::optional<double> unknown_below;
  std::vector<std::int64_t> truth{}, predicted{};
  std::vector<float> confidence{}, uncalibrated{};

  void add(std::size_t window, std::span<const float> probabilities) {
    truth.push_back(labels[window]);
    predicted.push_back(most_probable(probabilities));
    confidence.push_back(probabilities[static_cast<std::size_t>(predicted.back())]);
    if (temperature != 1) uncalibrated.push_back(static_cast<float>(confidence_at(probabilities, 1 / temperature)));
  }

  [[nodiscard]] bool labelled() const {
    return std::ranges::any_of(truth, [](auto label) { return label >= 0; });
  }
  [[nodiscard]] TaskPredictions predictions() const {
    return {.truth = truth, .predicted = predicted, .confidence = confidence};
  }
  [[nodiscard]] std::optional<TaskMetrics> metrics() const {
    if (!labelled()) return std::nullopt;
    return task_metrics(predictions(), names);
  }
  [[nodiscard]] std::optional<double> uncalibrated_ece() const {
    if (!labelled() || temperature == 1) return std::nullopt;
    return task_metrics({.truth = truth, .predicted = predicted, .confidence = uncalibrated}, names).ece;
  }
  [[nodiscard]] std::optional<UnknownMetrics> unknown() const {
    if (!labelled() || !unknown_below) return std::nullopt;
    return unknown_metrics(predictions(), *unknown_below);
  }
};

/// What a temperature is fitted to.
struct Outputs {
  std::vector<float> probabilities{};
  std::vector<std::int64_t> truth{};

  void add(std::span<const float> row, std::int64_t label) {
    probabilities.insert(probabilities.end(), row.begin(), row.end());
    truth.push_back(label);
  }

  void fit(std::size_t classes, const UnknownRule& rule, double& temperature, std::optional<double>& threshold) const {
    if (std::ranges::all_of(truth, [](auto label) { return label < 0; })) return;
    const CalibrationData data{.probabilities = probabilities, .truth = truth, .classes = classes};
    temperature = fit_temperature(data);
    threshold = choose_unknown_threshold(data, temperature, rule);
  }
};

}  // namespace

Evaluation evaluate(model::Recognizer& recognizer, const WindowSet& windows, std::span<const std::size_t> which,
                    const std::function<void(const EvaluatedWindow&)>& each) {
  const auto& manifest = recognizer.manifest();
  const auto& calibration = manifest.calibration;
  Task activity{windows.activity, manifest.activities, calibration.activity_temperature,
                calibration.activity_unknown_below};
  Task placement{windows.placement, manifest.placements, calibration.placement_temperature,
                 calibration.placement_unknown_below};
  std::vector<std::int32_t> subjects;
  const auto started = std::chrono::steady_clock::now();
  recognize_all(recognizer, windows, which, [&](const EvaluatedWindow& evaluated) {
    activity.add(evaluated.window, evaluated.activity);
    placement.add(evaluated.window, evaluated.placement);
    subjects.push_back(windows.subject[evaluated.window]);
    if (each) each(evaluated);
  });
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
  if (!activity.labelled() && !placement.labelled()) {
    throw std::runtime_error("no window carries a label that this model knows: nothing to measure");
  }
  const WindowPredictions predictions{.activity = activity.predictions(),
                                      .placement = placement.predictions(),
                                      .subject = subjects,
                                      .activities = manifest.activities,
                                      .placements = manifest.placements,
                                      .subjects = windows.subjects};
  return {.activity = activity.metrics(),
          .placement = placement.metrics(),
          .activity_ece_uncalibrated = activity.uncalibrated_ece(),
          .placement_ece_uncalibrated = placement.uncalibrated_ece(),
          .activity_unknown = activity.unknown(),
          .placement_unknown = placement.unknown(),
          .by_placement = metrics_by_placement(predictions),
          .by_subject = metrics_by_subject(predictions),
          .groups = group_counts(predictions),
          .windows = which.size(),
          .windows_per_second = static_cast<double>(which.size()) / elapsed.count()};
}

model::Manifest::Calibration calibrate(model::Recognizer& recognizer, const WindowSet& windows,
                                       std::span<const std::size_t> which, const UnknownRule& rule) {
  Outputs activity;
  Outputs placement;
  recognize_all(recognizer, windows, which, [&](const EvaluatedWindow& evaluated) {
    activity.add(evaluated.activity, windows.activity[evaluated.window]);
    placement.add(evaluated.placement, windows.placement[evaluated.window]);
  });
  const auto& manifest = recognizer.manifest();
  model::Manifest::Calibration calibration;
  activity.fit(manifest.activities.size(), rule, calibration.activity_temperature, calibration.activity_unknown_below);
  placement.fit(manifest.placements.size(), rule, calibration.placement_temperature,
                calibration.placement_unknown_below);
  return calibration;
}

PredictionRow prediction_row(const EvaluatedWindow& evaluated, const WindowSet& windows,
                             std::span<const drivers::Recording> recordings, const model::Manifest& manifest) {
  const auto task = [](std::int64_t truth, std::span<const float> probabilities, std::span<const std::string> labels) {
    const auto predicted = static_cast<std::size_t>(most_probable(probabilities));
    return TaskPrediction{.truth = truth < 0 ? "" : labels[static_cast<std::size_t>(truth)],
                          .predicted = labels[predicted],
                          .confidence = static_cast<double>(probabilities[predicted])};
  };
  const auto& origin = windows.origin[evaluated.window];
  return {.recording = recordings[origin.recording].name,
          .start_s = std::chrono::duration<double>(origin.start).count(),
          .activity = task(windows.activity[evaluated.window], evaluated.activity, manifest.activities),
          .placement = task(windows.placement[evaluated.window], evaluated.placement, manifest.placements)};
}

}  // namespace propriod::train
