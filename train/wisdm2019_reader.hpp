#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "drivers/recording.hpp"
#include "train/data_set.hpp"

namespace propriod::train {

/// Turns the lines of one accelerometer file of WISDM 2019 into recordings, one for each block of one activity: between
/// blocks the time stamps may jump either way. A line is `subject,activity,timestamp,x,y,z;` with one letter for the
/// activity, integer nanoseconds since an arbitrary start, and m/s².
/// Source: G. M. Weiss, "WISDM Smartphone and Smartwatch Activity and Biometrics Dataset", UCI id 507,
/// https://doi.org/10.24432/C5HK59
class Wisdm2019Parser {
 public:
  struct Source {
    std::string name;       ///< of the file, for messages
    std::string subject;    ///< whose file it is: lines of somebody else are malformed
    std::string placement;  ///< label of every sample
  };

  /// Counts into `report`, which outlives it.
  Wisdm2019Parser(Source source, ReadReport& report) : source_(std::move(source)), report_(report) {}

  /// `line_number` counts from 1; `line` is without its line end.
  void take(std::size_t line_number, std::string_view line);

  /// The recordings, called "NAME:<number of its first line>". Call it last.
  [[nodiscard]] std::vector<drivers::Recording> finish();

 private:
  Source source_;
  ReadReport& report_;
  char activity_code_ = 0;
  std::chrono::nanoseconds block_start_{};
  std::vector<drivers::Recording> blocks_;
};

/// Every `data_<subject>_accel_<phone|watch>.txt` or `.txt.gz`; the gyroscope's are passed over. The phones come first,
/// then by subject. Throws DataSetError for what `visit_files` does and for one recording found twice.
[[nodiscard]] DataSet read_wisdm2019(const std::filesystem::path& folder_or_archive);

}  // namespace propriod::train
