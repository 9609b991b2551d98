#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "model/named_tensor.hpp"
#include "train/epoch_report.hpp"

namespace propriod::train {

/// Everything that the rest of a training depends on, after an epoch's end.
struct Checkpoint {
  std::string request;  ///< see CheckpointOptions
  int phase = 1;        ///< 1-based, the one the epoch belongs to
  int epoch = 0;        ///< 1-based, completed
  std::int64_t optimizer_steps = 0;
  int best_epoch = 0;
  double best_score = -1;
  bool teacher_kept = false;
  std::vector<EpochReport> history;
  double seconds = 0;           ///< in all, over the processes that had a part in it
  double seconds_in_steps = 0;  ///< of them inside training steps
  std::uint64_t trained_windows = 0;
  std::vector<model::NamedTensor> tensors;
};

/// Replaces the file at `path`: a process that is killed leaves the old one or the new one. Throws BundleError when it
/// cannot be written.
void write_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Throws BundleError, which names the file, when it cannot be read or is not, byte for byte, what was written.
[[nodiscard]] Checkpoint read_checkpoint(const std::filesystem::path& path);

}  // namespace propriod::train
