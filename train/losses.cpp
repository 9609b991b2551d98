#include "train/losses.hpp"

#include <torch/torch.h>

namespace propriod::train {

torch::Tensor distillation_loss(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                                double temperature) {
  const auto student = (student_logits / temperature).log_softmax(/*dim=*/1);
  const auto teacher = (teacher_logits.detach() / temperature).log_softmax(/*dim=*/1);
  const auto divergence = (teacher.exp() * (teacher - student)).sum();
  return divergence * (temperature * temperature / static_cast<double>(student_logits.size(0)));
}

torch::Tensor distilled_task_loss(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                                  const torch::Tensor& labels, bool all_labelled, double lambda, double temperature) {
  if (!all_labelled) {
    const auto rows = (labels >= 0).nonzero().squeeze(1);
    if (rows.numel() == 0) return student_logits.sum() * 0;  // keeps the graph whole: the other task trains alone
    if (rows.numel() < labels.numel()) {
      return distilled_task_loss(student_logits.index_select(0, rows), teacher_logits.index_select(0, rows),
                                 labels.index_select(0, rows), true, lambda, temperature);
    }
  }
  const auto cross_entropy = torch::nn::functional::cross_entropy(student_logits, labels);
  return cross_entropy + lambda * distillation_loss(student_logits, teacher_logits, temperature);
}

}  // namespace propriod::train
