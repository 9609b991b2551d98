#include "train/born_again.hpp"

#include <torch/torch.h>

#include <utility>

#include "train/paired_forward.hpp"

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
  if (!has_teacher_) {
    const auto logits = network_->forward(batch.accel);
    return {multitask_loss(logits, batch, options_), logits};
  }
  const auto [student, teacher] = forward_both(*network_, *teacher_, batch.accel);
  return {distilled_loss(student, teacher, batch, options_), student};
}

}  // namespace propriod::train
