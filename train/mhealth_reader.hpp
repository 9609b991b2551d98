#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drivers/recording.hpp"
#include "train/data_set.hpp"

namespace propriod::train {

/// Turns the lines of one person's MHealth file into a recording for each placement: chest, left ankle, right wrist.
/// A line holds 24 numbers with blanks or tabs between them, at 50 Hz without a time stamp, so a line's place is its
/// time. Columns from 1: 1–3 acceleration of the chest, 6–8 of the left ankle, 15–17 of the right wrist, in m/s²; 24
/// the activity, 1 … 12, or 0 for "none of these", which is kept as the label "null". The other columns (ECG,
/// gyroscopes, magnetometers) are not used.
/// Source: O. Banos, R. Garcia and A. Saez, "MHEALTH", UCI id 319, https://doi.org/10.24432/C5TW22
class MhealthParser {
 public:
  struct Source {
    std::string name;  ///< of the file, for messages
    std::string subject;
  };

  /// Counts into `report`, which outlives it.
  MhealthParser(Source source, ReadReport& report);

  /// `line_number` counts from 1 and ascends; `line` is without its line end. False when the line is malformed: then
  /// its place stays empty.
  bool take(std::size_t line_number, std::string_view line);

  /// The recordings, called "NAME <placement>", chest first. Call it last.
  [[nodiscard]] std::vector<drivers::Recording> finish();

 private:
  ReadReport& report_;
  std::vector<drivers::Recording> recordings_;  // one a placement
};

/// Every `mHealth_subject<N>.log` or `.log.gz`; all chests come first, then the ankles and the wrists, each by file
/// name, which is the order the paper's authors read them in. Throws DataSetError for what `visit_files` does and for
/// one person found twice.
[[nodiscard]] DataSet read_mhealth(const std::filesystem::path& folder_or_archive);

}  // namespace propriod::train
