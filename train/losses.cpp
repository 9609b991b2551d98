#include "train/losses.hpp"

#include <torch/torch.h>

namespace propriod::train {
namespace {

torch::Tensor cross_entropy(const torch::Tensor& logits, const torch::Tensor& labels, const LossOptions& options) {
  return torch::nn::functional::cross_entropy(
      logits, labels, torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(options.label_smoothing));
}

/// `loss(rows)` over the labelled windows, where `rows` picks them out of any tensor; zero, with the graph whole so
/// that the other task trains alone, when there is none.
template <typename Loss>
torch::Tensor over_labelled(const torch::Tensor& logits, const torch::Tensor& labels, bool all_labelled,
                            const Loss& loss) {
  const auto all = [](const torch::Tensor& tensor) { return tensor; };
  if (all_labelled) return loss(all);
  const auto rows = (labels >= 0).nonzero().squeeze(1);
  if (rows.numel() == 0) return logits.sum() * 0;
  if (rows.numel() == labels.numel()) return loss(all);
  return loss([&](const torch::Tensor& tensor) { return tensor.index_select(0, rows); });
}

torch::Tensor weighted(double alpha, const torch::Tensor& activity, const torch::Tensor& placement) {
  return alpha * activity + (1 - alpha) * placement;
}

}  // namespace

torch::Tensor distillation_loss(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                                double temperature) {
  const auto student = (student_logits / temperature).log_softmax(/*dim=*/1);
  const auto teacher = (teacher_logits / temperature).log_softmax(/*dim=*/1);
  const auto divergence = (teacher.exp() * (teacher - student)).sum();
  return divergence * (temperature * temperature / static_cast<double>(student_logits.size(0)));
}

torch::Tensor task_loss(const torch::Tensor& logits, const torch::Tensor& labels, const LossOptions& options) {
  return over_labelled(logits, labels, options.all_labelled,
                       [&](const auto& rows) { return cross_entropy(rows(logits), rows(labels), options); });
}

torch::Tensor distilled_task_loss(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                                  const torch::Tensor& labels, const LossOptions& options) {
  return over_labelled(student_logits, labels, options.all_labelled, [&](const auto& rows) {
    const auto student = rows(student_logits);
    return cross_entropy(student, rows(labels), options) +
           options.lambda * distillation_loss(student, rows(teacher_logits), options.temperature);
  });
}

torch::Tensor multitask_loss(const model::Logits& logits, const Batch& batch, const LossOptions& options) {
  return weighted(options.alpha, task_loss(logits.activity, batch.activity, options),
                  task_loss(logits.placement, batch.placement, options));
}

torch::Tensor distilled_loss(const model::Logits& student, const model::Logits& teacher, const Batch& batch,
                             const LossOptions& options) {
  return weighted(options.alpha, distilled_task_loss(student.activity, teacher.activity, batch.activity, options),
                  distilled_task_loss(student.placement, teacher.placement, batch.placement, options));
}

}  // namespace propriod::train
