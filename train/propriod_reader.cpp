#include "train/propriod_reader.hpp"

#include <spdlog/fmt/fmt.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "drivers/errors.hpp"
#include "drivers/recording_file.hpp"
#include "train/reading.hpp"

namespace propriod::train {
namespace {

/// What a sidecar says, or why it cannot be read: that matters only where a recording wants it.
struct ReadSidecar {
  std::optional<drivers::Sidecar> sidecar;
  std::string complaint;
};

ReadSidecar read_sidecar(const DataFile& file) {
  try {
    const auto bytes = file.open();
    std::string text(drivers::kMaxSidecarBytes + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
      const std::size_t count = bytes->read(std::span(text).subspan(size));
      if (count == 0) break;
      size += count;
    }
    text.resize(size);
    return {drivers::parse_sidecar(text, file.path), {}};
  } catch (const drivers::RecordingError& error) {
    return {std::nullopt, error.what()};
  }
}

std::filesystem::path without_gz(std::filesystem::path path) {
  if (path.extension() == ".gz") path.replace_extension();
  return path;
}

const drivers::Sidecar& sidecar_of(const DataFile& file, const std::map<std::string, ReadSidecar>& sidecars) {
  const auto name = drivers::sidecar_path(file.name).generic_string();
  const auto found = sidecars.find(name);
  if (found == sidecars.end()) {
    throw drivers::RecordingError(fmt::format(
        "{}: its sidecar {} is not there; a recording NAME.csv or NAME.csv.gz needs NAME.yaml beside it, with "
        "`rate: 50` and `unit: m/s2` at least",
        file.path, name));
  }
  if (!found->second.sidecar) throw drivers::RecordingError(found->second.complaint);
  return *found->second.sidecar;
}

/// The file's recording, if it has one that can be used.
std::optional<drivers::Recording> read_file(const DataFile& file, const std::map<std::string, ReadSidecar>& sidecars,
                                            ReadReport& report) {
  std::vector<drivers::Recording> recordings;
  ++report.files;
  try {
    drivers::LineReader reader(file.path, file.open());
    drivers::ReadCounts counts;
    recordings.push_back(drivers::read_recording(file.path, reader, sidecar_of(file, sidecars), &counts));
    report.lines += counts.lines;
    report.malformed += counts.malformed;
    report.not_ascending += counts.not_ascending;
    report.too_long += counts.too_long;
  } catch (const drivers::RecordingError& error) {
    report.unusable_files.emplace_back(error.what());
    return std::nullopt;
  }
  recordings.front().name = file.name;
  drop_short_recordings(recordings, report);
  if (recordings.empty()) {
    report.unusable_files.push_back(fmt::format("{}: has a single usable sample; remove it", file.path));
    return std::nullopt;
  }
  return std::move(recordings.front());
}

}  // namespace

DataSet read_propriod(const std::filesystem::path& folder_or_archive) {
  // Twice through the files: a recording needs its sidecar, which an archive may hold behind it.
  std::map<std::string, ReadSidecar> sidecars;
  visit_files(folder_or_archive, [&](const DataFile& file) {
    if (file.name.ends_with(".yaml")) sidecars.emplace(file.name, read_sidecar(file));
  });

  struct File {
    std::string path;
    std::optional<drivers::Recording> recording;
  };
  std::map<std::filesystem::path, File> files;  // by the name without .gz
  DataSet data_set;
  visit_files(folder_or_archive, [&](const DataFile& file) {
    const auto plain = without_gz(file.name);
    if (plain.extension() != ".csv") return;
    const auto [known, is_new] = files.try_emplace(plain, File{file.path, std::nullopt});
    if (!is_new) refuse_twins(known->second.path, file.path);
    known->second.recording = read_file(file, sidecars, data_set.report);
  });

  data_set.format = "propriod";
  data_set.native_rate_hz = 50;
  std::set<std::string> activities;
  std::set<std::string> placements;
  for (auto& [plain, file] : files) {
    if (!file.recording) continue;
    const auto& recording = data_set.recordings.emplace_back(std::move(*file.recording));
    activities.insert(recording.activities.begin(), recording.activities.end());
    placements.insert(recording.placements.begin(), recording.placements.end());
  }
  data_set.activities.assign(activities.begin(), activities.end());
  data_set.placements.assign(placements.begin(), placements.end());
  return data_set;
}

}  // namespace propriod::train
