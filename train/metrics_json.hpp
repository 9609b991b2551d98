#pragma once

#include <nlohmann/json_fwd.hpp>

#include "train/evaluation.hpp"

namespace propriod::train {

/// `{"activity": …, "placement": …}` with all figures of both tasks; null for a task without a single label, so that
/// the keys are always there.
[[nodiscard]] nlohmann::ordered_json tasks_json(const Evaluation& evaluation);

/// Adds `per_placement`, which has all figures of both tasks over the windows of each placement, `per_subject` and
/// `groups` to the object `json`.
void add_breakdown(nlohmann::ordered_json& json, const Evaluation& evaluation);

}  // namespace propriod::train
