#pragma once

#include <limits>

namespace propriod::train {

/// One epoch of one task; accuracies in percent, losses are cross-entropies. NaN where there was nothing to measure.
struct TaskEpoch {
  double training_loss = std::numeric_limits<double>::quiet_NaN();  ///< over the epoch, while the weights moved
  double training_accuracy = std::numeric_limits<double>::quiet_NaN();
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  ///< of the network that learns, at its end
  double validation_accuracy = std::numeric_limits<double>::quiet_NaN();
  double teacher_validation_accuracy = std::numeric_limits<double>::quiet_NaN();  ///< where the teacher may be served
};

/// One epoch in figures.
struct EpochReport {
  int phase = 1;             ///< 1-based
  int epoch = 0;             ///< 1-based, of the phase
  double training_loss = 0;  ///< of the method, mean over windows
  TaskEpoch activity;
  TaskEpoch placement;
};

}  // namespace propriod::train
