#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "model/manifest.hpp"
#include "train/data_set.hpp"
#include "train/energy_meter.hpp"
#include "train/evaluation.hpp"
#include "train/trainer.hpp"

namespace propriod::train {

/// What `propriod train` was asked for.
struct TrainingRequest {
  std::filesystem::path data;
  std::string format;
  std::filesystem::path out;  ///< MODELS/NAME
  model::Manifest::Architecture architecture;
  model::Manifest::Training training;
  std::string split = "random";  ///< random or subject
  double test_fraction = 0.2;
  std::optional<double> rate_hz;  ///< of the model; none: the data set's own
  std::string device = "auto";
  bool calibrate = false;             ///< choose temperatures and `unknown` thresholds on the validation part
  std::filesystem::path predictions;  ///< a prediction file of the test part goes there; empty: none
  bool promote = false;               ///< serve the new version even if NAME has one already
  std::string program_version;        ///< for the manifest
};

/// What came of it.
struct TrainingOutcome {
  std::filesystem::path bundle;  ///< MODELS/NAME/VERSION
  model::Manifest manifest;
  ReadReport read;
  TrainerResult training;
  Evaluation test;  ///< of the bundle as written, on the test part
  double train_seconds = 0;
  EnergyReading energy;                ///< of the whole machine while it trained
  std::int64_t peak_memory_bytes = 0;  ///< of this process, data included
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
