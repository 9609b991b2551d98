#pragma once

#include "train/method.hpp"

namespace propriod::train {

/// Born-again networks (Algorithm 1 of the Smooth-Distill paper): first a teacher is trained with Eq. 1, then a student
/// from the same initial weights with Eq. 5 against the teacher's best weights, which no longer move.
class BornAgain final : public Method {
 public:
  /// `teacher`: of the same architecture as `network`, on the same device; holds the initial weights until it is born.
  BornAgain(NetworkPointer network, NetworkPointer teacher, const MethodOptions& options);

  [[nodiscard]] int phases() const override { return 2; }
  void begin_phase(int phase) override;
  [[nodiscard]] StepLoss loss(const Batch& batch) override;
  [[nodiscard]] model::Network* teacher() noexcept override { return teacher_.get(); }

 private:
  NetworkPointer teacher_;
  bool has_teacher_ = false;
  LossOptions options_;
};

}  // namespace propriod::train
