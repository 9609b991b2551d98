#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/manifest.hpp"
#include "model/named_tensor.hpp"
#include "train/split.hpp"
#include "train/window_set.hpp"

namespace propriod::train {

/// One epoch in figures; accuracies in percent, on the validation windows.
struct EpochReport {
  int epoch = 0;  ///< 1-based
  double training_loss = 0;
  double activity_accuracy = 0;
  double placement_accuracy = 0;
  [[nodiscard]] double mean_accuracy() const noexcept { return (activity_accuracy + placement_accuracy) / 2; }
};

/// Where a training stands; told after every step.
struct TrainingProgress {
  int epoch = 1;  ///< 1-based, the one under way
  int epochs = 0;
  std::size_t step = 0;  ///< steps done in this epoch
  std::size_t steps = 0;
  std::chrono::duration<double> elapsed{};
  std::chrono::duration<double> remaining{};  ///< at the pace so far
  const EpochReport* last_epoch = nullptr;    ///< none before the first epoch's end
};

struct TrainerOptions {
  model::Manifest::Architecture architecture;
  model::Manifest::Input input;
  model::Manifest::Training training;  ///< epochs_run and best_epoch are ignored
  std::size_t activities = 0;
  std::size_t placements = 0;
  std::string device = "cpu";  ///< cpu or cuda, from `choose_device`
};

struct TrainerResult {
  std::vector<model::NamedTensor> weights;  ///< of the student, from the best epoch
  int epochs_run = 0;                       ///< completed
  int best_epoch = 0;                       ///< 1-based
  std::vector<EpochReport> history;
  std::int64_t parameters = 0;
  std::int64_t flops = 0;           ///< see model::Network::flops
  std::int64_t flops_computed = 0;  ///< see model::Network::flops_computed
  double windows_per_second =
      0;  ///< windows trained on / seconds inside training steps; loading and validation left out
};

/// Trains a network with Smooth-Distill and Adam and keeps the weights of the epoch with the best mean validation
/// accuracy of both tasks. The same seed, threads and machine give the same weights. `stop`: polled at every step; once
/// true the best so far is returned. A loss that is no longer finite ends the training, too. Throws std::runtime_error
/// when a part of the split is empty, or when no epoch was completed and there is nothing to return.
[[nodiscard]] TrainerResult train(const WindowSet& windows, const Split& split, const TrainerOptions& options,
                                  const std::function<void(const TrainingProgress&)>& progress,
                                  const std::atomic<bool>& stop);

/// What `--device auto|cpu|cuda` means here: "cpu" or "cuda". Throws std::runtime_error with a sentence for the user
/// when CUDA is asked for and there is none.
[[nodiscard]] std::string choose_device(const std::string& asked);

}  // namespace propriod::train
