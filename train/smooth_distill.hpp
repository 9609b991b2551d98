#pragma once

#include <memory>
#include <vector>

#include "model/network.hpp"

namespace propriod::train {

/// One step's windows. Tensors live on the device that trains.
struct Batch {
  torch::Tensor accel;      ///< (N, 3, window), scaled
  torch::Tensor activity;   ///< (N) int64, −1 without a label
  torch::Tensor placement;  ///< (N) int64
};

/// Smooth-Distill (Algorithm 2 of the paper): the student learns from the labels and from a teacher that is the moving
/// average of the student itself. Thread-bound.
class SmoothDistill {
 public:
  struct Options {
    double alpha = 0.5;        ///< weight of the activity task, 1 − α of the placement task
    double lambda = 0.5;       ///< weight of the distillation
    double temperature = 3;    ///< τ
    double beta = 0.999;       ///< how much of itself the teacher keeps at each step
    bool all_labelled = true;  ///< every window has labels of both tasks
  };

  /// `teacher`: of the same architecture as `student`, on the same device; it becomes equal to it here.
  SmoothDistill(std::shared_ptr<model::Network> student, std::shared_ptr<model::Network> teacher,
                const Options& options);

  /// Eq. 5: α (CE₁ + λ D₁) + (1 − α)(CE₂ + λ D₂). The teacher runs in inference mode and gets no gradient.
  [[nodiscard]] torch::Tensor loss(const Batch& batch);

  /// Eq. 4, after every step of the optimizer: θ_T ← β θ_T + (1 − β) θ_S; buffers are copied.
  void update_teacher();

  [[nodiscard]] model::Network& student() noexcept { return *student_; }
  [[nodiscard]] model::Network& teacher() noexcept { return *teacher_; }

 private:
  std::shared_ptr<model::Network> student_;
  std::shared_ptr<model::Network> teacher_;
  // Looked up once: walking the module tree at every step costs as much as a small kernel.
  std::vector<torch::Tensor> student_parameters_, teacher_parameters_;
  std::vector<torch::Tensor> student_buffers_, teacher_buffers_;
  Options options_;
};

}  // namespace propriod::train
