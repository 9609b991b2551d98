#include "model/task_networks.hpp"

#include <torch/torch.h>

#include <utility>

namespace propriod::model {

TaskNetworks::TaskNetworks(std::shared_ptr<Network> activity_network, std::shared_ptr<Network> placement_network)
    : Network(activity_network->feature_count() + placement_network->feature_count(), /*no heads of its own*/ {}),
      activity_net_(register_module("activity_net", std::move(activity_network))),
      placement_net_(register_module("placement_net", std::move(placement_network))) {}

torch::Tensor TaskNetworks::features(const torch::Tensor& accel) {
  return torch::cat({activity_net_->features(accel), placement_net_->features(accel)}, /*dim=*/1);
}

Logits TaskNetworks::heads(const torch::Tensor& features) {
  const auto activity_features = activity_net_->feature_count();
  const auto placement_features = placement_net_->feature_count();
  return {activity_net_->heads(features.narrow(/*dim=*/1, 0, activity_features)).activity,
          placement_net_->heads(features.narrow(/*dim=*/1, activity_features, placement_features)).placement};
}

std::int64_t TaskNetworks::feature_flops() const { return activity_net_->flops() + placement_net_->flops(); }

std::int64_t TaskNetworks::feature_flops_computed() const {
  return activity_net_->flops_computed() + placement_net_->flops_computed();
}

}  // namespace propriod::model
