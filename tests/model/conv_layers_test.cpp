#include "model/conv_layers.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "model/dense_relu.hpp"

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
    const auto theirs = their_norm(conv(x));
    EXPECT_TRUE(torch::allclose(ours, theirs, 1e-5, 1e-5));
    EXPECT_TRUE(torch::allclose(norm->running_mean, their_norm->running_mean, 1e-5, 1e-6));
    EXPECT_TRUE(torch::allclose(norm->running_var, their_norm->running_var, 1e-5, 1e-6));
    const auto direction = torch::randn(ours.sizes());
    for (const auto& leaf : {x, conv->weight}) {
      EXPECT_TRUE(torch::allclose(gradient(ours, direction, leaf), gradient(theirs, direction, leaf), 1e-4, 1e-4));
    }
    norm->eval();
    their_norm->eval();
    EXPECT_TRUE(torch::allclose(normalise(norm, convolve(conv, x)), their_norm(conv(x)), 1e-5, 1e-5));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ConvLayers,
                         testing::Values(Sizes{1, 3, 100}, Sizes{64, 32, 46}, Sizes{5, 7, 39}, Sizes{3, 4, 2}));

TEST(PooledRelu, KeepsWhatIsNotANumber) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const auto pooled = pooled_relu(torch::tensor({kNan, 1.0F, 1.0F, kNan, -1.0F, -2.0F}).reshape({1, 1, 6}));
  EXPECT_TRUE(torch::equal(pooled.isnan(), torch::tensor({true, true, false}).reshape({1, 1, 3})));
}

TEST(DenseRelu, EqualsLibTorchsLinearAndRelu) {
  torch::manual_seed(3);
  for (const auto& [windows, inputs, outputs] : {Sizes{64, 1216, 1024}, Sizes{1, 1216, 1024}, Sizes{7, 9, 5}}) {
    torch::nn::Linear layer(inputs, outputs);
    auto x = torch::randn({inputs, windows}).set_requires_grad(true);
    const auto ours = dense_relu(layer, x);
    const auto theirs = torch::relu(layer(x.t())).t();
    EXPECT_TRUE(torch::allclose(ours, theirs, 1e-5, 1e-5));
    EXPECT_TRUE(torch::equal(dense_relu(layer, x.detach()), ours));
    const auto direction = torch::randn(ours.sizes());
    for (const auto& leaf : {x, layer->weight, layer->bias}) {
      const auto their_gradient = gradient(theirs, direction, leaf);
      EXPECT_TRUE(torch::allclose(gradient(ours, direction, leaf), their_gradient, 1e-4,
                                  1e-5 * their_gradient.abs().max().item<double>()));
    }
  }
}

}  // namespace
}  // namespace propriod::model
