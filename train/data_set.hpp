#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/recording.hpp"

namespace propriod::train {

/// What was met while a data set was read, and what of it was left out.
struct ReadReport {
  std::uint64_t files = 0;
  std::uint64_t lines = 0;          ///< in all of them, the ones left out included
  std::uint64_t malformed = 0;      ///< lines left out: not of the format
  std::uint64_t not_ascending = 0;  ///< lines left out: time stamp equal to or before the one kept last
  std::uint64_t too_long = 0;       ///< lines left out: longer than any format's
  /// In each recording: over 3 periods of the slower of recording and data set, or a missing segment.
  std::uint64_t gaps = 0;
  std::uint64_t short_recordings = 0;  ///< left out: fewer than two samples have no rate
  /// A message for each file with nothing usable in it. Always empty in what `read_data_set` returns: it refuses such a
  /// set, and names them all at once.
  std::vector<std::string> unusable_files;

  /// One line for a log or a terminal.
  [[nodiscard]] std::string summary() const;
};

/// Labelled recordings of several people, as published or as `propriod record` wrote them.
struct DataSet {
  std::string format;         ///< as on the command line: wisdm2019, …
  double native_rate_hz = 0;  ///< nominal; single recordings may differ
  /// The labels that occur on a sample, in the order of the network's outputs: the publisher's, or else sorted by name.
  /// Each recording has tables of its own.
  std::vector<std::string> activities;
  std::vector<std::string> placements;
  std::vector<drivers::Recording> recordings;  ///< at least one; names are unique
  ReadReport report;
};

/// Reads everything of one format in a folder, or in an archive in place (zip, tar.gz, tar.xz, …); the same files give
/// the same data set, whatever order they are found in. Lines that make no sense are counted and left out. Throws
/// DataSetError for an unknown format, a folder or archive that cannot be read or has nothing of the format, a file
/// with nothing usable in it, no recording long enough, and one recording found twice.
[[nodiscard]] DataSet read_data_set(std::string_view format, const std::filesystem::path& folder_or_archive);

/// The formats that `read_data_set` knows. Any thread.
[[nodiscard]] std::span<const std::string_view> data_set_formats() noexcept;

/// Removes from the data set's labels those that no sample carries (any more); the order of the others stays.
void keep_occurring_labels(DataSet& data_set);

/// SHA-256, as 64 hex digits, over labels, subjects, rates, times and values. Where the files lie, what they are called
/// and whether they are compressed does not enter, as long as their order stays the same.
[[nodiscard]] std::string fingerprint(const DataSet& data_set);

}  // namespace propriod::train
