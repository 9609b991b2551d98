#include "train/multitask.hpp"

#include <torch/torch.h>

namespace propriod::train {

StepLoss Multitask::loss(const Batch& batch) {
  const auto logits = network_->forward(batch.accel);
  return {multitask_loss(logits, batch, options_), logits};
}

}  // namespace propriod::train
