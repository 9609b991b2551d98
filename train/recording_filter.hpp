#pragma once

#include <string>
#include <vector>

#include "train/data_set.hpp"

namespace propriod::train {

/// Leaves out recordings of `data`: all but those that a pattern of `only` matches (empty: none is left out), and then
/// those that a pattern of `exclude` matches; and the labels that then occur no more. Patterns are the shell's (`*`,
/// `?`, `[0-9]`; see glob(7), `*` matches '/' too) for the name of a recording, or for "SUBJECT/PLACEMENT", such as
/// `1637/phone`, `p[1-4]/*` or `*/left_arm`.
///
/// Returns a note for whoever reads the figures, of at most 4096 bytes, empty where nothing was left out. Throws
/// DataSetError for a pattern that matches nothing, which would be a slip of the pen, and when nothing is left.
[[nodiscard]] std::string filter_recordings(DataSet& data, const std::vector<std::string>& only,
                                            const std::vector<std::string>& exclude);

}  // namespace propriod::train
