#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "model/network.hpp"

namespace propriod::model {

/// Ours, `mtl-net-compact`: three convolution blocks (batch normalisation, ReLU and max-pool 2), adaptive average
/// pooling and one small hidden layer with dropout, instead of the two dense layers that hold 98.5 % of MTL-net's
/// parameters. Made for input scaled to g (`Manifest::Input::scale` 1/9.80665), though nothing here depends on it.
class CompactNet final : public Network {
 public:
  struct Block {
    std::int64_t channels;
    std::int64_t kernel;
    std::int64_t stride;
    std::int64_t padding;
  };
  // All that was chosen, on recordings that no published figure of ours is tested on.
  static constexpr std::array<Block, 3> kBlocks{{{.channels = 48, .kernel = 9, .stride = 1, .padding = 0},
                                                 {.channels = 96, .kernel = 5, .stride = 1, .padding = 0},
                                                 {.channels = 128, .kernel = 5, .stride = 1, .padding = 0}}};
  static constexpr std::int64_t kPooledLength = 4;
  static constexpr std::int64_t kHidden = 256;
  static constexpr double kDropout = 0.3;  ///< after the hidden layer

  /// Samples: below that nothing is left after the blocks.
  [[nodiscard]] static constexpr int min_window() {
    std::int64_t length = 1;
    for (const auto& block : std::views::reverse(kBlocks)) {
      length = std::max<std::int64_t>(1, (2 * length - 1) * block.stride + block.kernel - 2 * block.padding);
    }
    return static_cast<int>(length);
  }

  explicit CompactNet(const NetworkOptions& options);
  torch::Tensor features(const torch::Tensor& accel) override;

 private:
  [[nodiscard]] std::int64_t feature_flops() const override;

  int window_;
  std::array<torch::nn::Conv1d, kBlocks.size()> convs_;
  std::array<torch::nn::BatchNorm1d, kBlocks.size()> norms_;
  torch::nn::Linear hidden_;
  torch::nn::Dropout dropout_;
};

}  // namespace propriod::model
