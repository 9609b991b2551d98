#include "train/metrics.hpp"

#include <stdexcept>

namespace propriod::train {
namespace {

double percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

TaskMetrics task_metrics(std::span<const std::int64_t> truth, std::span<const std::int64_t> predicted,
                         std::span<const std::string> labels) {
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
  std::int64_t occurring = 0;
  for (std::size_t k = 0; k < classes; ++k) {
    const auto hits = metrics.confusion[k][k];
    std::int64_t of_class = 0;
    std::int64_t called_so = 0;
    for (std::size_t j = 0; j < classes; ++j) {
      of_class += metrics.confusion[k][j];
      called_so += metrics.confusion[j][k];
    }
    correct += hits;
    ClassMetrics result{.label = labels[k],
                        .precision = percent(hits, called_so),
                        .recall = percent(hits, of_class),
                        .f1 = percent(2 * hits, of_class + called_so),
                        .support = of_class};
    if (of_class + called_so > 0) {
      f1_sum += result.f1;
      ++occurring;
    }
    metrics.classes.push_back(std::move(result));
  }
  metrics.accuracy = percent(correct, metrics.windows);
  metrics.macro_f1 = f1_sum / static_cast<double>(occurring);
  return metrics;
}

}  // namespace propriod::train
