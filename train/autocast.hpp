#pragma once

#include <torch/types.h>

namespace propriod::train {

/// While it lives, LibTorch computes the products of this thread (convolutions, matrices) on `device` in bfloat16 and
/// what needs the precision (softmax, losses, sums) in float32; parameters and their gradients stay float32. On the
/// stack.
class Autocast {
 public:
  /// `on` false: does nothing.
  Autocast(torch::Device device, bool on);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  torch::DeviceType device_;
  bool on_;
  bool was_on_ = false;
  torch::ScalarType was_;
};

}  // namespace propriod::train
