#include "train/device_adam.hpp"

#include <torch/torch.h>
#include <torch/version.h>

#include <cmath>
#include <utility>

namespace propriod::train {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

/// The columns of `numbers`.
enum Number : std::int64_t { kLearningRate, kStep, kKeep, kTaken, kNumbers };

/// What a step changes, tensor by tensor.
struct Slots {
  std::vector<torch::Tensor> parameters, gradients, means, variances;
};

#if TORCH_VERSION_MAJOR * 100 + TORCH_VERSION_MINOR >= 204

// Adam and AdamW without a weight decay are the same.
void step_all(Slots& slots, const torch::Tensor& numbers, double weight_decay) {
  const std::vector<torch::Tensor> steps(slots.parameters.size(), numbers[kStep]);
  at::_fused_adamw_(slots.parameters, slots.gradients, slots.means, slots.variances, /*max_exp_avg_sqs=*/{}, steps,
                    /*lr=*/numbers[kLearningRate], kBeta1, kBeta2, weight_decay, kEpsilon, /*amsgrad=*/false,
                    /*maximize=*/false);
}

void follow_all(const MovingAverage& average, const std::vector<torch::Tensor>& parameters,
                const torch::Tensor& numbers) {
  if (!average.warm_up) {  // what never changes may be a part of the graph, and so it is one kernel instead of three
    at::_foreach_lerp_(average.averages, parameters, 1 - average.keep);
    return;
  }
  auto taken = at::_foreach_mul(parameters, numbers[kTaken]);
  at::_foreach_mul_(average.averages, numbers[kKeep]);
  at::_foreach_add_(average.averages, taken);
}

#else  // before that, the kernels for all tensors want the numbers from the host

void step_all(Slots& slots, const torch::Tensor& numbers, double weight_decay) {
  const auto rate = numbers[kLearningRate];
  const auto steps = numbers[kStep];
  const auto size = rate / -(steps * std::log(kBeta1)).expm1();  // 1 − β₁ᵗ, which float32 would not subtract well
  const auto root = (-(steps * std::log(kBeta2)).expm1()).rsqrt();
  for (std::size_t i = 0; i < slots.parameters.size(); ++i) {
    const auto& gradient = slots.gradients[i];
    slots.means[i].mul_(kBeta1).add_(gradient, 1 - kBeta1);
    slots.variances[i].mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    if (weight_decay != 0) slots.parameters[i].mul_(1 - rate * weight_decay);
    slots.parameters[i].sub_(slots.means[i] * size / (slots.variances[i].sqrt().mul_(root).add_(kEpsilon)));
  }
}

void follow_all(const MovingAverage& average, const std::vector<torch::Tensor>& parameters,
                const torch::Tensor& numbers) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    average.averages[i].mul_(numbers[kKeep]).add_(parameters[i] * numbers[kTaken]);
  }
}

#endif

}  // namespace

DeviceAdam::DeviceAdam(std::vector<torch::Tensor> parameters, const Adam& state, double weight_decay,
                       const MovingAverage* average)
    : parameters_(std::move(parameters)), weight_decay_(weight_decay), average_(average) {
  const auto moments = state.moments();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    means_.push_back(moments.at(2 * i));
    variances_.push_back(moments.at(2 * i + 1));
  }
}

torch::Tensor DeviceAdam::numbers(std::int64_t done, std::span<const double> learning_rates) const {
  const auto rows = static_cast<std::int64_t>(learning_rates.size());
  auto all = torch::empty({rows, kNumbers}, torch::kFloat32);
  auto values = all.accessor<float, 2>();
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto step = done + row + 1;
    const double keep = average_ == nullptr ? 1 : average_->keep_at(step);
    values[row][kLearningRate] = static_cast<float>(learning_rates[static_cast<std::size_t>(row)]);
    values[row][kStep] = static_cast<float>(step);  // exact up to 2²⁴; by then nothing is left to correct
    values[row][kKeep] = static_cast<float>(keep);
    values[row][kTaken] = static_cast<float>(1 - keep);
  }
  return all;
}

void DeviceAdam::step(const torch::Tensor& numbers) {
  const torch::NoGradGuard no_grad;
  Slots slots;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    auto& gradient = parameters_[i].mutable_grad();
    if (!gradient.defined()) continue;
    slots.parameters.push_back(parameters_[i]);
    slots.gradients.push_back(gradient);
    slots.means.push_back(means_[i]);
    slots.variances.push_back(variances_[i]);
    gradient.reset();
  }
  if (!slots.parameters.empty()) step_all(slots, numbers, weight_decay_);
  if (average_ != nullptr) follow_all(*average_, parameters_, numbers);
}

}  // namespace propriod::train
