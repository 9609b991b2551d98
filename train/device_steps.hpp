#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "train/adam.hpp"
#include "train/augmentation.hpp"
#include "train/cuda_graph.hpp"
#include "train/device_adam.hpp"
#include "train/device_windows.hpp"
#include "train/method.hpp"
#include "train/validation.hpp"

namespace propriod::train {

/// What the steps of an epoch said.
struct EpochFigures {
  std::vector<double> losses;  ///< of each step
  double loss = 0;             ///< their mean, each counted as often as its batch has windows
  TaskFigures activity, placement;
};

struct DeviceStepsOptions {
  std::int64_t batch = 64;  ///< windows a step; an epoch's last may have fewer
  double weight_decay = 0;  ///< that of the optimizer
  bool bf16 = false;        ///< see Autocast
  /// Whether to try a CUDA graph. The steps must be alike: only with LossOptions::all_labelled.
  bool graph = true;
};

/// The steps of one phase of a training on a GPU. A small network's kernels take less time than a processor needs to
/// launch them, so the processor should have nothing else to do, and little of that: what the steps of an epoch need
/// (rows, learning rates, the optimizer's numbers) is put on the device before the first, what they say stays there
/// until the last is done, and where it can be, a step is captured in a CUDA graph, which is one launch. The first
/// steps, and the last of an epoch if its batch is smaller, are launched kernel by kernel. Thread-bound; with a graph,
/// bound to an OwnStream.
class DeviceSteps {
 public:
  /// All arguments must outlive the object, and `method` must be in the phase. `optimizer`: its moments are used.
  DeviceSteps(const DeviceWindows& windows, const Augmentation& augmentation, Method& method, Adam& optimizer,
              const DeviceStepsOptions& options);

  /// `order`: the epoch's rows, in every epoch as many. `learning_rates`: one a step.
  void begin_epoch(std::span<const std::int64_t> order, std::span<const double> learning_rates);

  /// The next step of the epoch. Returns when it is launched, not when it is done. Throws std::runtime_error when a
  /// capture failed after which this LibTorch could not go on.
  void step();

  /// After the last step: waits for the device. The optimizer knows the steps from here on.
  [[nodiscard]] EpochFigures end_epoch();

  /// How full batches are launched: "one CUDA graph", or "kernel by kernel", with the reason where a graph was asked
  /// for.
  [[nodiscard]] const std::string& launched() const noexcept { return launched_; }

 private:
  /// What the full batches of an epoch said, a row a step; undefined until the first, and a task's where it is not
  /// trained.
  struct Record {
    torch::Tensor loss, activity, placement;
  };

  StepLoss step_on(const torch::Tensor& rows, const torch::Tensor& numbers);
  void full_step();
  void last_step();
  void capture(bool draws);
  void keep(torch::Tensor& record, const torch::Tensor& said);

  const DeviceWindows& windows_;
  const Augmentation& augmentation_;
  Method& method_;
  Adam& optimizer_;
  DeviceStepsOptions options_;
  torch::Device device_;
  DeviceAdam adam_;
  // What a captured step reads and writes keeps its place on the device: it is made once.
  torch::Tensor rows_;     ///< (windows of an epoch)
  torch::Tensor numbers_;  ///< (steps, numbers of DeviceAdam)
  torch::Tensor next_;     ///< (1): the full step to be done
  Record record_;
  StepLoss last_;  ///< of the smaller batch
  std::int64_t done_ = 0;
  int launched_singly_ = 0;
  std::string launched_;
  std::unique_ptr<CudaGraph> graph_;
};

}  // namespace propriod::train
