#include "model/dense_relu.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

namespace propriod::model {
namespace {

struct Sizes {
  std::int64_t windows, inputs, outputs;
};

/// Restores the number of threads.
class DenseRelu : public testing::TestWithParam<Sizes> {
 protected:
  DenseRelu() { torch::manual_seed(3); }
  ~DenseRelu() override { at::set_num_threads(before_); }

 private:
  int before_ = at::get_num_threads();
};

/// Of `(values · direction)`'s sum with respect to `leaf`.
torch::Tensor gradient(const torch::Tensor& values, const torch::Tensor& direction, const torch::Tensor& leaf) {
  return torch::autograd::grad({(values * direction).sum()}, {leaf}, /*grad_outputs=*/{}, /*retain_graph=*/true)[0];
}

TEST_P(DenseRelu, EqualsLibTorchsLinearAndRelu) {
  const auto& [windows, inputs, outputs] = GetParam();
  torch::nn::Linear layer(inputs, outputs);
  const auto x = torch::randn({inputs, windows}).set_requires_grad(true);
  const auto theirs = torch::relu(layer(x.t())).t();
  for (const int threads : {1, 2, 3}) {
    SCOPED_TRACE(threads);
    at::set_num_threads(threads);
    const auto ours = dense_relu(layer, x);
    EXPECT_TRUE(torch::allclose(ours, theirs, 1e-5, 1e-5));
    const auto direction = torch::randn(ours.sizes());
    for (const auto& leaf : {x, layer->weight, layer->bias}) {
      const auto their_gradient = gradient(theirs, direction, leaf);
      EXPECT_TRUE(torch::allclose(gradient(ours, direction, leaf), their_gradient, 1e-4,
                                  1e-5 * their_gradient.abs().max().item<double>()));
    }
    const auto without_gradient = [&](const torch::Tensor& input) {
      const torch::NoGradGuard no_grad;
      return dense_relu(layer, input);
    };
    EXPECT_TRUE(torch::equal(without_gradient(x), ours));
    const c10::InferenceMode inference;  // as in service
    EXPECT_TRUE(torch::allclose(dense_relu(layer, x), theirs, 1e-5, 1e-5));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, DenseRelu,
                         testing::Values(Sizes{64, 1216, 1024}, Sizes{1, 1216, 1024}, Sizes{7, 9, 5}));

TEST(DenseReluOf, OtherLayoutsAndTypesGoesThroughLibTorch) {
  torch::manual_seed(3);
  torch::nn::Linear layer(9, 5);
  const auto rows = torch::randn({7, 9});
  EXPECT_TRUE(torch::allclose(dense_relu(layer, rows.t()), torch::relu(layer(rows)).t(), 1e-5, 1e-5));
  layer->to(torch::kFloat64);
  const auto doubles = rows.to(torch::kFloat64);
  EXPECT_TRUE(torch::allclose(dense_relu(layer, doubles.t().contiguous()), torch::relu(layer(doubles)).t()));
}

TEST(DenseReluOf, AnInputThatNeedsNoGradientTrainsTheLayer) {
  torch::manual_seed(3);
  torch::nn::Linear layer(9, 5);
  const auto x = torch::randn({9, 7});
  const auto direction = torch::randn({5, 7});
  EXPECT_TRUE(torch::allclose(gradient(dense_relu(layer, x), direction, layer->weight),
                              gradient(torch::relu(layer(x.t())).t(), direction, layer->weight), 1e-4, 1e-5));
}

TEST(DenseReluOf, ASecondDerivativeIsRefused) {
  torch::nn::Linear layer(9, 5);
  const auto sum = dense_relu(layer, torch::randn({9, 7})).sum();
  EXPECT_THROW((void)torch::autograd::grad({sum}, {layer->weight}, {}, /*retain_graph=*/true, /*create_graph=*/true),
               c10::Error);
}

}  // namespace
}  // namespace propriod::model
