#pragma once

#include <torch/types.h>

#include "model/network.hpp"

namespace propriod::train {

/// One step's windows. Tensors live on the device that trains.
struct Batch {
  torch::Tensor accel;      ///< (N, 3, window), scaled
  torch::Tensor activity;   ///< (N) int64, −1 without a label
  torch::Tensor placement;  ///< (N) int64, likewise
};

/// The weights in the losses; the same letters as in the Smooth-Distill paper.
struct LossOptions {
  double alpha = 0.5;          ///< weight of the activity task, 1 − α of the placement task
  double lambda = 0.5;         ///< weight of the distillation
  double temperature = 3;      ///< τ
  double label_smoothing = 0;  ///< share of the target that is spread over all classes; 0 … below 1
  bool all_labelled = true;    ///< the caller knows that no label is missing, which saves looking
};

/// Knowledge distillation between logits (N, classes), Eq. 2 of the Smooth-Distill paper:
///     τ² · 1/N Σ_n Σ_k σ(z_T/τ)_{n,k} (log σ(z_T/τ)_{n,k} − log σ(z_S/τ)_{n,k})
/// A scalar with gradients to whichever of the two has any; N ≥ 1.
[[nodiscard]] torch::Tensor distillation_loss(const torch::Tensor& student_logits, const torch::Tensor& teacher_logits,
                                              double temperature);

/// One task's cross-entropy over the windows that have a label of it; zero when none has. `labels`: (N), −1 for none.
[[nodiscard]] torch::Tensor task_loss(const torch::Tensor& logits, const torch::Tensor& labels,
                                      const LossOptions& options);

/// One task's part of Eq. 5, over the labelled windows likewise: cross-entropy + λ · distillation.
[[nodiscard]] torch::Tensor distilled_task_loss(const torch::Tensor& student_logits,
                                                const torch::Tensor& teacher_logits, const torch::Tensor& labels,
                                                const LossOptions& options);

/// Eq. 1: α CE₁ + (1 − α) CE₂.
[[nodiscard]] torch::Tensor multitask_loss(const model::Logits& logits, const Batch& batch, const LossOptions& options);

/// Eq. 5: α (CE₁ + λ D₁) + (1 − α)(CE₂ + λ D₂).
[[nodiscard]] torch::Tensor distilled_loss(const model::Logits& student, const model::Logits& teacher,
                                           const Batch& batch, const LossOptions& options);

}  // namespace propriod::train
