#include "model/mtl_net.hpp"

#include <torch/torch.h>

#include "model/conv_layers.hpp"
#include "model/dense_relu.hpp"

namespace propriod::model {
namespace {

constexpr std::int64_t kKernel = 9;
constexpr std::int64_t kChannels1 = 32;
constexpr std::int64_t kChannels2 = 64;
constexpr std::int64_t kHidden1 = 1024;
constexpr std::int64_t kHidden2 = 512;

constexpr std::int64_t convolved(std::int64_t length) { return length - kKernel + 1; }
constexpr std::int64_t after_block(std::int64_t length) { return convolved(length) / 2; }  // max-pool 2
constexpr std::int64_t flat_features(std::int64_t window) { return kChannels2 * after_block(after_block(window)); }

/// ReLU after max-pooling: the two commute, values and gradients alike, and it has half as much to do. As published:
/// stride 2 in both directions, so every second row is left out.
torch::Tensor pooled2d(const torch::Tensor& x) {
  return torch::relu(torch::max_pool2d(x, /*kernel_size=*/{1, 2}, /*stride=*/2));
}
constexpr std::int64_t kPublishedRows = 3;  // one for each axis, were it not for the quirk
constexpr std::int64_t pooled_rows(std::int64_t rows) { return (rows + 1) / 2; }

}  // namespace

MtlNetTrunk::MtlNetTrunk(const NetworkOptions& options, std::int64_t flat_features)
    : Network(kHidden2, options), fc1_(flat_features, kHidden1), fc2_(kHidden1, kHidden2) {
  register_module("fc1", fc1_);
  register_module("fc2", fc2_);
}

torch::Tensor MtlNetTrunk::fully_connected(const torch::Tensor& x) {
  const auto flat = x.permute({1, 2, 0}).reshape({-1, x.size(0)}).contiguous();  // (C · L, N)
  return dense_relu(fc2_, dense_relu(fc1_, flat)).t();                           // (1024, N) → (512, N) → (N, 512)
}

std::int64_t MtlNetTrunk::fully_connected_flops() const {
  return weight_flops(fc1_->weight) + weight_flops(fc2_->weight);
}

MtlNet::MtlNet(const NetworkOptions& options)
    : MtlNetTrunk(options, flat_features(options.window)),
      window_(options.window),
      conv1_(torch::nn::Conv1dOptions(/*in_channels=*/3, kChannels1, kKernel)),
      conv2_(torch::nn::Conv1dOptions(kChannels1, kChannels2, kKernel)) {
  register_module("conv1", conv1_);
  register_module("conv2", conv2_);
  if (options.batch_norm) {
    norm1_ = register_module("norm1", torch::nn::BatchNorm1d(kChannels1));
    norm2_ = register_module("norm2", torch::nn::BatchNorm1d(kChannels2));
  }
}

torch::Tensor MtlNet::features(const torch::Tensor& accel) {  // (N, 3, 100), sizes for a window of 100
  auto x = convolve(conv1_, accel);                           // (N, 32, 92)
  if (norm1_) x = normalise(norm1_, x);
  x = convolve(conv2_, pooled_relu(x));  // (N, 64, 38)
  if (norm2_) x = normalise(norm2_, x);
  return fully_connected(pooled_relu(x));  // (N, 64, 19) → (N, 512)
}

std::int64_t MtlNet::feature_flops() const {
  return weight_flops(conv1_->weight, convolved(window_)) +
         weight_flops(conv2_->weight, convolved(after_block(window_))) + fully_connected_flops();
}

MtlNetPublished::MtlNetPublished(const NetworkOptions& options)
    : MtlNetTrunk(options, flat_features(options.window)),
      window_(options.window),
      conv1_(torch::nn::Conv2dOptions(/*in_channels=*/1, kChannels1, {1, kKernel})),
      conv2_(torch::nn::Conv2dOptions(kChannels1, kChannels2, {1, kKernel})) {
  register_module("conv1", conv1_);
  register_module("conv2", conv2_);
  if (options.batch_norm) {
    norm1_ = register_module("norm1", torch::nn::BatchNorm2d(kChannels1));
    norm2_ = register_module("norm2", torch::nn::BatchNorm2d(kChannels2));
  }
}

torch::Tensor MtlNetPublished::features(const torch::Tensor& accel) {
  const auto n = accel.size(0);
  auto x = accel.transpose(1, 2).reshape({n, 1, 3, window_});  // sample by sample, reinterpreted: the published quirk
  x = conv1_(x);                                               // (N, 32, 3, 92)
  if (norm1_) x = norm1_(x);
  x = conv2_(pooled2d(x));  // (N, 32, 2, 46) → (N, 64, 2, 38)
  if (norm2_) x = norm2_(x);
  return fully_connected(pooled2d(x).squeeze(2));  // (N, 64, 1, 19) → (N, 512)
}

std::int64_t MtlNetPublished::feature_flops() const {
  return weight_flops(conv1_->weight, convolved(window_)) +
         weight_flops(conv2_->weight, convolved(after_block(window_))) + fully_connected_flops();
}

std::int64_t MtlNetPublished::feature_flops_computed() const {
  return weight_flops(conv1_->weight, kPublishedRows * convolved(window_)) +
         weight_flops(conv2_->weight, pooled_rows(kPublishedRows) * convolved(after_block(window_))) +
         fully_connected_flops();
}

}  // namespace propriod::model
