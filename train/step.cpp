#include "train/step.hpp"

#include <torch/torch.h>

namespace propriod::train {

StepLoss take_step(Method& method, Adam& optimizer, const Batch& batch, double learning_rate) {
  const auto [loss, logits] = method.loss(batch);
  loss.backward();
  optimizer.step(learning_rate, method.moving_average());
  method.after_step();
  return {loss.detach(), logits};
}

}  // namespace propriod::train
