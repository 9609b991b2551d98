#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "train/experiment_summary.hpp"

/// What two variants are compared by: trainings of the same seed, validation fold and test fold, hence on the same
/// windows.
namespace propriod::train {

/// A figure of one training's result; none where it has not got it.
using ResultFigure = std::function<std::optional<double>(const nlohmann::ordered_json& result)>;

/// "accuracy", "macro_f1" or "ece" of one task.
[[nodiscard]] ResultFigure task_figure(std::string_view task, std::string_view figure);

/// The same averaged over the tasks that there are.
[[nodiscard]] ResultFigure mean_figure(std::string_view figure);

/// Of every training of a variant by itself, every test fold too.
[[nodiscard]] std::vector<double> figures_of(const Variant& variant, const ResultFigure& figure);

/// Of the trainings that both have, in the same order.
struct PairedFigures {
  std::vector<double> first, second;
};
[[nodiscard]] PairedFigures paired_figures(const Variant& first, const Variant& second, const ResultFigure& figure);

/// The repetition of `variant` with the seed and validation fold of `repetition`; nullptr: it has none.
[[nodiscard]] const Repetition* counterpart(const Variant& variant, const Repetition& repetition);

/// Windows of the first test part over those it was trained with: what Nadeau and Bengio's test wants.
[[nodiscard]] double test_to_training(const Variant& variant);

}  // namespace propriod::train
