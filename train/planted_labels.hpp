#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <span>
#include <string>

#include "train/data_set.hpp"
#include "train/label_audit.hpp"

namespace propriod::train {

/// A wrong label that was given on purpose, as an audit lists it.
struct PlantedLabel {
  std::string unit;   ///< a recording for an activity, a whole file (`file_of_recording`) for a placement
  std::string label;  ///< the wrong one
  friend auto operator<=>(const PlantedLabel&, const PlantedLabel&) = default;
};

struct PlantedLabels {
  std::set<PlantedLabel> activity, placement;
};

/// Gives half of `share` (0 … 1) of the files a wrong placement, all recordings of a file the same, for a sensor stays
/// where it is, and half of `share` of the recordings in other files a wrong activity; at least one of each. What has
/// no label gets none, and where a recording has several, all of them become wrong. The same data set, share and seed
/// give the same. Throws DataSetError unless both tasks have two classes.
[[nodiscard]] PlantedLabels plant_labels(DataSet& data, double share, std::uint64_t seed);

/// How many of `planted`, labels of one task, stand in the first tenth (rounded up) of what an audit of that task
/// lists.
[[nodiscard]] PlantedCount count_planted(const std::set<PlantedLabel>& planted, std::span<const AuditEntry> entries);

}  // namespace propriod::train
