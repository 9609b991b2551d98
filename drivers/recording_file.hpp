#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "drivers/line_reader.hpp"
#include "drivers/output_file.hpp"
#include "drivers/recording.hpp"
#include "drivers/sidecar.hpp"

/// Recording files: `NAME.csv` or `NAME.csv.gz` with the header `time,x,y,z,activity,placement` (seconds since the
/// start, m/s², labels may be empty), and the sidecar `NAME.yaml`.
namespace propriod::drivers {

/// What `read_recording` met in the CSV.
struct ReadCounts {
  std::uint64_t lines = 0;      ///< after the header; one each for a sample or for one of the following
  std::uint64_t malformed = 0;  ///< not six fields, no number, no label, too many labels, or torn off at the file's end
  std::uint64_t not_ascending = 0;  ///< not later than the sample before
  std::uint64_t too_long = 0;       ///< more than `LineReader::kMaxLineBytes`
};

/// Reads a recording and its sidecar. Unusable lines are counted in `counts` and skipped. A recording that was never
/// closed (no `samples` in its sidecar) may end in the middle of a gzip stream. Throws RecordingError naming the file
/// when it or the sidecar cannot be read, lacks the header, holds nothing usable, or more than 2^26 samples.
[[nodiscard]] Recording read_recording(const std::filesystem::path& csv, ReadCounts* counts = nullptr);

/// The same from wherever its lines come; `name` is for messages, and the recording's.
[[nodiscard]] Recording read_recording(const std::string& name, LineReader& reader, const Sidecar& sidecar,
                                       ReadCounts* counts = nullptr);

/// What a recording lacks, for its sidecar.
struct RecordingLosses {
  std::uint64_t lost = 0;
  std::uint64_t gaps = 0;
  std::uint64_t reconnects = 0;
};

/// Writes a recording as it comes in; gzip when the name ends in `.gz`. A process killed at any moment leaves a
/// readable recording that lacks at most its last block (4 KiB of lines, 64 KiB in gzip) and the counts in its sidecar;
/// so does one destroyed without `close()`. What was written reads back equal. One thread.
class RecordingWriter {
 public:
  /// Makes both files. Samples index `activities` and `placements`. Throws RecordingError when one of them exists,
  /// cannot be written, or a label or a text of the sidecar is none.
  RecordingWriter(std::filesystem::path csv, Sidecar sidecar, std::vector<std::string> activities,
                  std::vector<std::string> placements);
  RecordingWriter(const RecordingWriter&) = delete;
  RecordingWriter& operator=(const RecordingWriter&) = delete;

  /// Times are rounded to microseconds and must ascend still. Throws RecordingError for a sample that cannot be
  /// recorded and for a failed write (disk full).
  void write(const RecordedSample& sample);

  /// Writes what was not yet: a kill from now on loses none of it. Throws RecordingError for a failed write.
  void flush();

  /// Writes the last block and the counts, and sees both files onto the disk. Throws RecordingError; later calls do
  /// nothing.
  void close(const RecordingLosses& losses = {});

 private:
  void flush_block();

  std::filesystem::path csv_;
  Sidecar sidecar_;
  std::vector<std::string> activities_;
  std::vector<std::string> placements_;
  bool gzip_;
  std::optional<OutputFile> file_;  // until closed
  std::string block_;               // whole lines not yet written
  std::optional<std::chrono::microseconds> last_time_;
  std::uint64_t samples_ = 0;
};

}  // namespace propriod::drivers
