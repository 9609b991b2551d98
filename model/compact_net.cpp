#include "model/compact_net.hpp"

#include <torch/torch.h>

#include <string>

namespace propriod::model {

CompactNet::CompactNet(const NetworkOptions& options)
    : Network(kHidden, options),
      window_(options.window),
      convs_{nullptr, nullptr, nullptr},
      norms_{nullptr, nullptr, nullptr},
      hidden_(kBlocks.back().channels * kPooledLength, kHidden),
      dropout_(kDropout) {
  std::int64_t inputs = 3;
  for (std::size_t i = 0; i < kBlocks.size(); ++i) {
    const auto& [channels, kernel, stride, padding] = kBlocks[i];
    const auto number = std::to_string(i + 1);
    convs_[i] = register_module(
        "conv" + number,
        torch::nn::Conv1d(torch::nn::Conv1dOptions(inputs, channels, kernel).stride(stride).padding(padding)));
    norms_[i] = register_module("norm" + number, torch::nn::BatchNorm1d(channels));
    inputs = channels;
  }
  register_module("hidden", hidden_);
  register_module("dropout", dropout_);
}

torch::Tensor CompactNet::features(const torch::Tensor& accel) {
  auto x = accel;  // (N, 3, window)
  for (std::size_t i = 0; i < kBlocks.size(); ++i) {
    x = torch::relu(torch::max_pool1d(norms_[i](convs_[i](x)), /*kernel_size=*/2));  // ReLU last: see mtl_net.cpp
  }
  x = torch::adaptive_avg_pool1d(x, kPooledLength).flatten(/*start_dim=*/1);  // (N, channels · pooled length)
  return dropout_(torch::relu(hidden_(x)));
}

std::int64_t CompactNet::feature_flops() const {
  auto flops = weight_flops(hidden_->weight);
  std::int64_t length = window_;
  for (std::size_t i = 0; i < kBlocks.size(); ++i) {
    const auto& block = kBlocks[i];
    length = (length + 2 * block.padding - block.kernel) / block.stride + 1;
    flops += weight_flops(convs_[i]->weight, length);
    length /= 2;
  }
  return flops;
}

}  // namespace propriod::model
