#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace propriod::train {

/// What one model said of one window, for one task.
struct TaskPrediction {
  std::string truth;  ///< label; empty: the window has none
  std::string predicted;
  double confidence = 0;  ///< probability of `predicted`, 0 … 1
  friend bool operator==(const TaskPrediction&, const TaskPrediction&) = default;
};

/// One line of a prediction file: `recording,start_s,activity,activity_predicted,activity_confidence,placement,
/// placement_predicted,placement_confidence`.
struct PredictionRow {
  std::string recording;  ///< its name
  double start_s =
      0;  ///< of the window's first sample, since the start of the recording (before it with published windows)
  TaskPrediction activity;
  TaskPrediction placement;
  friend bool operator==(const PredictionRow&, const PredictionRow&) = default;
};

/// Writes CSV with a header line; fields are quoted as RFC 4180 has it where they need to be, and control characters
/// become "?", so that a window is always one line. Times have 6 decimals, confidences 6. Replaces a file that is
/// there. Throws std::runtime_error when it cannot be written.
void write_predictions(const std::filesystem::path& path, std::span<const PredictionRow> rows);

/// Throws std::runtime_error when `path` could not be written later: better before hours of training than after.
void refuse_unwritable_predictions(const std::filesystem::path& path);

inline constexpr std::size_t kMostPredictionRows = 10'000'000;

/// Reads what `write_predictions` wrote, plain or gzip. Throws DataSetError `<path>:<line>: <what>; <what to do>` for
/// anything else: another header, another number of fields, a number out of range, a torn last line, more than
/// `kMostPredictionRows`.
[[nodiscard]] std::vector<PredictionRow> read_predictions(const std::filesystem::path& path);

/// How two models differ on the same windows of one task: what `mcnemar_test` wants.
struct Discordance {
  std::int64_t both_right = 0;
  std::int64_t only_first_right = 0;
  std::int64_t only_second_right = 0;
  std::int64_t both_wrong = 0;
};

/// Compares row by row; windows without a label don't count. `task`: `&PredictionRow::activity` or
/// `&PredictionRow::placement`. Throws DataSetError unless both have the same windows with the same labels in the same
/// order.
[[nodiscard]] Discordance discordance(std::span<const PredictionRow> first, std::span<const PredictionRow> second,
                                      TaskPrediction PredictionRow::*task);

}  // namespace propriod::train
