#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drivers/recording.hpp"
#include "train/data_set.hpp"

namespace propriod::train {

/// Joins the segment files of one activity of one person (`aNN/pN`) into recordings, one for each of the five units:
/// torso, right arm, left arm, right leg, left leg. A segment is 125 lines at 25 Hz and follows the one before without
/// a pause, so a line's place is its time. A line holds 45 numbers, nine a unit, of which the first three are the
/// acceleration in m/s².
/// Source: B. Barshan and K. Altun, "Daily and Sports Activities", UCI id 256, https://doi.org/10.24432/C5C59F
class DsadsParser {
 public:
  struct Source {
    std::string name;  ///< of the folder, for messages
    std::string subject;
    std::string activity;
  };

  /// Counts into `report`, which outlives it.
  DsadsParser(Source source, ReadReport& report) : source_(std::move(source)), report_(report) {}

  /// Segments count from 1 and come in any order, each once.
  void start_segment(int number);

  /// A line of the segment started last. `line_number` counts from 1 and ascends; `line` is without its line end. False
  /// when the line is malformed: then its place stays empty.
  bool take(std::size_t line_number, std::string_view line);

  /// The recordings, called "NAME/s<first segment> <unit>"; after a missing segment new ones begin. Call it last.
  [[nodiscard]] std::vector<drivers::Recording> finish();

 private:
  static constexpr std::size_t kUnits = 5;
  struct Line {
    std::size_t number;
    std::array<drivers::Acceleration, kUnits> accel_mps2;
  };

  Source source_;
  ReadReport& report_;
  std::map<int, std::vector<Line>> segments_;
  std::vector<Line>* segment_ = nullptr;  // the one started last
};

/// Every `aNN/pN/sNN.txt` or `.txt.gz`. Throws DataSetError for what `visit_files` does and for one segment found
/// twice.
[[nodiscard]] DataSet read_dsads(const std::filesystem::path& folder_or_archive);

}  // namespace propriod::train
