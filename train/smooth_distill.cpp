#include "train/smooth_distill.hpp"

#include <torch/torch.h>

#include <utility>

#include "train/paired_forward.hpp"

namespace propriod::train {

SmoothDistill::SmoothDistill(NetworkPointer student, NetworkPointer teacher, const MethodOptions& options)
    : Method(std::move(student)),
      teacher_(std::move(teacher)),
      student_buffers_(network_->buffers()),
      teacher_buffers_(teacher_->buffers()),
      average_{.averages = teacher_->parameters(), .keep = options.beta, .warm_up = options.beta_warm_up},
      options_(options.loss) {
  copy_weights(*network_, *teacher_);
  teacher_->eval();
  for (const auto& parameter : average_.averages) parameter.set_requires_grad(false);
}

StepLoss SmoothDistill::loss(const Batch& batch) {
  const auto [student, teacher] = forward_both(*network_, *teacher_, batch.accel);
  return {distilled_loss(student, teacher, batch, options_), student};
}

void SmoothDistill::after_step() {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < teacher_buffers_.size(); ++i) teacher_buffers_[i].copy_(student_buffers_[i]);
}

}  // namespace propriod::train
