#include "train/sd_dropout.hpp"

#include <torch/torch.h>

namespace propriod::train {

StepLoss SdDropout::loss(const Batch& batch) {
  const auto features = network_->features(batch.accel);
  const auto logits = network_->heads(features);
  const auto view = [&] { return network_->heads(torch::dropout(features, kDropout, /*train=*/true)); };
  const auto both_ways = [&](const torch::Tensor& a, const torch::Tensor& b) {
    return distillation_loss(a, b, options_.temperature) + distillation_loss(b, a, options_.temperature);
  };
  const auto activity = both_ways(view().activity, view().activity);
  const auto placement = both_ways(view().placement, view().placement);
  const auto agreement = options_.alpha * activity + (1 - options_.alpha) * placement;
  return {multitask_loss(logits, batch, options_) + agreement, logits};
}

}  // namespace propriod::train
