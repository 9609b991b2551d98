#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "model/network.hpp"

namespace propriod::model {

/// The fully connected part that both variants share: F → 1024 → 512. Batch normalisation after each convolution is an
/// option: the paper's text has it, its code and parameter count do not.
class MtlNetTrunk : public Network {
 public:
  static constexpr int kMinWindow = 28;  ///< samples: below that nothing is left after both convolution blocks

 protected:
  MtlNetTrunk(const NetworkOptions& options, std::int64_t flat_features);
  /// (N, C, L), C · L being `flat_features`, → (N, 512).
  torch::Tensor fully_connected(const torch::Tensor& x);
  [[nodiscard]] std::int64_t fully_connected_flops() const;

 private:
  torch::nn::Linear fc1_, fc2_;
};

/// The paper's MTL-net with the three axes as the channels of 1-D convolutions, so that the whole window counts: two
/// blocks (kernel 9, 32 then 64 channels, ReLU and max-pool 2), then the trunk. Smooth-Distill paper, section on
/// MTL-net; the arrangement of the axes is ours.
class MtlNet final : public MtlNetTrunk {
 public:
  explicit MtlNet(const NetworkOptions& options);
  torch::Tensor features(const torch::Tensor& accel) override;

 private:
  [[nodiscard]] std::int64_t feature_flops() const override;

  int window_;
  torch::nn::Conv1d conv1_, conv2_;
  torch::nn::BatchNorm1d norm1_{nullptr}, norm2_{nullptr};
};

/// Exactly what the paper's authors published, to reproduce their tables. It *reinterprets* (N, window, 3) as
/// (N, 1, 3, window), so each "axis row" is a third of the window with all axes interleaved; and its pooling has stride
/// 2 in both directions, so of the three rows only the first reaches the output: two thirds of every window are
/// ignored. With 12 + 3 classes and windows of 100: 1,797,519 parameters, 5,008,128 FLOPs by the paper's way of
/// counting (one row), 6,514,944 computed (three rows in the first convolution, two in the second).
class MtlNetPublished final : public MtlNetTrunk {
 public:
  explicit MtlNetPublished(const NetworkOptions& options);
  torch::Tensor features(const torch::Tensor& accel) override;

 private:
  [[nodiscard]] std::int64_t feature_flops() const override;
  [[nodiscard]] std::int64_t feature_flops_computed() const override;

  int window_;
  torch::nn::Conv2d conv1_, conv2_;
  torch::nn::BatchNorm2d norm1_{nullptr}, norm2_{nullptr};
};

}  // namespace propriod::model
