#include "train/experiment_pairs.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace propriod::train {
namespace {

std::vector<double> figures_of(const Repetition& repetition, const ResultFigure& figure) {
  std::vector<double> values;
  for (const auto* result : repetition.results) {
    if (const auto value = figure(result->result)) values.push_back(*value);
  }
  return values;
}

void append(std::vector<double>& to, const std::vector<double>& from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace

ResultFigure task_figure(std::string_view task, std::string_view figure) {
  return
      [pointer = fmt::format("/tasks/{}/{}", task, figure)](const auto& result) { return number_at(result, pointer); };
}

ResultFigure mean_figure(std::string_view figure) {
  return [figure = std::string(figure)](const auto& result) -> std::optional<double> {
    std::vector<double> tasks;
    for (const auto task : kTasks) {
      if (const auto value = task_figure(task, figure)(result)) tasks.push_back(*value);
    }
    if (tasks.empty()) return std::nullopt;
    return mean_sd(tasks).mean;
  };
}

std::vector<double> figures_of(const Variant& variant, const ResultFigure& figure) {
  std::vector<double> values;
  for (const auto& repetition : variant.repetitions) append(values, figures_of(repetition, figure));
  return values;
}

PairedFigures paired_figures(const Variant& first, const Variant& second, const ResultFigure& figure) {
  PairedFigures pairs;
  for (const auto& repetition : first.repetitions) {
    const auto* const other = counterpart(second, repetition);
    if (other == nullptr) continue;
    const auto ours = figures_of(repetition, figure);
    const auto theirs = figures_of(*other, figure);
    if (ours.size() != theirs.size()) continue;
    append(pairs.first, ours);
    append(pairs.second, theirs);
  }
  return pairs;
}

const Repetition* counterpart(const Variant& variant, const Repetition& repetition) {
  const auto found = std::ranges::find_if(variant.repetitions, [&](const Repetition& other) {
    return other.seed == repetition.seed && other.fold == repetition.fold;
  });
  return found == variant.repetitions.end() ? nullptr : &*found;
}

double test_to_training(const Variant& variant) {
  const auto at = [&](const char* key) { return number_at(variant.first(), key).value_or(0); };
  const auto trained = at("/training_windows") + at("/validation_windows");
  return trained > 0 ? at("/windows") / trained : 0.25;
}

}  // namespace propriod::train
