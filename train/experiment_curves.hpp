#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "train/experiment_summary.hpp"
#include "train/plots.hpp"

/// The plots of an experiment's report; `variants` are those of one data set. None where nothing varies.
namespace propriod::train {

/// Accuracy of both tasks over λ, a series for each method and network.
[[nodiscard]] std::vector<Plot> lambda_plots(std::span<const Variant> variants);

/// Accuracy over the training ratio, a plot for each task, a series for each method and network.
[[nodiscard]] std::vector<Plot> ratio_plots(std::span<const Variant> variants);

inline constexpr std::size_t kMostCurves = 8;  ///< in a plot over epochs: as many as there are colours

/// A plot of the loss and one of the accuracy for each task over the epochs, training dashed and validation solid, of
/// the first variants' first trainings. A second phase (of singletask, of born-again) follows the first after a gap.
[[nodiscard]] std::vector<Plot> epoch_plots(std::span<const Variant> variants);

}  // namespace propriod::train
