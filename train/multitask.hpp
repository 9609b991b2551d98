#pragma once

#include "train/method.hpp"

namespace propriod::train {

/// Plain multitask learning (Eq. 1 of the Smooth-Distill paper).
class Multitask final : public Method {
 public:
  Multitask(NetworkPointer network, const MethodOptions& options)
      : Method(std::move(network)), options_(options.loss) {}

  [[nodiscard]] StepLoss loss(const Batch& batch) override;

 private:
  LossOptions options_;
};

}  // namespace propriod::train
