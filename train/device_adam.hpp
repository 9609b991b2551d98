#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "train/adam.hpp"
#include "train/method.hpp"

namespace propriod::train {

/// The same steps as Adam's, for a GPU: all parameters in one kernel where LibTorch has that, and what changes from
/// step to step (learning rate, bias corrections, how much an average keeps) read from tensors on the device, so that a
/// step can be captured in a CUDA graph. The moments are those of an Adam, whose other state its owner keeps up to
/// date. Thread-bound.
class DeviceAdam {
 public:
  /// `state`: of the same parameters and weight decay; only its moments are used. `average`: as in Adam::step.
  DeviceAdam(std::vector<torch::Tensor> parameters, const Adam& state, double weight_decay,
             const MovingAverage* average);

  /// What `step` needs to know of the steps that follow `done` others. (learning rates, numbers) float32, on the CPU.
  [[nodiscard]] torch::Tensor numbers(std::int64_t done, std::span<const double> learning_rates) const;

  /// As Adam::step. `numbers`: one row of the above, on the device.
  void step(const torch::Tensor& numbers);

 private:
  std::vector<torch::Tensor> parameters_, means_, variances_;
  double weight_decay_;
  const MovingAverage* average_;
};

}  // namespace propriod::train
