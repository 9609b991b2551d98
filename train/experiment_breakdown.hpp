#pragma once

#include <span>
#include <string>

#include "train/experiment_summary.hpp"

/// What the figures of an experiment's report are made up of, as HTML: placements, people, classes. `variants` are
/// those of one data set; what there are no figures for is an empty string.
namespace propriod::train {

[[nodiscard]] std::string placement_table(std::span<const Variant> variants);   ///< both tasks at each placement
[[nodiscard]] std::string people_table(std::span<const Variant> variants);      ///< how far people differ
[[nodiscard]] std::string class_tables(std::span<const Variant> variants);      ///< Table 6, one for each variant
[[nodiscard]] std::string confusion_tables(std::span<const Variant> variants);  ///< both tasks, and at each placement

}  // namespace propriod::train
