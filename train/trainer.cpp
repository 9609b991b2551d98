#include "train/trainer.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <utility>

#include "model/network.hpp"
#include "train/adam.hpp"
#include "train/augmentation.hpp"
#include "train/checkpoint.hpp"
#include "train/cuda_device.hpp"
#include "train/device_steps.hpp"
#include "train/device_windows.hpp"
#include "train/method.hpp"
#include "train/own_stream.hpp"
#include "train/sampler.hpp"
#include "train/schedule.hpp"
#include "train/step.hpp"
#include "train/validation.hpp"

namespace propriod::train {
namespace {

using Seconds = std::chrono::duration<double>;
using Clock = std::chrono::steady_clock;

bool all_labelled(const WindowSet& windows, std::span<const std::size_t> rows) {
  return std::ranges::all_of(rows, [&](auto row) { return windows.activity[row] >= 0 && windows.placement[row] >= 0; });
}

torch::Tensor as_tensor(const std::vector<std::int64_t>& rows, torch::Device device) {
  return torch::tensor(rows).to(device);
}

/// What decides which epoch's weights are kept: the mean validation accuracy of the tasks that the phase trains.
double score_of(const Tasks& tasks, double activity, double placement) {
  if (!tasks.placement) return activity;
  if (!tasks.activity) return placement;
  return (activity + placement) / 2;
}

void set_training(TaskEpoch& task, const TaskFigures& figures) {
  task.training_loss = figures.loss;
  task.training_accuracy = figures.accuracy;
}

void set_validation(TaskEpoch& task, const TaskFigures& figures) {
  task.validation_loss = figures.loss;
  task.validation_accuracy = figures.accuracy;
}

void append(std::vector<model::NamedTensor>& tensors, const std::string& prefix, std::vector<model::NamedTensor> more) {
  for (auto& tensor : more) {
    tensor.name = prefix + tensor.name;
    tensors.push_back(std::move(tensor));
  }
}

/// The ones whose names begin with `prefix`, without it.
std::vector<model::NamedTensor> extract(std::span<const model::NamedTensor> tensors, std::string_view prefix) {
  std::vector<model::NamedTensor> found;
  for (const auto& tensor : tensors) {
    if (!tensor.name.starts_with(prefix)) continue;
    found.push_back({tensor.name.substr(prefix.size()), tensor.shape, tensor.values});
  }
  return found;
}

class Trainer {
 public:
  Trainer(const WindowSet& windows, const Split& split, const TrainerOptions& options,
          const std::function<void(const TrainingProgress&)>& progress, const std::atomic<bool>& stop)
      : options_(options),
        settings_(options.training),
        device_(options.device),
        stream_(device_),
        progress_(progress),
        stop_(stop),
        windows_(windows, options.input.window, static_cast<float>(options.input.scale), device_),
        validation_(windows_.batch(as_tensor({split.validation.begin(), split.validation.end()}, device_))),
        sampler_(windows, split.train, settings_.class_balanced, settings_.seed),
        schedule_{.learning_rate = settings_.learning_rate, .cosine = settings_.cosine, .warm_up = settings_.warm_up},
        augmentation_(settings_.augmentation, device_),
        batch_(static_cast<std::size_t>(settings_.batch)),
        steps_per_epoch_((split.train.size() + batch_ - 1) / batch_),
        all_labelled_(all_labelled(windows, split.train)) {
    torch::manual_seed(settings_.seed);
    const auto fresh_network = [&] {
      auto network =
          model::make_network(options.architecture, options.input.window, options.activities, options.placements);
      network->to(device_);
      return network;
    };
    method_ = make_method(settings_.method, method_options(settings_, all_labelled_), fresh_network);
    result_.parameters = method_->network().parameter_count();
    result_.flops = method_->network().flops();
    result_.flops_computed = method_->network().flops_computed();
  }

  TrainerResult run() {
    started_ = Clock::now();
    const int phases = method_->phases();
    begin_phase();
    resume();
    for (;;) {
      run_phase();
      if (result_.epochs_run == 0) throw std::runtime_error(nothing_to_keep());
      if (phase_ == phases) break;
      if (result_.diverged) throw std::runtime_error(diverged());
      if (stop_) throw std::runtime_error(half_done());
      model::load_weights(method_->network(), result_.weights);
      ++phase_;
      begin_phase();
    }
    result_.seconds = elapsed().count();
    if (in_steps_.count() > 0) result_.windows_per_second = static_cast<double>(trained_windows_) / in_steps_.count();
    if (device_steps_) {
      result_.launched = device_steps_->launched();
      if (options_.cuda_graph && !all_labelled_) result_.launched += ": some windows lack a label";
    }
    return std::move(result_);
  }

