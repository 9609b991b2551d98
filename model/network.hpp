#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/architectures.hpp"
#include "model/manifest.hpp"
#include "model/named_tensor.hpp"

namespace propriod::model {

/// What a network says of a batch: one row a window, one column a class, before the softmax.
struct Logits {
  torch::Tensor activity;   ///< (N, activities); undefined when the network has no such head
  torch::Tensor placement;  ///< (N, placements); likewise
};

/// What a network is built for.
struct NetworkOptions {
  int window = 100;             ///< samples
  std::int64_t activities = 0;  ///< classes; 0: no such head
  std::int64_t placements = 0;  ///< likewise
  bool batch_norm = false;      ///< after each convolution, where the architecture leaves the choice
};

/// A multitask network: shared features, one linear head per task. Thread-bound, like every LibTorch module.
class Network : public torch::nn::Module {
 public:
  /// `accel`: (N, 3, window) float32, scaled. Returns (N, F): what both heads see.
  virtual torch::Tensor features(const torch::Tensor& accel) = 0;
  /// `features`: (N, F). One linear layer each, named `activity` and `placement`.
  virtual Logits heads(const torch::Tensor& features);
  Logits forward(const torch::Tensor& accel) { return heads(features(accel)); }

  /// F: the columns of `features()`.
  [[nodiscard]] std::int64_t feature_count() const noexcept { return feature_count_; }

  /// Floating-point operations for one window as the paper counts them: two for each multiplication with a weight that
  /// can reach the output, so a convolution's weights count once a position it stops at, and a recurrent layer's once a
  /// time step; biases, normalisation, gates' products, activations and pooling are free.
  [[nodiscard]] std::int64_t flops() const { return feature_flops() + head_flops(); }

  /// Likewise, with the multiplications whose results are thrown away. More than `flops()` only where the architecture
  /// computes rows that it ignores, see MtlNetPublished.
  [[nodiscard]] std::int64_t flops_computed() const { return feature_flops_computed() + head_flops(); }

  /// Trainable values.
  [[nodiscard]] std::int64_t parameter_count() const;

 protected:
  /// `feature_count`: F. A head for every task that has classes.
  Network(std::int64_t feature_count, const NetworkOptions& options);

  /// Of multiplying with every value of `weight` at each of `positions`.
  [[nodiscard]] static std::int64_t weight_flops(const torch::Tensor& weight, std::int64_t positions = 1);

 private:
  /// The part of `flops()` and of `flops_computed()` that `features()` takes.
  [[nodiscard]] virtual std::int64_t feature_flops() const = 0;
  [[nodiscard]] virtual std::int64_t feature_flops_computed() const { return feature_flops(); }
  [[nodiscard]] std::int64_t head_flops() const;

  std::int64_t feature_count_;
  torch::nn::Linear activity_{nullptr}, placement_{nullptr};
};

/// A freshly initialised network, drawn from LibTorch's global generator; TaskNetworks when the architecture says
/// `separate_tasks`. Throws BundleError for an unknown architecture, or a window or option it can't work with.
[[nodiscard]] std::shared_ptr<Network> make_network(const Manifest::Architecture& architecture, int window,
                                                    std::size_t activities, std::size_t placements);

/// The values of a float32 tensor, wherever it is.
[[nodiscard]] NamedTensor to_named(std::string name, const torch::Tensor& tensor);

/// Writes them back into a tensor of the same shape.
void copy_values(const NamedTensor& from, const torch::Tensor& to);

/// Parameters and floating-point buffers by name.
[[nodiscard]] std::vector<NamedTensor> weights_of(const Network& network);

/// Puts `weights` into `network`; throws BundleError that names the first tensor which is missing, left over or of
/// another shape, and then `network` is as it was.
void load_weights(Network& network, std::span<const NamedTensor> weights);

}  // namespace propriod::model
