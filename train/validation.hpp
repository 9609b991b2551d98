#pragma once

#include <limits>
#include <vector>

#include "train/method.hpp"

namespace propriod::train {

/// One task on some windows; NaN when none of them has a label of it.
struct TaskFigures {
  double loss = std::numeric_limits<double>::quiet_NaN();      ///< mean cross-entropy
  double accuracy = std::numeric_limits<double>::quiet_NaN();  ///< percent
};

/// Gathers what a network says of a task, batch by batch, and looks at it only in the end: so no step waits for a GPU.
class TaskCurve {
 public:
  /// `logits`: (N, classes), or undefined where the network does not say. `labels`: (N), −1 for none.
  void add(const torch::Tensor& logits, const torch::Tensor& labels);
  [[nodiscard]] TaskFigures figures() const;

 private:
  std::vector<torch::Tensor> logits_, labels_;
};

struct ValidationFigures {
  TaskFigures activity;
  TaskFigures placement;
};

/// The network in inference mode on `windows`; then it is back in the mode it was in. Tasks that are not asked for stay
/// NaN; an asked one without any label has accuracy 0, so that the other decides.
[[nodiscard]] ValidationFigures validate(model::Network& network, const Batch& windows, const Tasks& tasks);

}  // namespace propriod::train