 private:
  void begin_phase() {
    method_->begin_phase(phase_ - 1);
    device_steps_.reset();  // before what it refers to
    optimizer_ = std::make_unique<Adam>(method_->trained_parameters(), settings_.weight_decay);
    if (device_.is_cuda()) {
      device_steps_ = std::make_unique<DeviceSteps>(windows_, augmentation_, *method_, *optimizer_,
                                                    DeviceStepsOptions{.batch = settings_.batch,
                                                                       .weight_decay = settings_.weight_decay,
                                                                       .bf16 = settings_.bf16,
                                                                       .graph = options_.cuda_graph && all_labelled_});
    }
    best_score_ = -1;
    result_.weights.clear();
    result_.epochs_run = 0;
    result_.best_epoch = 0;
    result_.teacher_kept = false;
  }

  void run_phase() {
    method_->network().train();
    while (result_.epochs_run < settings_.epochs && !stop_) {
      EpochReport report;
      report.phase = phase_;
      report.epoch = result_.epochs_run + 1;
      if (!(device_steps_ ? run_device_epoch(report) : run_epoch(report))) return;
      if (!std::isfinite(report.training_loss)) {
        result_.diverged = true;
        if (result_.epochs_run > 0) return;  // what was learned before is still good
        throw std::runtime_error(diverged());
      }
      keep_if_best(report);
      ++result_.epochs_run;
      result_.history.push_back(report);
      save();
    }
  }

  /// False when it was stopped before its end.
  bool run_epoch(EpochReport& report) {
    const auto order = sampler_.epoch(phase_, report.epoch);
    const auto rows = as_tensor(order, device_);
    torch::manual_seed(epoch_seed(settings_.seed, phase_, report.epoch));  // of dropout and augmentation
    auto loss_sum = torch::zeros({}, device_);  // read back once an epoch: a read a step would stall a GPU
    TaskCurve activity;
    TaskCurve placement;
    const auto epoch_started = Clock::now();
    for (std::size_t step = 0; step < steps_per_epoch_; ++step) {
      if (stop_) return false;
      const auto first = static_cast<std::int64_t>(step * batch_);
      const auto last = static_cast<std::int64_t>(std::min((step + 1) * batch_, order.size()));
      auto batch = windows_.batch(rows.slice(0, first, last));
      batch.accel = augmentation_(batch.accel);
      const auto [loss, logits] = take_step(*method_, *optimizer_, batch, learning_rate(report.epoch, step));
      loss_sum += loss * static_cast<double>(last - first);
      activity.add(logits.activity, batch.activity);
      placement.add(logits.placement, batch.placement);
      tell(report.epoch, step + 1);
    }
    report.training_loss = loss_sum.item<double>() / static_cast<double>(order.size());  // waits for the device
    in_steps_ += Clock::now() - epoch_started;
    trained_windows_ += order.size();
    set_training(report.activity, activity.figures());
    set_training(report.placement, placement.figures());
    return true;
  }

  /// As run_epoch, on a GPU, which is waited for at the end alone.
  bool run_device_epoch(EpochReport& report) {
    const auto order = sampler_.epoch(phase_, report.epoch);
    torch::manual_seed(epoch_seed(settings_.seed, phase_, report.epoch));  // of dropout and augmentation
    std::vector<double> learning_rates;
    for (std::size_t step = 0; step < steps_per_epoch_; ++step) {
      learning_rates.push_back(learning_rate(report.epoch, step));
    }
    const auto epoch_started = Clock::now();
    device_steps_->begin_epoch(order, learning_rates);
    for (std::size_t step = 0; step < steps_per_epoch_; ++step) {
      if (stop_) return false;
      device_steps_->step();
      tell(report.epoch, step + 1);
    }
    const auto figures = device_steps_->end_epoch();
    in_steps_ += Clock::now() - epoch_started;
    trained_windows_ += order.size();
    report.training_loss = figures.loss;
    set_training(report.activity, figures.activity);
    set_training(report.placement, figures.placement);
    return true;
  }

