#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/manifest.hpp"
#include "model/network.hpp"
#include "train/losses.hpp"
#include "train/method_names.hpp"

namespace propriod::train {

using NetworkPointer = std::shared_ptr<model::Network>;

/// A moving average of the trained parameters, which the optimizer keeps in the pass that changes them:
/// average ← keep · average + (1 − keep) · parameter.
struct MovingAverage {
  std::vector<torch::Tensor> averages;  ///< one for each trained parameter, in their order
  double keep = 0.999;
  bool warm_up =
      false;  ///< at step t (from 1) keep min(`keep`, (1 + t) / (10 + t)): the first weights are soon forgotten

  [[nodiscard]] double keep_at(std::int64_t step) const noexcept;
};

/// What one step's loss was made of.
struct StepLoss {
  torch::Tensor loss;    ///< a scalar, with gradients to the trained parameters
  model::Logits logits;  ///< of the network that learns; a task that the phase does not train may be undefined
};

/// Which of the two tasks a phase trains, and is judged by.
struct Tasks {
  bool activity = true;
  bool placement = true;
};

/// A way to train a network: its loss, and what moves beside the optimizer. The trainer runs each phase for all epochs
/// and keeps the weights that validate best. Thread-bound.
class Method {
 public:
  explicit Method(NetworkPointer network) : network_(std::move(network)) {}
  Method(const Method&) = delete;
  Method& operator=(const Method&) = delete;
  virtual ~Method() = default;

  /// How many trainings follow one another.
  [[nodiscard]] virtual int phases() const { return 1; }

  /// Prepares a phase, 0-based; the network has the best weights of the phase before.
  virtual void begin_phase(int /*phase*/) {}

  [[nodiscard]] virtual Tasks tasks() const { return {}; }

  /// What the optimizer changes in this phase; always in the same order.
  [[nodiscard]] virtual std::vector<torch::Tensor> trained_parameters() const { return network_->parameters(); }

  [[nodiscard]] virtual StepLoss loss(const Batch& batch) = 0;

  /// A moving average for the optimizer to keep in this phase, or null.
  [[nodiscard]] virtual MovingAverage* moving_average() { return nullptr; }

  /// After every step of the optimizer.
  virtual void after_step() {}

  /// The network that learns, and in the end is served.
  [[nodiscard]] model::Network& network() noexcept { return *network_; }

  /// A second network that a later step depends on, or null.
  [[nodiscard]] virtual model::Network* teacher() noexcept { return nullptr; }

 protected:
  NetworkPointer network_;
};

/// What `make_method` may be asked for.
struct MethodOptions {
  LossOptions loss;
  double beta = 0.999;        ///< how much of itself Smooth-Distill's teacher keeps at each step
  bool beta_warm_up = false;  ///< see MovingAverage::warm_up
};

/// Those of a training; `all_labelled`: see LossOptions.
[[nodiscard]] MethodOptions method_options(const model::Manifest::Training& settings, bool all_labelled);

/// `fresh_network`: makes a network with new weights on the device that trains. Throws std::invalid_argument for a name
/// that is not among `methods()`.
[[nodiscard]] std::unique_ptr<Method> make_method(std::string_view name, const MethodOptions& options,
                                                  const std::function<NetworkPointer()>& fresh_network);

/// Makes `to` equal to `from`, which is of the same architecture: parameters and buffers.
void copy_weights(const model::Network& from, model::Network& to);

/// Exchanges parameters and buffers of two networks of the same architecture.
void swap_weights(model::Network& one, model::Network& other);

}  // namespace propriod::train
