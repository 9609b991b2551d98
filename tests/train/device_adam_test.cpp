#include "train/device_adam.hpp"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace propriod::train {
namespace {

/// Twenty steps on the same gradients with a learning rate that falls, ours and LibTorch's: how far apart are the
/// parameters?
double largest_difference(double weight_decay) {
  torch::manual_seed(3);
  const auto start = torch::randn({30, 20});
  auto ours = start.clone().requires_grad_();
  auto theirs = start.clone().requires_grad_();
  const Adam state({ours}, weight_decay);
  DeviceAdam adam({ours}, state, weight_decay, nullptr);
  torch::optim::AdamW reference({theirs}, torch::optim::AdamWOptions(1).weight_decay(weight_decay));
  std::vector<double> rates;
  for (int step = 0; step < 20; ++step) rates.push_back(0.01 / (1 + step));
  const auto numbers = adam.numbers(0, rates);
  for (std::int64_t step = 0; step < 20; ++step) {
    const auto gradient = torch::randn({30, 20}) * (step % 3);
    ours.mutable_grad() = gradient.clone();
    theirs.mutable_grad() = gradient.clone();
    adam.step(numbers[step]);
    static_cast<torch::optim::AdamWOptions&>(reference.param_groups()[0].options())
        .lr(rates[static_cast<std::size_t>(step)]);
    reference.step();
  }
  return (ours - theirs).abs().max().item<double>();
}

TEST(DeviceAdam, StepsAsLibTorchDoesWithAndWithoutWeightDecay) {
  EXPECT_LT(largest_difference(0), 1e-5);
  EXPECT_LT(largest_difference(0.1), 1e-5);
}

TEST(DeviceAdam, ReleasesGradientsAndLeavesAloneWhatHasNone) {
  auto parameter = torch::ones({3}).requires_grad_();
  auto other = torch::ones({3}).requires_grad_();
  const MovingAverage average{.averages = {torch::zeros({3}), torch::zeros({3})}, .keep = 0.75};
  const Adam state({parameter, other});
  DeviceAdam adam({parameter, other}, state, 0, &average);
  (parameter * 2).sum().backward();
  adam.step(adam.numbers(0, std::vector<double>{0.1})[0]);
  EXPECT_FALSE(parameter.grad().defined());
  EXPECT_LT(parameter.max().item<float>(), 0.91F);
  EXPECT_EQ(other.min().item<float>(), 1.0F);
  EXPECT_FLOAT_EQ(average.averages[1][0].item<float>(), 0.25F);  // averaged all the same
}

TEST(DeviceAdam, GoesOnWhereAnAdamStopped) {
  torch::manual_seed(3);
  auto one = torch::randn({50}).requires_grad_();
  auto other = one.detach().clone().requires_grad_();
  Adam only({one}, 0.1);
  Adam first({other}, 0.1);
  DeviceAdam then({other}, first, 0.1, nullptr);
  const auto gradient = [](int k) { return torch::sin(torch::arange(50) * k); };
  const auto numbers = then.numbers(/*done=*/3, std::vector<double>(3, 0.1));
  for (int k = 1; k <= 6; ++k) {
    one.mutable_grad() = gradient(k);
    other.mutable_grad() = gradient(k);
    only.step(0.1);
    k <= 3 ? first.step(0.1) : then.step(numbers[k - 4]);
  }
  EXPECT_LT((one - other).abs().max().item<double>(), 1e-6);
}

}  // namespace
}  // namespace propriod::train
