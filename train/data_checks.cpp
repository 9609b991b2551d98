#include "train/data_checks.hpp"

#include <algorithm>

#include "train/errors.hpp"

namespace propriod::train {

void refuse_unlabelled(const DataSet& data, const std::filesystem::path& where) {
  const auto refuse = [&](const char* task) {
    throw DataSetError(where.string() + ": no sample has a label of the task " + task +
                       "; a model learns both, so label at least some recordings");
  };
  if (data.activities.empty()) refuse("activity");
  if (data.placements.empty()) refuse("placement");
}

void refuse_nameless(const DataSet& data, const std::filesystem::path& where) {
  const auto nameless = std::ranges::find_if(data.recordings, &std::string::empty, &drivers::Recording::subject);
  if (nameless == data.recordings.end()) return;
  throw DataSetError(where.string() + ": " + nameless->name +
                     " does not say whose body it was, so a split by subject could put one person on both sides; " +
                     (data.format == "propriod" ? "add \"subject:\" to its sidecar" : "put a name before the posture") +
                     ", or use --split random");
}

}  // namespace propriod::train
