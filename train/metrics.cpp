#include "train/metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace propriod::train {
namespace {

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

/// Bins are open below and closed above, as in Guo et al.: (0, 1/15], (1/15, 2/15] …
std::size_t bin_of(float confidence) {
  const double bin = std::ceil(static_cast<double>(confidence) * kCalibrationBins) - 1;
  return static_cast<std::size_t>(std::clamp(bin, 0.0, static_cast<double>(kCalibrationBins - 1)));
}

double calibration_error(const TaskPredictions& predictions) {
  std::array<double, kCalibrationBins> surplus{};  // of confidence over right answers, summed
  std::int64_t windows = 0;
  for (std::size_t i = 0; i < predictions.truth.size(); ++i) {
    if (predictions.truth[i] < 0) continue;
    const double right = predictions.truth[i] == predictions.predicted[i] ? 1 : 0;
    surplus[bin_of(predictions.confidence[i])] += static_cast<double>(predictions.confidence[i]) - right;
    ++windows;
  }
  double error = 0;
  for (const double bin : surplus) error += std::abs(bin);
  return 100 * error / static_cast<double>(windows);
}

}  // namespace

TaskMetrics task_metrics(const TaskPredictions& predictions, std::span<const std::string> labels) {
  const auto& [truth, predicted, confidence] = predictions;
  const auto classes = labels.size();
  TaskMetrics metrics;
  metrics.confusion.assign(classes, std::vector<std::int64_t>(classes, 0));
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] < 0) continue;
    ++metrics.confusion[static_cast<std::size_t>(truth[i])][static_cast<std::size_t>(predicted[i])];
    ++metrics.windows;
  }
  if (metrics.windows == 0) throw std::invalid_argument("no window has a label of this task: nothing to measure");

  std::int64_t correct = 0;
  double f1_sum = 0;
  double weighted_f1_sum = 0;
  std::int64_t occurring = 0;
  for (std::size_t k = 0; k < classes; ++k) {
    const auto hits = metrics.confusion[k][k];
    std::int64_t of_class = 0;
    std::int64_t called_so = 0;
    for (std::size_t j = 0; j < classes; ++j) {
      of_class += metrics.confusion[k][j];
      called_so += metrics.confusion[j][k];
    }
    const auto others = metrics.windows - of_class;
    const auto rightly_not_called_so = others - (called_so - hits);
    correct += hits;
    ClassMetrics result{.label = labels[k],
                        .precision = percent(hits, called_so),
                        .recall = percent(hits, of_class),
                        .specificity = percent(rightly_not_called_so, others),
                        .npv = percent(rightly_not_called_so, metrics.windows - called_so),
                        .one_vs_rest_accuracy = percent(hits + rightly_not_called_so, metrics.windows),
                        .f1 = percent(2 * hits, of_class + called_so),
                        .support = of_class};
    if (of_class + called_so > 0) {
      f1_sum += result.f1;
      ++occurring;
    }
    weighted_f1_sum += result.f1 * static_cast<double>(of_class);
    metrics.classes.push_back(std::move(result));
  }
  metrics.accuracy = percent(correct, metrics.windows);
  metrics.macro_f1 = f1_sum / static_cast<double>(occurring);
  metrics.weighted_f1 = weighted_f1_sum / static_cast<double>(metrics.windows);
  metrics.ece = calibration_error(predictions);
  return metrics;
}

UnknownMetrics unknown_metrics(const TaskPredictions& predictions, double below) {
  UnknownMetrics metrics;
  metrics.below = below;
  std::int64_t labelled = 0;
  std::int64_t right = 0;
  for (std::size_t i = 0; i < predictions.truth.size(); ++i) {
    if (predictions.truth[i] < 0) continue;
    ++labelled;
    if (static_cast<double>(predictions.confidence[i]) < below) {  // as in service
      ++metrics.windows;
    } else if (predictions.truth[i] == predictions.predicted[i]) {
      ++right;
    }
  }
  if (labelled == 0) throw std::invalid_argument("no window has a label of this task: nothing to measure");
  metrics.share = percent(metrics.windows, labelled);
  if (metrics.windows < labelled) metrics.accuracy_known = percent(right, labelled - metrics.windows);
  return metrics;
}

}  // namespace propriod::train
