#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/rnn.h>

#include "model/network.hpp"

namespace propriod::model {

/// The paper's AnpoNet: two convolution blocks (kernel 5 with padding 2, 64 then 128 channels, batch normalisation,
/// ReLU and max-pool 2), then two LSTM layers of 360 units with dropout 0.2 between them, whose last state both heads
/// see. The paper gives no sizes; these are ours, chosen for about MTL-net's 1.8 million parameters: 1,793,191 with 12
/// + 3 classes, and 91.3 M FLOPs for windows of 100, a quarter of whose samples the LSTM runs over.
class AnpoNet final : public Network {
 public:
  static constexpr int kMinWindow = 4;  ///< samples: below that nothing is left after both convolution blocks

  explicit AnpoNet(const NetworkOptions& options);
  torch::Tensor features(const torch::Tensor& accel) override;

 private:
  [[nodiscard]] std::int64_t feature_flops() const override;

  int window_;
  torch::nn::Conv1d conv1_, conv2_;
  torch::nn::BatchNorm1d norm1_, norm2_;
  torch::nn::LSTM lstm_;
};

}  // namespace propriod::model
