#pragma once

#include "train/method.hpp"

namespace propriod::train {

/// Self-distillation by dropout: two random halves of the shared features must say the same. Of each task two views of
/// the features, each with its own dropout (p = 0.5), and
///     L = α (CE₁ + D(a₁, b₁) + D(b₁, a₁)) + (1 − α)(CE₂ + D(a₂, b₂) + D(b₂, a₂))
/// with Eq. 2 for D, the cross-entropy of the features as they are, and gradients through both views. The
/// Smooth-Distill paper gives no temperature for it: τ = 3, as everywhere else.
class SdDropout final : public Method {
 public:
  static constexpr double kDropout = 0.5;

  SdDropout(NetworkPointer network, const MethodOptions& options)
      : Method(std::move(network)), options_(options.loss) {}

  [[nodiscard]] StepLoss loss(const Batch& batch) override;

 private:
  LossOptions options_;
};

}  // namespace propriod::train
