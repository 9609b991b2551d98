#include "model/conv_layers.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

namespace propriod::model {
namespace {

/// Of `(values · direction)`'s sum with respect to `leaf`.
torch::Tensor gradient(const torch::Tensor& values, const torch::Tensor& direction, const torch::Tensor& leaf) {
  return torch::autograd::grad({(values * direction).sum()}, {leaf}, /*grad_outputs=*/{}, /*retain_graph=*/true)[0];
}

/// Windows of few different values, so that pairs are often equal and zeros occur.
torch::Tensor coarse(at::IntArrayRef sizes) { return torch::randint(-3, 4, sizes, torch::kFloat32); }

struct Sizes {
  std::int64_t windows, channels, length;
};

class ConvLayers : public testing::TestWithParam<Sizes> {
 protected:
  ConvLayers() { torch::manual_seed(3); }
  [[nodiscard]] static torch::Tensor windows() {
    return coarse({GetParam().windows, GetParam().channels, GetParam().length});
  }
};

TEST_P(ConvLayers, PooledReluEqualsLibTorchsPoolingAndRelu) {
  for (const bool channels_last : {false, true}) {
    auto x = windows();
    if (channels_last) x = x.transpose(1, 2).contiguous().transpose(1, 2);
    x.set_requires_grad(true);
    const auto ours = pooled_relu(x);
    const auto theirs = torch::relu(torch::max_pool1d(x, 2));
    ASSERT_TRUE(torch::equal(ours, theirs));
    EXPECT_TRUE(torch::equal(pooled_relu(x.detach()), theirs));  // the path without gradients
    const auto direction = torch::randn(ours.sizes());
    EXPECT_TRUE(torch::equal(gradient(ours, direction, x), gradient(theirs, direction, x)));
  }
}

TEST_P(ConvLayers, ConvolutionAndNormalisationEqualLibTorchs) {
  const auto& [count, channels, length] = GetParam();
  for (const int padding : {0, 2}) {
    if (length + 2 * padding < 5) continue;
    torch::nn::Conv1d conv(torch::nn::Conv1dOptions(channels, 6, /*kernel_size=*/5).padding(padding));
    torch::nn::BatchNorm1d norm(6);
    torch::nn::BatchNorm1d their_norm(6);
    auto x = windows().set_requires_grad(true);
    const auto ours = normalise(norm, convolve(conv, x));
    const auto theirs = torch::batch_norm(conv(x), norm->weight, norm->bias, their_norm->running_mean,
                                          their_norm->running_var, /*training=*/true, /*momentum=*/0.1, /*eps=*/1e-5,
                                          /*cudnn_enabled=*/false);
    EXPECT_TRUE(torch::allclose(ours, theirs, 1e-5, 1e-5));
    EXPECT_TRUE(torch::allclose(norm->running_mean, their_norm->running_mean, 1e-5, 1e-6));
    EXPECT_TRUE(torch::allclose(norm->running_var, their_norm->running_var, 1e-5, 1e-6));
    const auto direction = torch::randn(ours.sizes());
    for (const auto& leaf : {x, conv->weight, conv->bias, norm->weight, norm->bias}) {
      EXPECT_TRUE(torch::allclose(gradient(ours, direction, leaf), gradient(theirs, direction, leaf), 1e-4, 1e-4));
    }
    norm->eval();
    their_norm->eval();
    EXPECT_TRUE(torch::allclose(normalise(norm, convolve(conv, x)), their_norm(conv(x)), 1e-5, 1e-5));
  }
}

TEST_P(ConvLayers, TakeAnyLayoutAndLayersWithoutABias) {
  const auto& [count, channels, length] = GetParam();
  torch::nn::Conv1d conv(torch::nn::Conv1dOptions(channels, 6, /*kernel_size=*/1).bias(false));
  const auto x = windows();
  const auto rows = x.transpose(1, 2).contiguous().transpose(1, 2);  // the channels side by side
  EXPECT_TRUE(torch::allclose(convolve(conv, x), conv(x), 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(convolve(conv, rows), conv(x), 1e-5, 1e-5));
}

TEST_P(ConvLayers, PooledReluTakesOtherTypes) {
  const auto x = windows().to(torch::kFloat64);
  EXPECT_TRUE(torch::equal(pooled_relu(x), torch::relu(torch::max_pool1d(x, 2))));
}

INSTANTIATE_TEST_SUITE_P(Sizes, ConvLayers,
                         testing::Values(Sizes{1, 3, 100}, Sizes{64, 32, 46}, Sizes{5, 7, 39}, Sizes{3, 4, 2}));

TEST(PooledRelu, KeepsWhatIsNotANumber) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const auto pooled = pooled_relu(torch::tensor({kNan, 1.0F, 1.0F, kNan, -1.0F, -2.0F}).reshape({1, 1, 6}));
  EXPECT_TRUE(torch::equal(pooled.isnan(), torch::tensor({true, true, false}).reshape({1, 1, 3})));
}

TEST(PooledRelu, RefusesASecondDerivative) {
  const auto x = torch::randn({1, 2, 4}).set_requires_grad(true);
  const auto sum = pooled_relu(x).sum();
  EXPECT_THROW((void)torch::autograd::grad({sum}, {x}, {}, /*retain_graph=*/true, /*create_graph=*/true), c10::Error);
}

}  // namespace
}  // namespace propriod::model
