#pragma once

#include <span>
#include <string>

#include "train/experiment_summary.hpp"

/// By which protocol the figures of a report came about. `variants` are those of one data set.
namespace propriod::train {

/// In words: data, windows, split, epochs, seeds and folds, so that no figure stands without them.
[[nodiscard]] std::string protocol_text(std::span<const Variant> variants);

/// In which points that is not the paper's protocol, so that its figures are no measure; empty for data sets that the
/// paper has not, and where there is no difference.
[[nodiscard]] std::string difference_text(std::span<const Variant> variants);

}  // namespace propriod::train
