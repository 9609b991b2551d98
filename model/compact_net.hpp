#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>

#include <array>
#include <vector>

#include "model/network.hpp"

namespace propriod::model {

/// Ours, `mtl-net-compact`. Beside the three axes it sees four signals that do not depend on how the sensor is turned;
/// then come three convolution blocks (batch normalisation, max-pool, ReLU), average and maximum of what is left, and
/// one small hidden layer with dropout, instead of the two dense layers that hold 98.5 % of MTL-net's parameters. Wants
/// its input in g (`Manifest::Input::scale` 1/9.80665).
class CompactNet final : public Network {
 public:
  struct Block {
    std::int64_t channels;
    std::int64_t kernel;  ///< odd; the ends are padded with zeros, so the length stays
    bool pooled;          ///< by two
  };
  // All that was chosen; on which recordings stands in train/RESULTS.md.
  static constexpr std::array<Block, 3> kBlocks{{{.channels = 48, .kernel = 7, .pooled = true},
                                                 {.channels = 80, .kernel = 5, .pooled = true},
                                                 {.channels = 120, .kernel = 5, .pooled = false}}};
  static constexpr std::int64_t kPooledLength = 2;
  static constexpr std::int64_t kHidden = 256;
  static constexpr double kDropout = 0.1;  ///< after the hidden layer
  static constexpr int kMinWindow = 8;     ///< samples: two remain after the blocks

  explicit CompactNet(const NetworkOptions& options);
  torch::Tensor features(const torch::Tensor& accel) override;

 private:
  [[nodiscard]] std::int64_t feature_flops() const override;

  int window_;
  std::vector<torch::nn::Conv1d> convs_;
  std::vector<torch::nn::BatchNorm1d> norms_;
  torch::nn::Linear hidden_;
  torch::nn::Dropout dropout_;
};

/// (N, 3, W) in g → (N, 7, W): the axes; how much more than 1 g the magnitude is; the component along the window's mean
/// direction (up, for a body that is not thrown about), less 1 g; the magnitude of the rest; and that of the change
/// since the sample before. The last four are the same however the sensor is turned.
[[nodiscard]] torch::Tensor with_invariants(const torch::Tensor& accel);

}  // namespace propriod::model
