#include "train/propriod_reader.hpp"

#include <spdlog/fmt/fmt.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "drivers/errors.hpp"
#include "drivers/recording_file.hpp"
#include "train/reading.hpp"

namespace propriod::train {
namespace {

std::filesystem::path without_gz(std::filesystem::path path) {
  if (path.extension() == ".gz") path.replace_extension();
  return path;
}

void read_file(const std::filesystem::path& file, std::string name, DataSet& data_set) {
  ReadReport& report = data_set.report;
  drivers::ReadCounts counts;
  std::vector<drivers::Recording> recordings{drivers::read_recording(file, &counts)};
  recordings.front().name = std::move(name);
  report.lines += counts.lines;
  report.malformed += counts.malformed;
  report.not_ascending += counts.not_ascending;
  report.too_long += counts.too_long;
  drop_short_recordings(recordings, report);
  if (recordings.empty()) {
    report.unusable_files.push_back(fmt::format("{}: has a single usable sample; remove it", file.string()));
    return;
  }
  data_set.recordings.push_back(std::move(recordings.front()));
}

}  // namespace

DataSet read_propriod(const std::filesystem::path& directory) {
  std::map<std::filesystem::path, std::filesystem::path> files;  // by the name without .gz
  for (const auto& path : files_below(directory)) {
    const auto plain = without_gz(path);
    if (plain.extension() != ".csv") continue;
    const auto [twin, is_new] = files.try_emplace(plain, path);
    if (!is_new) refuse_twins(twin->second, path);
  }

  DataSet data_set;
  data_set.format = "propriod";
  data_set.native_rate_hz = 50;
  data_set.report.files = files.size();
  std::set<std::string> activities;
  std::set<std::string> placements;
  for (const auto& [plain, file] : files) {
    try {
      read_file(file, file.lexically_relative(directory).string(), data_set);
    } catch (const drivers::RecordingError& error) {
      data_set.report.unusable_files.emplace_back(error.what());
    }
  }
  for (const auto& recording : data_set.recordings) {
    activities.insert(recording.activities.begin(), recording.activities.end());
    placements.insert(recording.placements.begin(), recording.placements.end());
  }
  data_set.activities.assign(activities.begin(), activities.end());
  data_set.placements.assign(placements.begin(), placements.end());
  return data_set;
}

}  // namespace propriod::train
