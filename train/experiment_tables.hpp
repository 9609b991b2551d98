#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "train/experiment_summary.hpp"

/// The tables of an experiment's report that put trainings beside each other, as HTML. `variants` are those of one data
/// set; what there are no figures for is an empty string.
namespace propriod::train {

[[nodiscard]] std::string accuracy_table(std::span<const Variant> variants);  ///< Table 5, the paper's beside ours
[[nodiscard]] std::string recipe_table(std::span<const Variant> variants);    ///< recipes, for seen and unseen people
[[nodiscard]] std::string cost_table(std::span<const Variant> variants);      ///< Table 7

/// Do confidences mean what they say, and what becomes `unknown`? A row for each of `rows`, under its name; `what` they
/// are.
[[nodiscard]] std::string confidence_table(std::string_view what,
                                           const std::vector<std::pair<std::string, const Variant*>>& rows);

}  // namespace propriod::train
