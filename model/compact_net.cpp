#include "model/compact_net.hpp"

#include <torch/torch.h>

#include <string>

#include "model/conv_layers.hpp"

namespace propriod::model {
namespace {

constexpr std::int64_t kInputs = 7;

/// The Euclidean norm over the axes of (N, 3, W), with a gradient at zero, too.
torch::Tensor magnitude(const torch::Tensor& vectors) {
  constexpr double kTiny = 1e-8;
  return (vectors * vectors).sum(/*dim=*/1, /*keepdim=*/true).add(kTiny).sqrt();
}

}  // namespace

torch::Tensor with_invariants(const torch::Tensor& accel) {
  constexpr double kTiny = 1e-6;  // of a mean that is zero: then there is no up
  const auto mean = accel.mean(/*dim=*/2, /*keepdim=*/true);
  const auto up = mean / (mean.norm(/*p=*/2, /*dim=*/1, /*keepdim=*/true) + kTiny);  // (N, 3, 1)
  const auto vertical = (accel * up).sum(/*dim=*/1, /*keepdim=*/true);
  const auto change = torch::constant_pad_nd(accel.diff(/*n=*/1, /*dim=*/2), {1, 0});
  return torch::cat({accel, magnitude(accel) - 1, vertical - 1, magnitude(accel - vertical * up), magnitude(change)},
                    /*dim=*/1);
}

CompactNet::CompactNet(const NetworkOptions& options)
    : Network(kHidden, options),
      window_(options.window),
      hidden_(2 * kBlocks.back().channels * kPooledLength, kHidden),
      dropout_(kDropout) {
  std::int64_t inputs = kInputs;
  for (const auto& block : kBlocks) {
    const auto number = std::to_string(convs_.size() + 1);
    // Batch normalisation takes any bias away again.
    const auto conv =
        torch::nn::Conv1dOptions(inputs, block.channels, block.kernel).padding(block.kernel / 2).bias(false);
    convs_.push_back(register_module("conv" + number, torch::nn::Conv1d(conv)));
    norms_.push_back(register_module("norm" + number, torch::nn::BatchNorm1d(block.channels)));
    inputs = block.channels;
  }
  register_module("hidden", hidden_);
  register_module("dropout", dropout_);
}

torch::Tensor CompactNet::features(const torch::Tensor& accel) {
  auto x = with_invariants(accel);  // (N, 7, window)
  for (std::size_t i = 0; i < kBlocks.size(); ++i) {
    x = normalise(norms_[i], convolve(convs_[i], x));
    x = kBlocks[i].pooled ? pooled_relu(x) : torch::relu(x);
  }
  x = torch::cat(
      {torch::adaptive_avg_pool1d(x, kPooledLength), std::get<0>(torch::adaptive_max_pool1d(x, kPooledLength))},
      /*dim=*/1);  // (N, 2 · channels, pooled length)
  return dropout_(torch::relu(hidden_(x.flatten(/*start_dim=*/1))));
}

std::int64_t CompactNet::feature_flops() const {
  auto flops = weight_flops(hidden_->weight);
  std::int64_t length = window_;
  for (std::size_t i = 0; i < kBlocks.size(); ++i) {
    flops += weight_flops(convs_[i]->weight, length);
    if (kBlocks[i].pooled) length /= 2;
  }
  return flops;
}

}  // namespace propriod::model
