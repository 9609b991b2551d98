#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "train/method.hpp"

namespace propriod::train {

/// Adam (Kingma and Ba, 2015, Algorithm 1) with β₁ = 0.9, β₂ = 0.999, ε = 1e-8, as `torch::optim::Adam`; with a weight
/// decay it is AdamW (Loshchilov and Hutter, 2019), as `torch::optim::AdamW`. Of a small network most of a step is
/// memory traffic: here parameter, gradient, both moments and the moving average pass through the processor once, where
/// LibTorch takes a dozen passes. Thread-bound.
class Adam {
 public:
  explicit Adam(std::vector<torch::Tensor> parameters, double weight_decay = 0);

  /// One step along the gradients, which are released: the next backward pass makes new ones and need not add to them.
  /// A parameter without a gradient stays as it is. `average`, if any, then follows the parameters.
  void step(double learning_rate, const MovingAverage* average = nullptr);

  /// Steps taken.
  [[nodiscard]] std::int64_t steps() const noexcept { return steps_; }

  /// Both moments of every parameter, in their order: what an interrupted training must keep. Not copies.
  [[nodiscard]] std::vector<torch::Tensor> moments() const;

  /// Goes on as after `steps` steps; the moments are the caller's to restore.
  void resume_at(std::int64_t steps) noexcept { steps_ = steps; }

 private:
  struct Slot {
    torch::Tensor parameter, mean, variance;
  };
  std::vector<Slot> slots_;
  double weight_decay_;
  std::int64_t steps_ = 0;
};

}  // namespace propriod::train
