#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/manifest.hpp"
#include "train/data_set.hpp"
#include "train/energy_meter.hpp"
#include "train/evaluation.hpp"
#include "train/recipe.hpp"
#include "train/split.hpp"
#include "train/trainer.hpp"

namespace propriod::train {

/// What `propriod train` was asked for.
struct TrainingRequest {
  std::filesystem::path data;  ///< a folder or an archive
  std::string format;
  std::vector<std::string> only, exclude;  ///< patterns of recordings, see `filter_recordings`
  std::string protocol = "honest";         ///< honest (`cut_windows`) or published (`cut_published_windows`)
  std::filesystem::path out;               ///< MODELS/NAME
  Recipe recipe;
  SplitRequest split;             ///< its seed is that of the training
  std::optional<double> rate_hz;  ///< of the model; none: the data set's own, and that only with published windows
  std::string device = "auto";
  bool cuda_graph = true;                     ///< see TrainerOptions
  std::chrono::seconds checkpoint_every{10};  ///< at least so long between two checkpoints
  bool resume = false;                        ///< go on where an interrupted training of the same request ended
  std::filesystem::path predictions;          ///< a prediction file of the test part goes there; empty: none
  bool promote = false;                       ///< serve the new version even if NAME has one already
  std::string program_version;                ///< for the manifest
};

/// What came of it.
struct TrainingOutcome {
  std::filesystem::path bundle;  ///< MODELS/NAME/VERSION
  model::Manifest manifest;
  ReadReport read;
  TrainerResult training;
  Evaluation test;                          ///< of the bundle as written, on the test part
  EnergyReading energy;                     ///< of the machine's processors while it trained
  std::optional<EnergyReading> gpu_energy;  ///< of the GPU while it trained; none on the CPU
  std::int64_t peak_memory_bytes = 0;       ///< of this process, data included
  std::string device;
  bool served = false;  ///< it is `current` now
};

/// Hears of what is going on.
struct TrainingListener {
  std::function<void(const ReadReport&, const DataSet&)> data_read;
  std::function<void(const WindowSet&, const Split&)> windows_cut;
  std::function<void(const TrainingProgress&)> progress;
};

/// Reads the data, splits it, trains, tests once, and writes the bundle. `stop` ends the training early; the best so
/// far is still tested and written. Throws DataSetError, BundleError or std::runtime_error with a sentence for the
/// user.
[[nodiscard]] TrainingOutcome run_training(const TrainingRequest& request, const TrainingListener& listener,
                                           const std::atomic<bool>& stop);

}  // namespace propriod::train
