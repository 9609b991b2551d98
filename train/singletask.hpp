#pragma once

#include "model/task_networks.hpp"
#include "train/method.hpp"

namespace propriod::train {

/// Two separate networks, one a task, each trained alone with plain cross-entropy: the activity's first.
class Singletask final : public Method {
 public:
  /// Throws std::invalid_argument unless `network` is a model::TaskNetworks.
  Singletask(NetworkPointer network, const MethodOptions& options);

  [[nodiscard]] int phases() const override { return 2; }
  void begin_phase(int phase) override { phase_ = phase; }
  [[nodiscard]] Tasks tasks() const override { return {.activity = phase_ == 0, .placement = phase_ == 1}; }
  [[nodiscard]] std::vector<torch::Tensor> trained_parameters() const override;
  [[nodiscard]] StepLoss loss(const Batch& batch) override;

 private:
  model::TaskNetworks& networks_;
  int phase_ = 0;
  LossOptions options_;
};

}  // namespace propriod::train
