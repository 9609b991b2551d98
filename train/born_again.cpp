#include "train/born_again.hpp"

#include <torch/torch.h>

#include <utility>

namespace propriod::train {

BornAgain::BornAgain(NetworkPointer network, NetworkPointer teacher, const MethodOptions& options)
    : Method(std::move(network)), teacher_(std::move(teacher)), options_(options.loss) {
  copy_weights(*network_, *teacher_);
  teacher_->eval();
  for (const auto& parameter : teacher_->parameters()) parameter.set_requires_grad(false);
}

void BornAgain::begin_phase(int phase) {
  if (phase == 0) return;
  swap_weights(*network_, *teacher_);  // the teacher gets what was learned, the network its initial weights
  has_teacher_ = true;
}

StepLoss BornAgain::loss(const Batch& batch) {
  const auto student = network_->forward(batch.accel);
  if (!has_teacher_) return {multitask_loss(student, batch, options_), student};
  const auto teacher = [&] {
    const torch::NoGradGuard no_grad;
    return teacher_->forward(batch.accel);
  }();
  return {distilled_loss(student, teacher, batch, options_), student};
}

}  // namespace propriod::train
