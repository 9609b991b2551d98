#include "model/recurrent_net.hpp"

#include <torch/torch.h>

namespace propriod::model {
namespace {

constexpr std::int64_t kAxes = 3;
constexpr std::int64_t kLayers = 2;
constexpr std::int64_t kLstmUnits = 368;
constexpr std::int64_t kBilstmUnits = 224;  // in each direction
constexpr std::int64_t kGruUnits = 424;
constexpr std::int64_t kShared = 384;
constexpr double kDropout = 0.2;

}  // namespace

RecurrentNet::RecurrentNet(Cell cell, const NetworkOptions& options)
    : Network(kShared, options), window_(options.window) {
  std::int64_t state = 0;
  if (cell == Cell::kGru) {
    state = kGruUnits;
    gru_ = register_module("recurrent",
                           torch::nn::GRU(torch::nn::GRUOptions(kAxes, state).num_layers(kLayers).dropout(kDropout)));
  } else {
    const bool both_ways = cell == Cell::kBilstm;
    const auto units = both_ways ? kBilstmUnits : kLstmUnits;
    state = both_ways ? 2 * units : units;
    lstm_ = register_module(
        "recurrent",
        torch::nn::LSTM(
            torch::nn::LSTMOptions(kAxes, units).num_layers(kLayers).dropout(kDropout).bidirectional(both_ways)));
  }
  shared_ = register_module("shared", torch::nn::Linear(state, kShared));
}

torch::Tensor RecurrentNet::last_state(const torch::Tensor& samples) {
  if (gru_) return std::get<1>(gru_(samples))[-1];
  const auto states = std::get<0>(std::get<1>(lstm_(samples)));  // (layers · directions, N, units)
  if (!lstm_->options.bidirectional()) return states[-1];
  return torch::cat({states[-2], states[-1]}, /*dim=*/1);  // forwards after the last sample, backwards after the first
}

torch::Tensor RecurrentNet::features(const torch::Tensor& accel) {
  return torch::relu(shared_(last_state(accel.permute({2, 0, 1}))));  // (N, 3, W) → (W, N, 3) → (N, 384)
}

std::int64_t RecurrentNet::feature_flops() const {
  auto flops = weight_flops(shared_->weight);
  for (const auto& parameter : gru_ ? gru_->parameters() : lstm_->parameters()) {
    if (parameter.dim() == 2) flops += weight_flops(parameter, window_);  // the others are biases
  }
  return flops;
}

}  // namespace propriod::model
