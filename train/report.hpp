#pragma once

#include <cstdint>
#include <string>

#include "train/evaluation.hpp"
#include "train/training_job.hpp"

namespace propriod::train {

/// One JSON object for scripts: what `train --json` prints and `metrics.json` of a bundle holds.
[[nodiscard]] std::string to_json(const TrainingOutcome& outcome);

/// One JSON object for scripts: what `evaluate --json` prints. `windows_per_second` is that of the evaluation.
[[nodiscard]] std::string to_json(const Evaluation& evaluation, const model::Recognizer& recognizer);

/// Both tasks for people: accuracy, macro F1 and calibration error, what the model's own threshold calls unknown, then
/// every class with what it is most often taken for; then accuracies by placement, where there are several, and how far
/// people spread.
[[nodiscard]] std::string to_text(const Evaluation& evaluation);

}  // namespace propriod::train
