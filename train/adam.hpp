#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace propriod::train {

/// Adam (Kingma and Ba, 2015, Algorithm 1) with β₁ = 0.9, β₂ = 0.999, ε = 1e-8, as `torch::optim::Adam`. Of a small
/// network most of a step is memory traffic: here parameter, gradient and both moments pass through the processor once,
/// where LibTorch's takes about ten passes. Thread-bound.
class Adam {
 public:
  Adam(std::vector<torch::Tensor> parameters, double learning_rate);

  /// One step along the gradients, which are released: the next backward pass makes new ones and need not add to them.
  void step();

 private:
  struct Slot {
    torch::Tensor parameter, mean, variance;
  };
  std::vector<Slot> slots_;
  double learning_rate_;
  std::int64_t steps_ = 0;
};

/// average ← keep · average + (1 − keep) · value, in one pass, without gradients.
void move_average(const torch::Tensor& average, const torch::Tensor& value, double keep);

}  // namespace propriod::train
