#include "train/validation.hpp"

#include <torch/torch.h>

#include <cmath>

namespace propriod::train {
namespace {

constexpr std::int64_t kBatch = 512;

}  // namespace

void TaskCurve::add(const torch::Tensor& logits, const torch::Tensor& labels) {
  if (!logits.defined()) return;
  logits_.push_back(logits.detach());
  labels_.push_back(labels);
}

TaskFigures TaskCurve::figures() const {
  if (logits_.empty()) return {};
  const torch::NoGradGuard no_grad;
  const auto all_labels = torch::cat(labels_);
  const auto rows = (all_labels >= 0).nonzero().squeeze(1);
  if (rows.numel() == 0) return {};
  const auto logits = torch::cat(logits_).to(torch::kFloat32).index_select(0, rows);
  const auto labels = all_labels.index_select(0, rows);
  const auto right = logits.argmax(1).eq(labels).sum().item<std::int64_t>();
  return {.loss = torch::nn::functional::cross_entropy(logits, labels).item<double>(),
          .accuracy = 100.0 * static_cast<double>(right) / static_cast<double>(labels.numel())};
}

ValidationFigures validate(model::Network& network, const Batch& windows, const Tasks& tasks) {
  const torch::NoGradGuard no_grad;
  const bool was_training = network.is_training();
  network.eval();
  TaskCurve activity;
  TaskCurve placement;
  for (std::int64_t first = 0; first < windows.accel.size(0); first += kBatch) {
    const auto last = std::min(first + kBatch, windows.accel.size(0));
    const auto logits = network.forward(windows.accel.slice(0, first, last));
    if (tasks.activity) activity.add(logits.activity, windows.activity.slice(0, first, last));
    if (tasks.placement) placement.add(logits.placement, windows.placement.slice(0, first, last));
  }
  network.train(was_training);
  ValidationFigures figures{activity.figures(), placement.figures()};
  if (tasks.activity && std::isnan(figures.activity.accuracy)) figures.activity.accuracy = 0;
  if (tasks.placement && std::isnan(figures.placement.accuracy)) figures.placement.accuracy = 0;
  return figures;
}

}  // namespace propriod::train
