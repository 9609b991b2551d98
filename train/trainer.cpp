#include "train/trainer.hpp"

#include <torch/torch.h>

#include <cmath>
#include <random>
#include <stdexcept>

#include "model/network.hpp"
#include "train/adam.hpp"
#include "train/random.hpp"
#include "train/smooth_distill.hpp"

namespace propriod::train {
namespace {

using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kValidationBatch = 512;

/// All windows as tensors on the device that trains: they fit (WISDM 2019 whole: 170 MB), and no step waits for a copy.
struct DeviceWindows {
  DeviceWindows(const WindowSet& set, const TrainerOptions& options, torch::Device device) {
    const auto count = static_cast<std::int64_t>(set.size());
    // from_blob only reads here, but its interface has no const.
    const auto view = [&](const auto& values, at::IntArrayRef shape, torch::Dtype type) {
      auto* first = const_cast<void*>(static_cast<const void*>(values.data()));  // NOLINT(*-const-cast)
      return torch::from_blob(first, shape, type);
    };
    accel = view(set.accel, {count, 3, options.input.window}, torch::kFloat32).to(device);
    if (options.input.scale != 1) accel = accel * options.input.scale;
    activity = view(set.activity, {count}, torch::kInt64).to(device);
    placement = view(set.placement, {count}, torch::kInt64).to(device);
  }

  [[nodiscard]] Batch batch(const torch::Tensor& rows) const {
    return {accel.index_select(0, rows), activity.index_select(0, rows), placement.index_select(0, rows)};
  }

