#include "train/adam.hpp"

#include <torch/torch.h>

#include <cmath>

namespace propriod::train {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

/// What depends on the step alone.
struct StepSize {
  StepSize(double learning_rate, std::int64_t steps)
      : rate(learning_rate / (1 - std::pow(kBeta1, static_cast<double>(steps)))),
        root(1 / std::sqrt(1 - std::pow(kBeta2, static_cast<double>(steps)))) {}
  double rate;  ///< of the bias-corrected mean
  double root;  ///< corrects the bias of √variance
};

bool plain_floats(const torch::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat32 && tensor.is_contiguous();
}

void step_floats(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean,
                 const torch::Tensor& variance, const StepSize& size) {
  auto* const p = parameter.data_ptr<float>();
  const auto* const g = gradient.data_ptr<float>();
  auto* const m = mean.data_ptr<float>();
  auto* const v = variance.data_ptr<float>();
  const auto rate = static_cast<float>(size.rate);
  const auto root = static_cast<float>(size.root);
  constexpr auto beta1 = static_cast<float>(kBeta1);
  constexpr auto beta2 = static_cast<float>(kBeta2);
  constexpr auto rest1 = static_cast<float>(1 - kBeta1);  // not 1 − beta1: float's rounding would show
  constexpr auto rest2 = static_cast<float>(1 - kBeta2);
  constexpr auto epsilon = static_cast<float>(kEpsilon);
  const std::int64_t count = parameter.numel();
  for (std::int64_t i = 0; i < count; ++i) {
    m[i] = beta1 * m[i] + rest1 * g[i];
    v[i] = beta2 * v[i] + rest2 * g[i] * g[i];
    p[i] -= rate * m[i] / (std::sqrt(v[i]) * root + epsilon);
  }
}

void step_tensors(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean,
                  const torch::Tensor& variance, const StepSize& size) {
  mean.mul_(kBeta1).add_(gradient, 1 - kBeta1);
  variance.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
  parameter.addcdiv_(mean, variance.sqrt().mul_(size.root).add_(kEpsilon), -size.rate);
}

}  // namespace

Adam::Adam(std::vector<torch::Tensor> parameters, double learning_rate) : learning_rate_(learning_rate) {
  for (auto& parameter : parameters) {
    const auto mean = torch::zeros_like(parameter, torch::MemoryFormat::Contiguous);
    slots_.push_back({std::move(parameter), mean.detach(), torch::zeros_like(mean)});
  }
}

void Adam::step() {
  const torch::NoGradGuard no_grad;
  const StepSize size(learning_rate_, ++steps_);
  for (auto& [parameter, mean, variance] : slots_) {
    auto& gradient = parameter.mutable_grad();
    if (!gradient.defined()) continue;
    if (plain_floats(parameter) && plain_floats(gradient)) {
      step_floats(parameter, gradient, mean, variance, size);
    } else {
      step_tensors(parameter, gradient, mean, variance, size);
    }
    gradient.reset();
  }
}

void move_average(const torch::Tensor& average, const torch::Tensor& value, double keep) {
  const torch::NoGradGuard no_grad;
  if (!plain_floats(average) || !plain_floats(value)) {
    average.mul_(keep).add_(value, 1 - keep);
    return;
  }
  auto* const a = average.data_ptr<float>();
  const auto* const x = value.data_ptr<float>();
  const auto taken = static_cast<float>(1 - keep);
  const std::int64_t count = average.numel();
  for (std::int64_t i = 0; i < count; ++i) a[i] += taken * (x[i] - a[i]);
}

}  // namespace propriod::train
