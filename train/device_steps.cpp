#include "train/device_steps.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <stdexcept>

#include "train/autocast.hpp"

namespace propriod::train {
namespace {

/// Before a capture: cuBLAS, cuDNN and LibTorch set up at first use what they keep for later.
constexpr int kSinglyFirst = 3;

torch::Device device_of(const Method& method) { return method.trained_parameters().at(0).device(); }

torch::Tensor on_device(std::span<const std::int64_t> values, torch::Device device) {
  return torch::tensor(at::ArrayRef<std::int64_t>(values.data(), values.size())).to(device);
}

/// What the next draw from LibTorch's generator of the device depends on.
torch::Tensor generator_state(torch::Device device) {
  const auto& generator = at::globalContext().defaultGenerator(device);
  return generator.get_state();
}

/// All windows of the epoch, in its order.
TaskFigures figures_of(const torch::Tensor& full, const torch::Tensor& last, const torch::Tensor& labels) {
  std::vector<torch::Tensor> logits;
  if (full.defined()) logits.push_back(full.flatten(0, 1));
  if (last.defined()) logits.push_back(last);
  TaskCurve curve;
  if (!logits.empty()) curve.add(torch::cat(logits), labels);
  return curve.figures();
}

}  // namespace

DeviceSteps::DeviceSteps(const DeviceWindows& windows, const Augmentation& augmentation, Method& method,
                         Adam& optimizer, const DeviceStepsOptions& options)
    : windows_(windows),
      augmentation_(augmentation),
      method_(method),
      optimizer_(optimizer),
      options_(options),
      device_(device_of(method)),
      adam_(method.trained_parameters(), optimizer, options.weight_decay, method.moving_average()),
      next_(torch::zeros({1}, torch::dtype(torch::kInt64).device(device_))),
      launched_(options_.graph ? "kernel by kernel: the training was too short for a graph" : "kernel by kernel") {
  if (device_.is_cuda()) return;
  options_.graph = false;  // what the CPU does would not be recorded
  launched_ = "kernel by kernel";
}

void DeviceSteps::begin_epoch(std::span<const std::int64_t> order, std::span<const double> learning_rates) {
  const auto rows = on_device(order, device_);
  const auto numbers = adam_.numbers(optimizer_.steps(), learning_rates).to(device_);
  if (!rows_.defined()) {
    rows_ = rows;
    numbers_ = numbers;
  } else {
    rows_.copy_(rows);
    numbers_.copy_(numbers);
  }
  next_.zero_();
  last_ = {};
  done_ = 0;
}

void DeviceSteps::step() {
  const auto full_steps = rows_.size(0) / options_.batch;
  if (done_ == full_steps) {
    last_step();
  } else if (graph_) {
    graph_->launch();
  } else {
    const bool then_capture = options_.graph && ++launched_singly_ == kSinglyFirst;
    const auto before = then_capture ? generator_state(device_) : torch::Tensor();
    full_step();
    if (then_capture) capture(/*draws=*/!torch::equal(before, generator_state(device_)));
  }
  ++done_;
}

StepLoss DeviceSteps::step_on(const torch::Tensor& rows, const torch::Tensor& numbers) {
  auto batch = windows_.batch(rows);
  batch.accel = augmentation_(batch.accel);
  const auto [loss, logits] = [&] {
    const Autocast autocast(device_, options_.bf16);
    return method_.loss(batch);
  }();
  loss.backward();
  adam_.step(numbers);
  method_.after_step();
  const auto plain = [](const torch::Tensor& said) {
    return said.defined() ? said.detach().to(torch::kFloat32) : said;
  };
  return {plain(loss), {plain(logits.activity), plain(logits.placement)}};
}

void DeviceSteps::full_step() {
  const auto full_steps = rows_.size(0) / options_.batch;
  const auto all_rows = rows_.slice(0, 0, full_steps * options_.batch).view({full_steps, options_.batch});
  const auto [loss, logits] =
      step_on(all_rows.index_select(0, next_).squeeze(0), numbers_.index_select(0, next_).squeeze(0));
  keep(record_.loss, loss);
  keep(record_.activity, logits.activity);
  keep(record_.placement, logits.placement);
  next_.add_(1);
}

void DeviceSteps::last_step() { last_ = step_on(rows_.slice(0, done_ * options_.batch), numbers_[done_]); }

void DeviceSteps::keep(torch::Tensor& record, const torch::Tensor& said) {
  if (!said.defined()) return;
  if (!record.defined()) {
    auto shape = said.sizes().vec();
    shape.insert(shape.begin(), rows_.size(0) / options_.batch);
    record = torch::empty(shape, said.options());
  }
  record.index_copy_(0, next_, said.unsqueeze(0));
}

void DeviceSteps::capture(bool draws) {
  auto graph = std::make_unique<CudaGraph>();
  const auto failure = graph->capture([this] { full_step(); });
  if (failure.empty()) {
    graph_ = std::move(graph);
    launched_ = "one CUDA graph";
    return;
  }
  // Some gradients may stand already, in memory that nothing ever computed: the next backward pass would add to them.
  for (auto& parameter : method_.trained_parameters()) parameter.mutable_grad().reset();
  if (draws) {  // LibTorch's generator believes from now on that it is in a capture, and draws no more
    throw std::runtime_error("a training step could not be captured in a CUDA graph (" + failure +
                             "); use --no-cuda-graph");
  }
  options_.graph = false;
  launched_ = "kernel by kernel: a step could not be captured in a CUDA graph (" + failure + ")";
}

EpochFigures DeviceSteps::end_epoch() {
  optimizer_.resume_at(optimizer_.steps() + done_);
  EpochFigures figures;
  const auto add = [&](const torch::Tensor& losses, std::int64_t windows) {
    if (!losses.defined()) return;
    const auto values = losses.to(torch::kCPU, torch::kFloat64).reshape({-1});  // waits
    for (const double loss :
         at::ArrayRef<double>(values.data_ptr<double>(), static_cast<std::size_t>(values.numel()))) {
      figures.losses.push_back(loss);
      figures.loss += loss * static_cast<double>(windows) / static_cast<double>(rows_.size(0));
    }
  };
  add(record_.loss, options_.batch);
  add(last_.loss, rows_.size(0) % options_.batch);
  const auto labels = windows_.labels(rows_);
  figures.activity = figures_of(record_.activity, last_.logits.activity, labels.activity);
  figures.placement = figures_of(record_.placement, last_.logits.placement, labels.placement);
  return figures;
}

}  // namespace propriod::train
