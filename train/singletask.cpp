#include "train/singletask.hpp"

#include <torch/torch.h>

#include <stdexcept>
#include <utility>

namespace propriod::train {
namespace {

model::TaskNetworks& as_task_networks(model::Network& network) {
  if (auto* networks = dynamic_cast<model::TaskNetworks*>(&network)) return *networks;
  throw std::invalid_argument("singletask wants a network for each task");
}

}  // namespace

Singletask::Singletask(NetworkPointer network, const MethodOptions& options)
    : Method(std::move(network)), networks_(as_task_networks(*network_)), options_(options.loss) {}

std::vector<torch::Tensor> Singletask::trained_parameters() const {
  return (phase_ == 0 ? networks_.activity_network() : networks_.placement_network())->parameters();
}

StepLoss Singletask::loss(const Batch& batch) {
  if (phase_ == 0) {
    const auto logits = networks_.activity_network()->forward(batch.accel).activity;
    return {task_loss(logits, batch.activity, options_), {logits, {}}};
  }
  const auto logits = networks_.placement_network()->forward(batch.accel).placement;
  return {task_loss(logits, batch.placement, options_), {{}, logits}};
}

}  // namespace propriod::train
