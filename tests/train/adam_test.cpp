#include "train/adam.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace propriod::train {
namespace {

/// Twenty steps on the same gradients, ours and LibTorch's with a learning rate of 0.01: how far apart are the
/// parameters?
template <typename Reference, typename Options>
double largest_difference(torch::Dtype type, double weight_decay, Options options) {
  torch::manual_seed(3);
  const auto start = torch::randn({300, 200}, type);  // more than one thread's share
  auto ours = start.clone().requires_grad_();
  auto theirs = start.clone().requires_grad_();
  Adam adam({ours}, weight_decay);
  Reference reference({theirs}, options);
  for (int step = 0; step < 20; ++step) {
    const auto gradient = torch::randn({300, 200}, type) * (step % 3);
    ours.mutable_grad() = gradient.clone();
    theirs.mutable_grad() = gradient.clone();
    adam.step(0.01);
    reference.step();
  }
  return (ours - theirs).abs().max().item<double>();
}

TEST(Adam, StepsAsLibTorchDoes) {
  const torch::optim::AdamOptions options(0.01);
  using Reference = torch::optim::Adam;
  EXPECT_LT(largest_difference<Reference>(torch::kFloat32, 0, options), 1e-5);
  EXPECT_LT(largest_difference<Reference>(torch::kFloat64, 0, options), 1e-12);  // the way that a GPU takes too
}

TEST(Adam, WithWeightDecayIsAdamW) {
  const auto options = torch::optim::AdamWOptions(0.01).weight_decay(0.1);
  using Reference = torch::optim::AdamW;
  EXPECT_LT(largest_difference<Reference>(torch::kFloat32, 0.1, options), 1e-5);
  EXPECT_LT(largest_difference<Reference>(torch::kFloat64, 0.1, options), 1e-12);
}

TEST(Adam, ReleasesGradientsAndLeavesAloneWhatHasNone) {
  auto parameter = torch::ones({3}).requires_grad_();
  auto other = torch::ones({3}).requires_grad_();
  Adam adam({parameter, other});
  (parameter * 2).sum().backward();
  adam.step(0.1);
  EXPECT_FALSE(parameter.grad().defined());
  EXPECT_LT(parameter.max().item<float>(), 0.91F);
  EXPECT_EQ(other.min().item<float>(), 1.0F);
}

TEST(Adam, LetsAnAverageFollowInBothPrecisions) {
  for (const auto type : {torch::kFloat32, torch::kFloat64}) {
    auto parameter = torch::randn({300, 200}, type).requires_grad_();
    auto still = torch::randn({10}, type).requires_grad_();  // without a gradient, and so averaged all the same
    const MovingAverage average{.averages = {torch::randn({300, 200}, type), torch::randn({10}, type)}, .keep = 0.9};
    const std::vector<torch::Tensor> before{average.averages[0].clone(), average.averages[1].clone()};
    Adam adam({parameter, still});
    parameter.mutable_grad() = torch::randn({300, 200}, type);
    adam.step(0.01, &average);
    EXPECT_LT((average.averages[0] - (0.9 * before[0] + 0.1 * parameter)).abs().max().item<double>(), 1e-6);
    EXPECT_LT((average.averages[1] - (0.9 * before[1] + 0.1 * still)).abs().max().item<double>(), 1e-6);
  }
}

TEST(Adam, GoesOnWhereAnotherStopped) {
  torch::manual_seed(3);
  auto one = torch::randn({50}).requires_grad_();
  Adam first({one});
  const auto step = [](torch::Tensor& parameter, Adam& adam, int k) {
    parameter.mutable_grad() = torch::sin(torch::arange(50) * k);
    adam.step(0.1);
  };
  for (int k = 1; k <= 3; ++k) step(one, first, k);
  auto other = one.detach().clone().requires_grad_();
  Adam second({other});
  const auto from = first.moments();
  const auto to = second.moments();
  for (std::size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
  second.resume_at(first.steps());
  for (int k = 4; k <= 6; ++k) {
    step(one, first, k);
    step(other, second, k);
  }
  EXPECT_TRUE(torch::equal(one, other));
}

}  // namespace
}  // namespace propriod::train