  torch::Tensor accel, activity, placement;
};

/// Percent of the labelled windows that `logits` name right.
double accuracy(const std::vector<torch::Tensor>& logits, const torch::Tensor& labels) {
  const auto labelled = labels >= 0;
  const auto count = labelled.sum().item<std::int64_t>();
  if (count == 0) return 0;
  const auto right = torch::cat(logits).argmax(1).eq(labels).logical_and(labelled).sum().item<std::int64_t>();
  return 100.0 * static_cast<double>(right) / static_cast<double>(count);
}

void validate(model::Network& network, const Batch& windows, EpochReport& report) {
  const torch::NoGradGuard no_grad;
  network.eval();
  std::vector<torch::Tensor> activity;
  std::vector<torch::Tensor> placement;
  for (const auto& part : windows.accel.split(kValidationBatch)) {
    const auto logits = network.forward(part);
    activity.push_back(logits.activity);
    placement.push_back(logits.placement);
  }
  network.train();
  report.activity_accuracy = accuracy(activity, windows.activity);
  report.placement_accuracy = accuracy(placement, windows.placement);
}

bool all_labelled(const WindowSet& windows, std::span<const std::size_t> rows) {
  return std::ranges::all_of(rows, [&](auto row) { return windows.activity[row] >= 0 && windows.placement[row] >= 0; });
}

torch::Tensor as_tensor(const std::vector<std::size_t>& rows, torch::Device device) {
  const std::vector<std::int64_t> signed_rows(rows.begin(), rows.end());
  return torch::tensor(signed_rows).to(device);
}

}  // namespace

TrainerResult train(const WindowSet& windows, const Split& split, const TrainerOptions& options,
                    const std::function<void(const TrainingProgress&)>& progress, const std::atomic<bool>& stop) try {
  if (split.train.empty() || split.validation.empty()) {
    throw std::runtime_error("training and validation need at least one window each; record more data");
  }
  const auto& settings = options.training;
  const torch::Device device(options.device);
  torch::manual_seed(settings.seed);
  const auto fresh_network = [&] {
    auto network =
        model::make_network(options.architecture, options.input.window, options.activities, options.placements);
    network->to(device);
    return network;
  };
  const auto student = fresh_network();
  SmoothDistill method(student, fresh_network(),
                       {.alpha = settings.alpha,
                        .lambda = settings.lambda,
                        .temperature = settings.temperature,
                        .beta = settings.beta,
                        .all_labelled = all_labelled(windows, split.train)});
  Adam optimizer(student->parameters(), settings.learning_rate);

  const DeviceWindows on_device(windows, options, device);
  const auto validation = on_device.batch(as_tensor(split.validation, device));
  const auto batch = static_cast<std::size_t>(settings.batch);
  const auto steps = (split.train.size() + batch - 1) / batch;
  TrainerResult result{.weights = {},
                       .epochs_run = 0,
                       .best_epoch = 0,
                       .history = {},
                       .parameters = student->parameter_count(),
                       .flops = student->flops(),
                       .flops_computed = student->flops_computed(),
                       .windows_per_second = 0};
  double best_accuracy = -1;
  const auto keep_if_best = [&](const EpochReport& report) {
    if (report.mean_accuracy() <= best_accuracy) return;
    best_accuracy = report.mean_accuracy();
    result.best_epoch = result.epochs_run;
    result.weights = model::weights_of(*student);
  };

  std::mt19937_64 shuffle_generator(settings.seed);
  auto order = split.train;
  const auto started = Clock::now();
  Seconds in_steps{};
  std::size_t trained_windows = 0;
  student->train();
  for (int epoch = 1; epoch <= settings.epochs && !stop; ++epoch) {
    shuffle(order, shuffle_generator);
    const auto rows = as_tensor(order, device);
    auto loss_sum = torch::zeros({}, device);  // read back once an epoch: a read a step would stall a GPU
    EpochReport report{.epoch = epoch};
    const auto epoch_started = Clock::now();
    std::size_t step = 0;
    for (; step < steps && !stop; ++step) {
      const auto first = static_cast<std::int64_t>(step * batch);
      const auto last = static_cast<std::int64_t>(std::min((step + 1) * batch, order.size()));
      const auto loss = method.loss(on_device.batch(rows.slice(0, first, last)));
      loss.backward();
      optimizer.step();
      method.update_teacher();
      loss_sum += loss.detach() * static_cast<double>(last - first);
      trained_windows += static_cast<std::size_t>(last - first);
      const double done = static_cast<double>(epoch - 1) + static_cast<double>(step + 1) / static_cast<double>(steps);
      const Seconds elapsed = Clock::now() - started;
      progress({.epoch = epoch,
                .epochs = settings.epochs,
                .step = step + 1,
                .steps = steps,
                .elapsed = elapsed,
                .remaining = elapsed * ((settings.epochs - done) / done),
                .last_epoch = result.history.empty() ? nullptr : &result.history.back()});
    }
    report.training_loss = loss_sum.item<double>() / static_cast<double>(order.size());  // waits for the device
    in_steps += Clock::now() - epoch_started;
    if (step < steps) break;
    if (!std::isfinite(report.training_loss)) {
      if (result.epochs_run > 0) break;  // what was learned before is still good
      throw std::runtime_error("the training loss is no longer finite in epoch " + std::to_string(epoch) +
                               "; lower --learning-rate");
    }
    validate(*student, validation, report);
    ++result.epochs_run;
    result.history.push_back(report);
    keep_if_best(report);
  }
  if (result.epochs_run == 0)
    throw std::runtime_error("stopped before the first epoch ended: there is nothing to keep");
  if (in_steps.count() > 0) result.windows_per_second = static_cast<double>(trained_windows) / in_steps.count();
  return result;
} catch (const c10::Error& error) {  // out of memory on the device, for one
  throw std::runtime_error(std::string("LibTorch stopped the training: ") + error.what_without_backtrace());
}

std::string choose_device(const std::string& asked) {
  if (asked == "cpu") return asked;
  if (torch::cuda::is_available()) return "cuda";
  if (asked == "auto") return "cpu";
  if (!at::hasCUDA()) {
    throw std::runtime_error(
        "--device cuda: this LibTorch was built without CUDA; use --device cpu, or build the preset cuda with "
        "CMAKE_PREFIX_PATH pointing at a CUDA LibTorch");
  }
  throw std::runtime_error("--device cuda: no CUDA device is usable here; check nvidia-smi, or use --device cpu");
}

}  // namespace propriod::train
