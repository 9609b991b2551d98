#pragma once

#include "train/method.hpp"

namespace propriod::train {

/// Smooth-Distill (Algorithm 2 of the paper): the student learns from the labels and from a teacher that is the moving
/// average of the student itself.
class SmoothDistill final : public Method {
 public:
  /// `teacher`: of the same architecture as `student`, on the same device; it becomes equal to it here.
  SmoothDistill(NetworkPointer student, NetworkPointer teacher, const MethodOptions& options);

  /// Eq. 5. The teacher runs in inference mode and gets no gradient.
  [[nodiscard]] StepLoss loss(const Batch& batch) override;

  /// Eq. 4: θ_T ← β θ_T + (1 − β) θ_S.
  [[nodiscard]] MovingAverage* moving_average() override { return &average_; }

  /// Buffers are copied to the teacher.
  void after_step() override;

  [[nodiscard]] model::Network* teacher() noexcept override { return teacher_.get(); }

 private:
  NetworkPointer teacher_;
  // Looked up once: walking the module tree at every step costs as much as a small kernel.
  std::vector<torch::Tensor> student_buffers_, teacher_buffers_;
  MovingAverage average_;
  LossOptions options_;
};

}  // namespace propriod::train
