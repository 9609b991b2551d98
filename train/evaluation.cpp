#include "train/evaluation.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace propriod::train {
namespace {

constexpr std::size_t kBatch = 256;

/// The truth of one task and what the model made of it.
struct Task {
  std::span<const std::int64_t> labels;
  std::span<const std::string> names;
  std::vector<std::int64_t> truth{}, predicted{};

  void add(std::size_t window, std::span<const float> probabilities) {
    truth.push_back(labels[window]);
    predicted.push_back(std::ranges::max_element(probabilities) - probabilities.begin());
  }

  [[nodiscard]] std::optional<TaskMetrics> metrics() const {
    if (std::ranges::all_of(truth, [](auto label) { return label < 0; })) return std::nullopt;
    return task_metrics(truth, predicted, names);
  }
};

}  // namespace

Evaluation evaluate(model::Recognizer& recognizer, const WindowSet& windows, std::span<const std::size_t> which,
                    const std::function<void(const EvaluatedWindow&)>& each) {
  const auto& manifest = recognizer.manifest();
  Task activity{windows.activity, manifest.activities};
  Task placement{windows.placement, manifest.placements};
  const auto values = recognizer.window_values();
  std::vector<float> batch;
  model::Probabilities probabilities;
  const auto started = std::chrono::steady_clock::now();
  for (std::size_t first = 0; first < which.size(); first += kBatch) {
    const auto part = which.subspan(first, std::min(kBatch, which.size() - first));
    batch.clear();
    for (const auto window : part) {
      const auto accel = std::span(windows.accel).subspan(window * values, values);
      batch.insert(batch.end(), accel.begin(), accel.end());
    }
    recognizer.recognize(batch, probabilities);
    for (std::size_t i = 0; i < part.size(); ++i) {
      const auto activities = manifest.activities.size();
      const auto placements = manifest.placements.size();
      const EvaluatedWindow evaluated{
          .window = part[i],
          .activity = std::span(probabilities.activity).subspan(i * activities, activities),
          .placement = std::span(probabilities.placement).subspan(i * placements, placements)};
      activity.add(part[i], evaluated.activity);
      placement.add(part[i], evaluated.placement);
      if (each) each(evaluated);
    }
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
  Evaluation evaluation{.activity = activity.metrics(),
                        .placement = placement.metrics(),
                        .windows = which.size(),
                        .windows_per_second = static_cast<double>(which.size()) / elapsed.count()};
  if (!evaluation.activity && !evaluation.placement) {
    throw std::runtime_error("no window carries a label that this model knows: nothing to measure");
  }
  return evaluation;
}

}  // namespace propriod::train
