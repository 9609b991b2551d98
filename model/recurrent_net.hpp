#pragma once

#include <torch/nn/modules/rnn.h>

#include "model/network.hpp"

namespace propriod::model {

/// The paper's recurrent rivals: two recurrent layers with dropout between them, the last state (of both directions
/// where there are two), a shared fully connected layer with ReLU, two heads. The paper gives no sizes; these are ours,
/// chosen for about MTL-net's 1.8 million parameters. With 12 + 3 classes and windows of 100:
///
///     cell    units a layer  shared  dropout  parameters      FLOPs
///     lstm              368     384      0.2   1,782,863  326.2 M
///     bilstm  224 each way      384      0.2   1,796,367  322.6 M
///     gru               424     384      0.2   1,795,863  324.7 M
///
/// FLOPs are those of `Network::flops`: every recurrent weight counts at each of the 100 samples.
class RecurrentNet final : public Network {
 public:
  enum class Cell : std::uint8_t { kLstm, kBilstm, kGru };
  static constexpr int kMinWindow = 1;  ///< samples

  RecurrentNet(Cell cell, const NetworkOptions& options);
  torch::Tensor features(const torch::Tensor& accel) override;

 private:
  [[nodiscard]] std::int64_t feature_flops() const override;
  [[nodiscard]] torch::Tensor last_state(const torch::Tensor& samples);

  int window_;
  torch::nn::LSTM lstm_{nullptr};  // this or gru_; registered as `recurrent`
  torch::nn::GRU gru_{nullptr};
  torch::nn::Linear shared_{nullptr};
};

}  // namespace propriod::model
