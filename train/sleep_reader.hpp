#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/recording.hpp"
#include "train/data_set.hpp"

namespace propriod::train {

/// Turns the lines of one file of the paper's Sleep data into a recording: one person in one posture with the sensor in
/// one place, an ADXL345 (±2 g) at 50 Hz. Lines are `t,ax,ay,az;`, or `ax,ay,az` below a header line. The time's unit
/// is not published and the paper's authors do not read it, so a line's place is its time.
///
/// Nor is the unit of the accelerations published. Somebody who lies feels 1 g, so the median magnitude tells it:
/// 0.5 … 2 are g, 4.9 … 19.6 are m/s², 128 … 512 are the chip's counts of 1/256 g. The recording's notes say which.
class SleepParser {
 public:
  struct Source {
    std::string name;       ///< of the file, for messages
    std::string subject;    ///< may be empty: unknown
    std::string posture;    ///< label of every sample, one of `drivers::kPostures`
    std::string placement;  ///< likewise: chest, neck or abdomen
  };

  /// Counts into `report`, which outlives it.
  SleepParser(const Source& source, ReadReport& report);

  /// `line_number` counts from 1 and ascends; `line` is without its line end. False when the line is malformed: then
  /// its place stays empty. The header is neither.
  bool take(std::size_t line_number, std::string_view line);

  /// The recording in m/s², called NAME; none when there are fewer than two samples. Call it last. Throws
  /// RecordingError, naming the file, when the median magnitude fits no unit.
  [[nodiscard]] std::vector<drivers::Recording> finish();

 private:
  enum class Layout : std::uint8_t { kUnknown, kTimed, kHeaded };

  ReadReport& report_;
  drivers::Recording recording_;
  Layout layout_ = Layout::kUnknown;
  std::size_t header_lines_ = 0;
};

/// Every `<subject>_<posture>_<placement>.txt` or `.txt.gz`, in upper or lower case, as the authors name them: the
/// posture up, upright, rightup … upleft, also with a hyphen or an underscore (up_right), the placement nguc (chest),
/// co (neck) or bung (abdomen). Without a subject in the name it is that of the file's folder. How the authors spell
/// their postures is not published: where the last two words make a posture they are one, even if a person's name could
/// end in the first of them (`An_up` lying `right`), and the recording's notes say so. Throws DataSetError for what
/// `visit_files` does and for one recording, a person in one posture with the sensor in one place, found twice.
[[nodiscard]] DataSet read_sleep(const std::filesystem::path& folder_or_archive);

}  // namespace propriod::train