  /// In an epoch of this phase, 1-based, for one of its steps, 0-based.
  [[nodiscard]] double learning_rate(int epoch, std::size_t step) const {
    const auto steps_per_epoch = static_cast<std::int64_t>(steps_per_epoch_);
    return schedule_.at((epoch - 1) * steps_per_epoch + static_cast<std::int64_t>(step),
                        settings_.epochs * steps_per_epoch);
  }

  [[nodiscard]] Seconds elapsed() const { return before_ + (Clock::now() - started_); }

  void tell(int epoch, std::size_t step) {
    const int phases = method_->phases();
    const double epochs = static_cast<double>(phases) * settings_.epochs;
    const double done = static_cast<double>(phase_ - 1) * settings_.epochs + static_cast<double>(epoch - 1) +
                        static_cast<double>(step) / static_cast<double>(steps_per_epoch_);
    const Seconds elapsed = Clock::now() - started_;
    progress_({.phase = phase_,
               .phases = phases,
               .epoch = epoch,
               .epochs = settings_.epochs,
               .step = step,
               .steps = steps_per_epoch_,
               .elapsed = elapsed,
               .remaining = elapsed * ((epochs - done) / (done - done_before_)),
               .last_epoch = result_.history.empty() ? nullptr : &result_.history.back()});
  }

  void keep_if_best(EpochReport& report) {
    const auto tasks = method_->tasks();
    const auto figures = validate(method_->network(), validation_, tasks);
    set_validation(report.activity, figures.activity);
    set_validation(report.placement, figures.placement);
    consider(method_->network(), score_of(tasks, figures.activity.accuracy, figures.placement.accuracy), report.epoch);
    if (!settings_.serve_teacher || method_->moving_average() == nullptr) return;
    const auto teacher = validate(*method_->teacher(), validation_, tasks);
    report.activity.teacher_validation_accuracy = teacher.activity.accuracy;
    report.placement.teacher_validation_accuracy = teacher.placement.accuracy;
    consider(*method_->teacher(), score_of(tasks, teacher.activity.accuracy, teacher.placement.accuracy), report.epoch);
  }

  void consider(const model::Network& network, double score, int epoch) {
    if (score <= best_score_) return;
    best_score_ = score;
    result_.best_epoch = epoch;
    result_.teacher_kept = &network != &method_->network();
    result_.weights = model::weights_of(network);
  }

  /// Writes a checkpoint when the last one is old enough.
  void save() {
    const auto& to = options_.checkpoint;
    if (to.path.empty() || Clock::now() - saved_ < to.interval) return;
    Checkpoint checkpoint{.request = to.request,
                          .phase = phase_,
                          .epoch = result_.epochs_run,
                          .optimizer_steps = optimizer_->steps(),
                          .best_epoch = result_.best_epoch,
                          .best_score = best_score_,
                          .teacher_kept = result_.teacher_kept,
                          .history = result_.history,
                          .seconds = elapsed().count(),
                          .seconds_in_steps = in_steps_.count(),
                          .trained_windows = trained_windows_,
                          .tensors = {}};
    append(checkpoint.tensors, "network.", model::weights_of(method_->network()));
    if (auto* teacher = method_->teacher()) append(checkpoint.tensors, "teacher.", model::weights_of(*teacher));
    append(checkpoint.tensors, "best.", result_.weights);
    const auto moments = optimizer_->moments();
    for (std::size_t i = 0; i < moments.size(); ++i) {
      checkpoint.tensors.push_back(model::to_named("moment." + std::to_string(i), moments[i]));
    }
    write_checkpoint(to.path, checkpoint);
    saved_ = Clock::now();
  }

