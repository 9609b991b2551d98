#pragma once

#include <filesystem>

#include "train/data_set.hpp"

namespace propriod::train {

/// Throws DataSetError when a task has no label at all: a model learns both. `where`: the data, for the message.
void refuse_unlabelled(const DataSet& data, const std::filesystem::path& where);

/// Throws DataSetError when a recording does not say whose body it was: what splits by person needs that.
void refuse_nameless(const DataSet& data, const std::filesystem::path& where);

}  // namespace propriod::train
