#include "train/method.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <stdexcept>

#include "train/born_again.hpp"
#include "train/multitask.hpp"
#include "train/sd_dropout.hpp"
#include "train/singletask.hpp"
#include "train/smooth_distill.hpp"

namespace propriod::train {
namespace {

std::vector<torch::Tensor> tensors_of(const model::Network& network) {
  auto tensors = network.parameters();
  std::ranges::copy(network.buffers(), std::back_inserter(tensors));
  return tensors;
}

}  // namespace

double MovingAverage::keep_at(std::int64_t step) const noexcept {
  const auto t = static_cast<double>(step);
  return warm_up ? std::min(keep, (1 + t) / (10 + t)) : keep;
}

MethodOptions method_options(const model::Manifest::Training& settings, bool all_labelled) {
  return {.loss = {.alpha = settings.alpha,
                   .lambda = settings.lambda,
                   .temperature = settings.temperature,
                   .label_smoothing = settings.label_smoothing,
                   .all_labelled = all_labelled},
          .beta = settings.beta,
          .beta_warm_up = settings.beta_warm_up};
}

std::unique_ptr<Method> make_method(std::string_view name, const MethodOptions& options,
                                    const std::function<NetworkPointer()>& fresh_network) {
  if (name == "singletask") return std::make_unique<Singletask>(fresh_network(), options);
  if (name == "multitask") return std::make_unique<Multitask>(fresh_network(), options);
  if (name == "sd-dropout") return std::make_unique<SdDropout>(fresh_network(), options);
  // The network that learns is made first: so all methods start from the same weights.
  auto network = fresh_network();
  if (name == "born-again") return std::make_unique<BornAgain>(std::move(network), fresh_network(), options);
  if (name == "smooth-distill") return std::make_unique<SmoothDistill>(std::move(network), fresh_network(), options);
  throw std::invalid_argument("unknown method \"" + std::string(name) + "\"");
}

void copy_weights(const model::Network& from, model::Network& to) {
  const torch::NoGradGuard no_grad;
  const auto source = tensors_of(from);
  const auto target = tensors_of(to);
  for (std::size_t i = 0; i < target.size(); ++i) target[i].copy_(source[i]);
}

void swap_weights(model::Network& one, model::Network& other) {
  const torch::NoGradGuard no_grad;
  const auto a = tensors_of(one);
  const auto b = tensors_of(other);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto kept = a[i].clone();
    a[i].copy_(b[i]);
    b[i].copy_(kept);
  }
}

}  // namespace propriod::train
