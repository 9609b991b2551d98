#include "train/experiment_curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>

namespace propriod::train {
namespace {

std::string accuracy_label(std::string_view task) { return fmt::format("{} accuracy %", task); }

double accuracy(const Variant& variant, std::size_t task) {
  std::vector<double> values;
  for (const auto& repetition : variant.repetitions) {
    if (repetition.tasks[task]) values.push_back(repetition.tasks[task]->accuracy());
  }
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : mean_sd(values).mean;
}

enum class Axis { kLambda, kRatio };

/// What tells the series of a variant from the others: all that varies, but for what lies on the x axis.
std::string name_of(const Variant& variant, std::span<const Variant> variants, Axis x) {
  const auto varies = [&](auto member) {
    return std::ranges::any_of(variants, [&](const Variant& v) { return member(v) != member(variant); });
  };
  std::string name;
  const auto add = [&name](const std::string& part) { name += (name.empty() ? "" : ", ") + part; };
  if (varies([](const Variant& v) { return v.method; })) add(variant.method);
  if (varies([](const Variant& v) { return v.architecture; })) add(variant.architecture);
  if (varies([](const Variant& v) { return v.run.recipe; })) add("recipe " + variant.run.recipe);
  if (!variant.run.variant.name.empty()) add(variant.run.variant.name);
  if (x != Axis::kLambda && variant.run.lambda && varies([](const Variant& v) { return v.run.lambda; })) {
    add(fmt::format("λ = {}", *variant.run.lambda));
  }
  if (x != Axis::kRatio && varies([](const Variant& v) { return v.run.data.test_fraction; })) {
    add(fmt::format("{:.0f} % to train on", 100 * (1 - variant.run.data.test_fraction)));
  }
  return name.empty() ? variant.method : name;
}

/// A plot for each task of the accuracies over `x_of`, which is none for variants that have no place in it.
std::vector<Plot> accuracy_plots(std::span<const Variant> variants, Axis x_axis,
                                 const std::function<std::optional<double>(const Variant&)>& x_of) {
  const bool of_lambda = x_axis == Axis::kLambda;
  std::set<double> places;
  for (const auto& variant : variants) {
    if (const auto x = x_of(variant)) places.insert(*x);
  }
  if (places.size() < 2) return {};
  std::vector<Plot> plots;
  for (std::size_t task = 0; task < kTasks.size(); ++task) {
    Plot plot{.title = fmt::format("{}, {}", variants.front().run.data.name, kTasks[task]),
              .x_label = of_lambda ? "λ" : "windows or people to train on, %",
              .y_label = accuracy_label(kTasks[task]),
              .series = {},
              .logarithmic_x = of_lambda && *places.begin() > 0};
    for (const auto& variant : variants) {
      const auto x = x_of(variant);
      if (!x) continue;
      const auto name = name_of(variant, variants, x_axis);
      auto series = std::ranges::find(plot.series, name, &PlotSeries::name);
      if (series == plot.series.end()) {
        plot.series.push_back({.name = name, .points = {}, .colour = static_cast<int>(plot.series.size())});
        series = plot.series.end() - 1;
      }
      series->points.emplace_back(*x, accuracy(variant, task));
    }
    for (auto& series : plot.series) std::ranges::sort(series.points);
    plots.push_back(std::move(plot));
  }
  return plots;
}

/// A figure of the first training over its epochs, those of a later phase after those of an earlier one and not joined
/// to them. `borders` gets the places where a phase begins. Without points where the history has nothing of the figure.
PlotSeries epoch_curve(const Variant& variant, const std::string& pointer, std::set<double>& borders) {
  PlotSeries series{.name = {}, .points = {}, .markers = false};
  const auto history = variant.first().find("history");
  if (history == variant.first().end() || !history->is_array()) return series;
  constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();
  std::optional<double> phase;
  double epoch = 0;  // over all phases: each numbers its own from 1
  for (const auto& entry : *history) {
    const auto of_entry = number_at(entry, "/phase");
    ++epoch;
    if (phase && of_entry != phase) {
      borders.insert(epoch - 0.5);
      series.points.emplace_back(epoch - 0.5, kNothing);
    }
    phase = of_entry;
    series.points.emplace_back(epoch, number_at(entry, pointer).value_or(kNothing));
  }
  // Gaps matter between values alone.
  const auto has_value = [](const auto& point) { return std::isfinite(point.second); };
  const auto first = std::ranges::find_if(series.points, has_value);
  series.points.erase(series.points.begin(), first);
  while (!series.points.empty() && !has_value(series.points.back())) series.points.pop_back();
  // A value between gaps has no line that shows it.
  const auto joined = std::ranges::adjacent_find(
      series.points, [&](const auto& one, const auto& next) { return has_value(one) && has_value(next); });
  series.markers = joined == series.points.end();
  return series;
}

}  // namespace

std::vector<Plot> lambda_plots(std::span<const Variant> variants) {
  return accuracy_plots(variants, Axis::kLambda, [](const Variant& v) { return v.run.lambda; });
}

std::vector<Plot> ratio_plots(std::span<const Variant> variants) {
  return accuracy_plots(variants, Axis::kRatio, [](const Variant& v) -> std::optional<double> {
    if (v.run.data.test_folds > 0) return std::nullopt;
    return 100 * (1 - v.run.data.test_fraction);
  });
}

std::vector<Plot> epoch_plots(std::span<const Variant> variants) {
  std::vector<Plot> plots;
  for (const auto task : kTasks) {
    for (const bool loss : {true, false}) {
      const std::string_view figure = loss ? "loss" : "accuracy";
      Plot plot{.title = fmt::format("{}, {}: {}", variants.front().run.data.name, task, figure),
                .x_label = "epoch (dashed: training, solid: validation)",
                .y_label = loss ? "cross-entropy" : accuracy_label(task),
                .series = {}};
      std::set<double> borders;
      int colour = 0;
      for (const auto& variant : variants.first(std::min(variants.size(), kMostCurves))) {
        const auto curve = [&](std::string_view part) {
          return epoch_curve(variant, fmt::format("/{}_{}_{}", part, task, figure), borders);
        };
        auto training = curve("training");
        auto validation = curve("validation");
        training.dashed = true;
        (validation.points.empty() ? training : validation).name = variant.label;
        for (auto* series : {&training, &validation}) {
          series->colour = colour;
          if (!series->points.empty()) plot.series.push_back(std::move(*series));
        }
        ++colour;
      }
      if (plot.series.empty()) continue;
      plot.borders.assign(borders.begin(), borders.end());
      if (!borders.empty()) plot.x_label = "epoch (dashed: training; dotted: next phase)";
      plots.push_back(std::move(plot));
    }
  }
  return plots;
}

}  // namespace propriod::train
