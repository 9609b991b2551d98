#pragma once

#include <torch/types.h>

namespace propriod::train {

/// Knowledge distillation between logits (N, classes), Eq. 2 of the Smooth-Distill paper:
///     τ² · 1/N Σ_n Σ_k σ(z_T/τ)_{n,k} (log σ(z_T/τ)_{n,k} − log σ(z_S/τ)_{n,k})
/// A scalar with gradients to the student alone; N ≥ 1.
[[nodiscard]] torch::Tensor distillation_loss(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                                              double temperature);

/// One task's part of Eq. 5: cross-entropy + λ · distillation, over the windows that have a label of the task.
/// `labels`: (N) int64, −1 for none. `all_labelled`: the caller knows that none is missing, which saves looking. Zero
/// when no window has a label.
[[nodiscard]] torch::Tensor distilled_task_loss(const torch::Tensor& student_logits,
                                                const torch::Tensor& teacher_logits, const torch::Tensor& labels,
                                                bool all_labelled, double lambda, double temperature);

}  // namespace propriod::train
