#include "model/anpo_net.hpp"

#include <torch/torch.h>

#include "model/conv_layers.hpp"

namespace propriod::model {
namespace {

constexpr std::int64_t kKernel = 5;
constexpr std::int64_t kPadding = 2;  // so that a convolution keeps the length
constexpr std::int64_t kChannels1 = 64;
constexpr std::int64_t kChannels2 = 128;
constexpr std::int64_t kUnits = 360;
constexpr std::int64_t kLayers = 2;
constexpr double kDropout = 0.2;

torch::nn::Conv1dOptions convolution(std::int64_t inputs, std::int64_t outputs) {
  return torch::nn::Conv1dOptions(inputs, outputs, kKernel).padding(kPadding);
}

}  // namespace

AnpoNet::AnpoNet(const NetworkOptions& options)
    : Network(kUnits, options),
      window_(options.window),
      conv1_(convolution(3, kChannels1)),
      conv2_(convolution(kChannels1, kChannels2)),
      norm1_(kChannels1),
      norm2_(kChannels2),
      lstm_(torch::nn::LSTMOptions(kChannels2, kUnits).num_layers(kLayers).dropout(kDropout)) {
  register_module("conv1", conv1_);
  register_module("norm1", norm1_);
  register_module("conv2", conv2_);
  register_module("norm2", norm2_);
  register_module("lstm", lstm_);
}

torch::Tensor AnpoNet::features(const torch::Tensor& accel) {  // (N, 3, 100), sizes for a window of 100
  const auto block = [](auto& conv, auto& norm, const torch::Tensor& x) {
    return pooled_relu(normalise(norm, convolve(conv, x)));
  };
  const auto x = block(conv2_, norm2_, block(conv1_, norm1_, accel));  // (N, 64, 50) → (N, 128, 25)
  return std::get<0>(std::get<1>(lstm_(x.permute({2, 0, 1}))))[-1];    // (25, N, 128) → (N, 360)
}

std::int64_t AnpoNet::feature_flops() const {
  auto flops = weight_flops(conv1_->weight, window_) + weight_flops(conv2_->weight, window_ / 2);
  for (const auto& parameter : lstm_->parameters()) {
    if (parameter.dim() == 2) flops += weight_flops(parameter, window_ / 2 / 2);  // the others are biases
  }
  return flops;
}

}  // namespace propriod::model
