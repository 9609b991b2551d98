#include "train/adam.hpp"

#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <cmath>

namespace propriod::train {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;
constexpr std::int64_t kGrain = 32'768;  // values below which a second thread costs more than it brings

/// What depends on the step alone.
struct StepSize {
  StepSize(double learning_rate, double weight_decay, std::int64_t steps)
      : decay(1 - learning_rate * weight_decay),
        rate(learning_rate / (1 - std::pow(kBeta1, static_cast<double>(steps)))),
        root(1 / std::sqrt(1 - std::pow(kBeta2, static_cast<double>(steps)))) {}
  double decay;  ///< what is left of a parameter
  double rate;   ///< of the bias-corrected mean
  double root;   ///< corrects the bias of √variance
};

bool plain_floats(const torch::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == torch::kFloat32 && tensor.is_contiguous();
}

/// One parameter's values; `average` may be null.
struct Floats {
  float* parameter;
  const float* gradient;
  float* mean;
  float* variance;
  float* average;
};

void step_range(const Floats& f, std::int64_t begin, std::int64_t end, const StepSize& size) {
  auto* const p = f.parameter;
  const auto* const g = f.gradient;
  auto* const m = f.mean;
  auto* const v = f.variance;
  const auto decay = static_cast<float>(size.decay);
  const auto rate = static_cast<float>(size.rate);
  const auto root = static_cast<float>(size.root);
  constexpr auto beta1 = static_cast<float>(kBeta1);
  constexpr auto beta2 = static_cast<float>(kBeta2);
  constexpr auto rest1 = static_cast<float>(1 - kBeta1);  // not 1 − beta1: float's rounding would show
  constexpr auto rest2 = static_cast<float>(1 - kBeta2);
  constexpr auto epsilon = static_cast<float>(kEpsilon);
  for (std::int64_t i = begin; i < end; ++i) {
    m[i] = beta1 * m[i] + rest1 * g[i];
    v[i] = beta2 * v[i] + rest2 * g[i] * g[i];
    p[i] = decay * p[i] - rate * m[i] / (std::sqrt(v[i]) * root + epsilon);
  }
}

void follow_range(const Floats& f, std::int64_t begin, std::int64_t end, double keep) {
  const auto taken = static_cast<float>(1 - keep);
  for (std::int64_t i = begin; i < end; ++i) f.average[i] += taken * (f.parameter[i] - f.average[i]);
}

/// In blocks that stay in the processor's cache between the step and the average.
void step_floats(const Floats& floats, std::int64_t count, const StepSize& size, double keep) {
  constexpr std::int64_t kBlock = 2048;
  at::parallel_for(0, count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; block += kBlock) {
      const auto block_end = std::min(block + kBlock, end);
      step_range(floats, block, block_end, size);
      if (floats.average != nullptr) follow_range(floats, block, block_end, keep);
    }
  });
}

void step_tensors(const torch::Tensor& parameter, const torch::Tensor& gradient, const torch::Tensor& mean,
                  const torch::Tensor& variance, const StepSize& size) {
  mean.mul_(kBeta1).add_(gradient, 1 - kBeta1);
  variance.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
  if (size.decay != 1) parameter.mul_(size.decay);
  parameter.addcdiv_(mean, variance.sqrt().mul_(size.root).add_(kEpsilon), -size.rate);
}

}  // namespace

Adam::Adam(std::vector<torch::Tensor> parameters, double weight_decay) : weight_decay_(weight_decay) {
  for (auto& parameter : parameters) {
    const auto mean = torch::zeros_like(parameter, torch::MemoryFormat::Contiguous);
    slots_.push_back({std::move(parameter), mean.detach(), torch::zeros_like(mean)});
  }
}

void Adam::step(double learning_rate, const MovingAverage* average) {
  const torch::NoGradGuard no_grad;
  const StepSize size(learning_rate, weight_decay_, ++steps_);
  const double keep = average == nullptr ? 1 : average->keep_at(steps_);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto& [parameter, mean, variance] = slots_[i];
    auto& gradient = parameter.mutable_grad();
    const auto follower = average == nullptr ? torch::Tensor() : average->averages[i];
    const bool moved = gradient.defined();
    if (moved && plain_floats(parameter) && plain_floats(gradient) && (average == nullptr || plain_floats(follower))) {
      step_floats({.parameter = parameter.data_ptr<float>(),
                   .gradient = gradient.data_ptr<float>(),
                   .mean = mean.data_ptr<float>(),
                   .variance = variance.data_ptr<float>(),
                   .average = average == nullptr ? nullptr : follower.data_ptr<float>()},
                  parameter.numel(), size, keep);
    } else {
      if (moved) step_tensors(parameter, gradient, mean, variance, size);
      if (average != nullptr) follower.mul_(keep).add_(parameter, 1 - keep);
    }
    gradient.reset();
  }
}

std::vector<torch::Tensor> Adam::moments() const {
  std::vector<torch::Tensor> tensors;
  for (const auto& slot : slots_) {
    tensors.push_back(slot.mean);
    tensors.push_back(slot.variance);
  }
  return tensors;
}

}  // namespace propriod::train
