#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/manifest.hpp"
#include "model/named_tensor.hpp"

namespace propriod::model {

/// What a network says of a batch: one row a window, one column a class, before the softmax.
struct Logits {
  torch::Tensor activity;   ///< (N, activities)
  torch::Tensor placement;  ///< (N, placements)
};

/// A multitask network: shared features, one linear head per task. Thread-bound, like every LibTorch module.
class Network : public torch::nn::Module {
 public:
  /// `accel`: (N, 3, window) float32, scaled. Returns (N, F): what both heads see.
  virtual torch::Tensor features(const torch::Tensor& accel) = 0;
  /// `features`: (N, F).
  virtual Logits heads(const torch::Tensor& features) = 0;
  Logits forward(const torch::Tensor& accel) { return heads(features(accel)); }

  /// Floating-point operations for one window as the paper counts them: two for each multiplication with a weight that
  /// can reach the output; biases, activations and pooling are free.
  [[nodiscard]] virtual std::int64_t flops() const = 0;

  /// Trainable values.
  [[nodiscard]] std::int64_t parameter_count() const;
};

/// The names `make_network` knows.
[[nodiscard]] std::span<const std::string_view> architectures() noexcept;

/// A freshly initialised network, drawn from LibTorch's global generator. Throws BundleError for an unknown
/// architecture or a window it can't work on.
[[nodiscard]] std::shared_ptr<Network> make_network(const Manifest::Architecture& architecture, int window,
                                                    std::size_t activities, std::size_t placements);

/// Parameters and floating-point buffers by name.
[[nodiscard]] std::vector<NamedTensor> weights_of(const Network& network);

/// Puts `weights` into `network`; throws BundleError that names the first tensor which is missing, left over or of
/// another shape, and then `network` is as it was.
void load_weights(Network& network, std::span<const NamedTensor> weights);

}  // namespace propriod::model
