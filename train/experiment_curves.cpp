#include "train/experiment_curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>

namespace propriod::train {
namespace {

constexpr std::size_t kMostSeries = 8;  // as many as there are colours

std::string accuracy_label(std::string_view task) { return fmt::format("{} accuracy %", task); }

double accuracy(const Variant& variant, std::size_t task) {
  std::vector<double> values;
  for (const auto& repetition : variant.repetitions) {
    if (repetition.tasks[task]) values.push_back(repetition.tasks[task]->accuracy());
  }
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : mean_sd(values).mean;
}

/// Method and network, and the recipe where there are several.
std::string name_of(const Variant& variant, std::span<const Variant> variants) {
  const auto varies = [&](auto member) {
    return std::ranges::any_of(variants, [&](const Variant& v) { return member(v) != member(variant); });
  };
  std::string name;
  const auto add = [&name](const std::string& part) { name += (name.empty() ? "" : ", ") + part; };
  if (varies([](const Variant& v) { return v.method; })) add(variant.method);
  if (varies([](const Variant& v) { return v.architecture; })) add(variant.architecture);
  if (varies([](const Variant& v) { return v.run.recipe; })) add("recipe " + variant.run.recipe);
  return name.empty() ? variant.method : name;
}

/// A plot for each task of the accuracies over `x_of`, which is none for variants that have no place in it.
std::vector<Plot> accuracy_plots(std::span<const Variant> variants, const std::string& x_label, bool logarithmic_x,
                                 const std::function<std::optional<double>(const Variant&)>& x_of) {
  std::set<double> places;
  for (const auto& variant : variants) {
    if (const auto x = x_of(variant)) places.insert(*x);
  }
  if (places.size() < 2) return {};
  std::vector<Plot> plots;
  for (std::size_t task = 0; task < kTasks.size(); ++task) {
    Plot plot{.title = fmt::format("{}, {}", variants.front().run.data.name, kTasks[task]),
              .x_label = x_label,
              .y_label = accuracy_label(kTasks[task]),
              .series = {},
              .logarithmic_x = logarithmic_x && *places.begin() > 0};
    for (const auto& variant : variants) {
      const auto x = x_of(variant);
      if (!x) continue;
      const auto name = name_of(variant, variants);
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

}  // namespace

std::vector<Plot> lambda_plots(std::span<const Variant> variants) {
  return accuracy_plots(variants, "λ", /*logarithmic_x=*/true, [](const Variant& v) { return v.run.lambda; });
}

std::vector<Plot> ratio_plots(std::span<const Variant> variants) {
  return accuracy_plots(variants, "windows or people to train on, %", /*logarithmic_x=*/false,
                        [](const Variant& v) -> std::optional<double> {
                          if (v.run.data.test_folds > 0) return std::nullopt;
                          return 100 * (1 - v.run.data.test_fraction);
                        });
}

std::vector<Plot> epoch_plots(std::span<const Variant> variants) {
  struct Curves {
    std::string title, y_label, training_key, validation_key;
  };
  const auto& data = variants.front().run.data.name;
  const std::vector<Curves> wanted{
      {data + ", loss", "loss", "/training_loss", "/validation_loss"},
      {data + ", activity", accuracy_label("activity"), "/training_activity_accuracy", "/validation_activity_accuracy"},
      {data + ", placement", accuracy_label("placement"), "/training_placement_accuracy",
       "/validation_placement_accuracy"}};
  std::vector<Plot> plots;
  for (const auto& curves : wanted) {
    Plot plot{.title = curves.title,
              .x_label = "epoch (dashed: training, solid: validation)",
              .y_label = curves.y_label,
              .series = {}};
    int colour = 0;
    for (const auto& variant : variants.first(std::min(variants.size(), kMostSeries))) {
      const auto history = variant.first().find("history");
      if (history == variant.first().end() || !history->is_array()) continue;
      const bool validated = std::ranges::any_of(
          *history, [&](const auto& entry) { return number_at(entry, curves.validation_key).has_value(); });
      for (const bool training : {true, false}) {
        PlotSeries series{.name = training && validated ? "" : variant.label,
                          .points = {},
                          .colour = colour,
                          .dashed = training,
                          .markers = history->size() < 2};
        double epoch = 0;  // not their own numbers: born-again has two trainings after each other
        for (const auto& entry : *history) {
          const auto value = number_at(entry, training ? curves.training_key : curves.validation_key);
          if (++epoch; value) series.points.emplace_back(epoch, *value);
        }
        if (!series.points.empty()) plot.series.push_back(std::move(series));
      }
      ++colour;
    }
    if (!plot.series.empty()) plots.push_back(std::move(plot));
  }
  return plots;
}

}  // namespace propriod::train
