#pragma once

#include <filesystem>

#include "train/data_set.hpp"

namespace propriod::train {

/// Every `NAME.csv` or `NAME.csv.gz` with its sidecar `NAME.yaml` below `directory`: recordings as `propriod record`
/// writes them (`drivers/recording_file.hpp`). Throws DataSetError for a folder that cannot be listed and for a
/// recording that lies there both plain and compressed.
[[nodiscard]] DataSet read_propriod(const std::filesystem::path& directory);

}  // namespace propriod::train