  void resume() {
    const auto& from = options_.checkpoint;
    if (!from.resume || !std::filesystem::exists(from.path)) return;
    auto checkpoint = read_checkpoint(from.path);
    if (checkpoint.request != from.request) {
      throw std::runtime_error(from.path.string() +
                               ": is of a training with other data, options, device or number of threads; give the "
                               "same ones, or remove the file to start over");
    }
    while (phase_ < checkpoint.phase) {
      ++phase_;
      begin_phase();
    }
    model::load_weights(method_->network(), extract(checkpoint.tensors, "network."));
    if (auto* teacher = method_->teacher()) model::load_weights(*teacher, extract(checkpoint.tensors, "teacher."));
    const auto moments = optimizer_->moments();
    const auto saved_moments = extract(checkpoint.tensors, "moment.");
    for (const auto& saved : saved_moments) model::copy_values(saved, moments.at(std::stoul(saved.name)));
    optimizer_->resume_at(checkpoint.optimizer_steps);
    best_score_ = checkpoint.best_score;
    before_ = Seconds{checkpoint.seconds};
    in_steps_ = Seconds{checkpoint.seconds_in_steps};
    trained_windows_ = checkpoint.trained_windows;
    result_.weights = extract(checkpoint.tensors, "best.");
    result_.epochs_run = checkpoint.epoch;
    result_.best_epoch = checkpoint.best_epoch;
    result_.teacher_kept = checkpoint.teacher_kept;
    result_.history = std::move(checkpoint.history);
    result_.resumed_after = static_cast<int>(result_.history.size());
    done_before_ = result_.resumed_after;
  }

  [[nodiscard]] std::string nothing_to_keep() const {
    return "stopped before the first epoch ended: there is nothing to keep";
  }
  [[nodiscard]] std::string diverged() const {
    return "the training loss is no longer finite in epoch " + std::to_string(result_.epochs_run + 1) +
           (method_->phases() > 1 ? " of training " + std::to_string(phase_) : "") + "; lower --learning-rate";
  }
  [[nodiscard]] std::string half_done() const {
    return "stopped in training " + std::to_string(phase_) + " of " + std::to_string(method_->phases()) +
           ", and the method " + settings_.method + " needs them all: there is nothing to keep; --resume goes on";
  }

  const TrainerOptions& options_;
  const model::Manifest::Training& settings_;
  torch::Device device_;
  OwnStream stream_;  // from here on, all that a GPU does for this training
  const std::function<void(const TrainingProgress&)>& progress_;
  const std::atomic<bool>& stop_;
  DeviceWindows windows_;
  Batch validation_;
  Sampler sampler_;
  Schedule schedule_;
  Augmentation augmentation_;
  std::size_t batch_;
  std::size_t steps_per_epoch_;
  bool all_labelled_;  // of the training windows
  std::unique_ptr<Method> method_;
  std::unique_ptr<Adam> optimizer_;
  std::unique_ptr<DeviceSteps> device_steps_;  // on a GPU
  int phase_ = 1;
  double best_score_ = -1;
  double done_before_ = 0;  // epochs of all phases that another process completed
  Clock::time_point started_;
  Clock::time_point saved_;
  Seconds before_{};  // of other processes
  Seconds in_steps_{};
  std::uint64_t trained_windows_ = 0;
  TrainerResult result_;
};

}  // namespace

TrainerResult train(const WindowSet& windows, const Split& split, const TrainerOptions& options,
                    const std::function<void(const TrainingProgress&)>& progress, const std::atomic<bool>& stop) try {
  if (split.train.empty() || split.validation.empty()) {
    throw std::runtime_error("training and validation need at least one window each; record more data");
  }
  (void)choose_device(options.device, options.training.bf16);
  return Trainer(windows, split, options, progress, stop).run();
} catch (const c10::Error& error) {  // out of memory on the device, for one
  throw std::runtime_error(std::string("LibTorch stopped the training: ") + error.what_without_backtrace());
}

std::string choose_device(const std::string& asked, bool bf16) {
  if (asked != "cpu" && torch::cuda::is_available()) return "cuda";
  if (asked != "cuda" && bf16) {
    throw std::runtime_error(
        "--bf16: mixed precision is for GPUs, and this training would run on the CPU; leave it out");
  }
  if (asked != "cuda") return "cpu";
  if (!built_with_cuda()) {
    throw std::runtime_error(
        "--device cuda: this LibTorch was built without CUDA; use --device cpu, or build the preset cuda with "
        "CMAKE_PREFIX_PATH pointing at a CUDA LibTorch");
  }
  throw std::runtime_error("--device cuda: no CUDA device is usable here; check nvidia-smi, or use --device cpu");
}

}  // namespace propriod::train
