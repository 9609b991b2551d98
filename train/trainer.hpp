#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "model/manifest.hpp"
#include "model/named_tensor.hpp"
#include "train/epoch_report.hpp"
#include "train/split.hpp"
#include "train/window_set.hpp"

namespace propriod::train {

/// Where a training stands; told after every step.
struct TrainingProgress {
  int phase = 1;  ///< 1-based, the one under way
  int phases = 1;
  int epoch = 1;  ///< 1-based, of the phase
  int epochs = 0;
  std::size_t step = 0;  ///< steps done in this epoch
  std::size_t steps = 0;
  std::chrono::duration<double> elapsed{};
  std::chrono::duration<double> remaining{};  ///< at the pace so far
  const EpochReport* last_epoch = nullptr;    ///< none before the first epoch's end
};

/// Where an interrupted training is kept, so that it can go on.
struct CheckpointOptions {
  std::filesystem::path path;         ///< empty: nowhere
  std::string request;                ///< names what is trained: only a checkpoint of an equal request is resumed
  bool resume = false;                ///< go on from `path`, if it is there
  std::chrono::seconds interval{10};  ///< at least so long between two, which come at the ends of epochs
};

struct TrainerOptions {
  model::Manifest::Architecture architecture;
  model::Manifest::Input input;
  model::Manifest::Training training;  ///< epochs_run and best_epoch are ignored
  std::size_t activities = 0;
  std::size_t placements = 0;
  std::string device = "cpu";  ///< cpu or cuda, from `choose_device`
  bool cuda_graph = true;      ///< on a GPU, capture a step where that can be done; see DeviceSteps
  CheckpointOptions checkpoint;
};

struct TrainerResult {
  std::vector<model::NamedTensor> weights;  ///< the ones that validated best in the last phase
  int epochs_run = 0;                       ///< completed in the last phase
  int best_epoch = 0;                       ///< 1-based, of the last phase
  bool teacher_kept = false;                ///< `weights` are the teacher's
  std::vector<EpochReport> history;         ///< of all phases
  std::int64_t parameters = 0;
  std::int64_t flops = 0;           ///< see model::Network::flops
  std::int64_t flops_computed = 0;  ///< see model::Network::flops_computed
  /// Windows trained on / seconds inside training steps; loading, validation and checkpoints left out.
  double windows_per_second = 0;
  double seconds = 0;     ///< in all, over the processes that had a part in it
  std::string launched;   ///< how a GPU's steps were in the last phase, see DeviceSteps; empty on the CPU
  bool diverged = false;  ///< ended early because the loss was no longer finite
  int resumed_after = 0;  ///< epochs that an earlier process had completed
};

/// Trains a network with the method and settings in `options` and keeps the weights that validate best: by the mean
/// accuracy of the tasks that a phase trains. On a CPU the same seed, threads and machine give the same weights,
/// whether the training was interrupted and resumed or not. `stop`: polled at every step; once true the best so far is
/// returned. A loss that is no longer finite ends the training, too. Throws std::runtime_error when a part of the split
/// is empty, when nothing worth keeping was completed, or for a checkpoint that cannot be read, written or is of
/// another request.
[[nodiscard]] TrainerResult train(const WindowSet& windows, const Split& split, const TrainerOptions& options,
                                  const std::function<void(const TrainingProgress&)>& progress,
                                  const std::atomic<bool>& stop);

/// What `--device auto|cpu|cuda` means here: "cpu" or "cuda". Throws std::runtime_error with a sentence for the user
/// when CUDA is asked for and there is none, or `bf16` and it would be the CPU.
[[nodiscard]] std::string choose_device(const std::string& asked, bool bf16 = false);

}  // namespace propriod::train
