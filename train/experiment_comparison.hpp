#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "train/experiment_summary.hpp"

namespace propriod::train {

/// Table 8 as HTML: every pair of variants of one data set (of named ones, each with the first) over the same seeds and
/// folds, by the plain paired t-test of the paper, Nadeau and Bengio's corrected one and Holm's correction, and by
/// McNemar's test on the test windows of their first common training, read from `runs/ID/predictions.csv` in `folder`.
/// Empty where no two can be compared.
[[nodiscard]] std::string comparison_tables(std::span<const Variant> variants, const std::filesystem::path& folder);

}  // namespace propriod::train
