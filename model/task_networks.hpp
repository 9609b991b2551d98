#pragma once

#include <memory>

#include "model/network.hpp"

namespace propriod::model {

/// Two networks of one architecture that share nothing, one for each task: what the method `singletask` trains, served
/// as one model. Their tensors are named `activity_net.…` and `placement_net.…`. Thread-bound.
class TaskNetworks final : public Network {
 public:
  /// `activity_network`: with the head of that task alone; `placement_network` likewise.
  TaskNetworks(std::shared_ptr<Network> activity_network, std::shared_ptr<Network> placement_network);

  /// (N, F₁ + F₂): the activity network's features, then the placement network's.
  torch::Tensor features(const torch::Tensor& accel) override;
  Logits heads(const torch::Tensor& features) override;

  /// To train one at a time.
  [[nodiscard]] const std::shared_ptr<Network>& activity_network() const noexcept { return activity_net_; }
  [[nodiscard]] const std::shared_ptr<Network>& placement_network() const noexcept { return placement_net_; }

 private:
  [[nodiscard]] std::int64_t feature_flops() const override;
  [[nodiscard]] std::int64_t feature_flops_computed() const override;

  std::shared_ptr<Network> activity_net_, placement_net_;
};

}  // namespace propriod::model
