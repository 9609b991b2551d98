#pragma once

#include <span>
#include <string>

#include "train/experiment_summary.hpp"

/// The tables of an experiment's report, as HTML. `variants` are those of one data set; what there are no figures for
/// is an empty string.
namespace propriod::train {

/// In words: data, windows, split, epochs, seeds and folds, so that no figure stands without them.
[[nodiscard]] std::string protocol_text(std::span<const Variant> variants);

/// In which points that is not the paper's protocol, so that its figures are no measure; empty for data sets that the
/// paper has not, and where there is no difference.
[[nodiscard]] std::string difference_text(std::span<const Variant> variants);

[[nodiscard]] std::string accuracy_table(std::span<const Variant> variants);    ///< Table 5, the paper's beside ours
[[nodiscard]] std::string recipe_table(std::span<const Variant> variants);      ///< recipes, for seen and unseen people
[[nodiscard]] std::string placement_table(std::span<const Variant> variants);   ///< both tasks for each placement
[[nodiscard]] std::string class_tables(std::span<const Variant> variants);      ///< Table 6, one for each variant
[[nodiscard]] std::string confusion_tables(std::span<const Variant> variants);  ///< both tasks of each variant
[[nodiscard]] std::string cost_table(std::span<const Variant> variants);        ///< Table 7

}  // namespace propriod::train
