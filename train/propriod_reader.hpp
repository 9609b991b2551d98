#pragma once

#include <filesystem>

#include "train/data_set.hpp"

namespace propriod::train {

/// Every `NAME.csv` or `NAME.csv.gz` with its sidecar `NAME.yaml`, in the order of their names: recordings as
/// `propriod record` writes them (`drivers/recording_file.hpp`). Throws DataSetError for what `visit_files` does and
/// for a recording that is there both plain and compressed.
[[nodiscard]] DataSet read_propriod(const std::filesystem::path& folder_or_archive);

}  // namespace propriod::train
