#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "train/data_set.hpp"
#include "train/label_audit.hpp"
#include "train/recipe.hpp"
#include "train/trainer.hpp"

namespace propriod::train {

/// What `propriod audit` was asked for.
struct AuditRequest {
  std::filesystem::path data;  ///< a folder or an archive
  std::string format;
  std::vector<std::string> only, exclude;  ///< patterns of recordings, see `filter_recordings`
  Recipe recipe;
  int folds = 5;                  ///< groups of people; each is judged by a model that was trained on the others
  std::optional<double> rate_hz;  ///< none: the data set's own
  std::string device = "auto";
  bool cuda_graph = true;  ///< see TrainerOptions
  double plant = 0;  ///< share that gets a wrong label first, 0 … 0.5, see `plant_labels`: does the audit find them?
};

struct AuditOutcome {
  std::vector<AuditEntry> activity;  ///< worst first
  std::vector<AuditEntry> placement;
  std::optional<PlantedCounts> planted;  ///< where labels were planted
};

/// Hears of what is going on.
struct AuditListener {
  std::function<void(const ReadReport&, const DataSet&)> data_read;
  std::function<void(int fold, const TrainingProgress&)> progress;  ///< `fold` from 1
};

/// Trains a model for each group of people on all the others and ranks the recordings whose labels it contradicts, see
/// `audit_labels`. Throws DataSetError or std::runtime_error with a sentence for the user, also when it was stopped.
[[nodiscard]] AuditOutcome run_audit(const AuditRequest& request, const AuditListener& listener,
                                     const std::atomic<bool>& stop);

}  // namespace propriod::train
