#include "train/adam.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace propriod::train {
namespace {

/// Twenty steps on the same gradients, ours and LibTorch's: how far apart are the parameters?
double largest_difference(torch::Dtype type) {
  torch::manual_seed(3);
  const auto start = torch::randn({300, 200}, type);  // more than one thread's share
  auto ours = start.clone().requires_grad_();
  auto theirs = start.clone().requires_grad_();
  Adam adam({ours}, 0.01);
  torch::optim::Adam reference({theirs}, torch::optim::AdamOptions(0.01));
  for (int step = 0; step < 20; ++step) {
    const auto gradient = torch::randn({300, 200}, type) * (step % 3);
    ours.mutable_grad() = gradient.clone();
    theirs.mutable_grad() = gradient.clone();
    adam.step();
    reference.step();
  }
  return (ours - theirs).abs().max().item<double>();
}

TEST(Adam, StepsAsLibTorchDoes) {
  EXPECT_LT(largest_difference(torch::kFloat32), 1e-5);
  EXPECT_LT(largest_difference(torch::kFloat64), 1e-12);  // the way that a GPU takes too
}

TEST(Adam, ReleasesGradientsAndLeavesAloneWhatHasNone) {
  auto parameter = torch::ones({3}).requires_grad_();
  auto other = torch::ones({3}).requires_grad_();
  Adam adam({parameter, other}, 0.1);
  (parameter * 2).sum().backward();
  adam.step();
  EXPECT_FALSE(parameter.grad().defined());
  EXPECT_LT(parameter.max().item<float>(), 0.91F);
  EXPECT_EQ(other.min().item<float>(), 1.0F);
}

TEST(MoveAverage, IsTheSameInBothPrecisions) {
  const auto average = torch::randn({1000});
  const auto value = torch::randn({1000});
  const auto expected = average.to(torch::kFloat64) * 0.999 + value.to(torch::kFloat64) * 0.001;
  auto exact = average.to(torch::kFloat64);
  move_average(exact, value.to(torch::kFloat64), 0.999);
  move_average(average, value, 0.999);
  EXPECT_LT((average.to(torch::kFloat64) - expected).abs().max().item<double>(), 1e-6);
  EXPECT_LT((exact - expected).abs().max().item<double>(), 1e-12);
}

}  // namespace
}  // namespace propriod::train
