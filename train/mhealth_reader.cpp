#include "train/mhealth_reader.hpp"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <regex>

#include "drivers/parse_number.hpp"
#include "train/reading.hpp"

namespace propriod::train {
namespace {

/// By the number in the last column.
constexpr std::array<std::string_view, 13> kActivities = {
    "null",
    "standing_still",
    "sitting_relaxing",
    "lying_down",
    "walking",
    "climbing_stairs",
    "waist_bends_forward",
    "frontal_elevation_of_arms",
    "knees_bending",
    "cycling",
    "jogging",
    "running",
    "jump_front_back",
};
struct Placement {
  std::string_view label;
  std::size_t first_column;  // of x, from 0
};
constexpr std::array kPlacements = {Placement{"chest", 0}, Placement{"left_ankle", 5}, Placement{"right_wrist", 14}};
constexpr std::size_t kColumns = 24;
constexpr double kRateHz = 50;
constexpr std::chrono::milliseconds kPeriod{20};

struct Line {
  std::array<float, kColumns - 1> values;
  std::int16_t activity;
};

std::optional<Line> parse_line(std::string_view text) {
  std::array<std::string_view, kColumns> fields;
  if (!split_at_blanks(text, fields)) return std::nullopt;
  Line line{};
  // Columns that are not used are parsed too: where one is broken the line is not to be trusted.
  for (std::size_t column = 0; column < line.values.size(); ++column) {
    if (!drivers::parse_number(fields[column], line.values[column])) return std::nullopt;
  }
  if (!drivers::parse_number(fields.back(), line.activity)) return std::nullopt;
  if (line.activity < 0 || static_cast<std::size_t>(line.activity) >= kActivities.size()) return std::nullopt;
  return line;
}

std::vector<drivers::Recording> read_file(const DataFile& file, std::string subject, ReadReport& report) {
  std::vector<drivers::Recording> recordings;
  read_lines(file, report, [&](drivers::LineReader& reader) {
    MhealthParser parser({.name = file.name, .subject = std::move(subject)}, report);
    std::string_view line;
    while (reader.next(line)) parser.take(reader.line_number(), line);
    recordings = parser.finish();
    if (recordings.empty()) {
      report.unusable_files.push_back(
          fmt::format("{}: fewer than two of its {} lines are usable; expected are 24 numbers with blanks between them",
                      file.path, reader.line_number()));
    }
  });
  return recordings;
}

}  // namespace

MhealthParser::MhealthParser(Source source, ReadReport& report) : report_(report) {
  for (const auto& placement : kPlacements) {
    auto& recording = recordings_.emplace_back();
    recording.name = fmt::format("{} {}", source.name, placement.label);
    recording.subject = source.subject;
    recording.rate_hz = kRateHz;
    recording.activities.assign(kActivities.begin(), kActivities.end());
    recording.placements = {std::string(placement.label)};
  }
}

bool MhealthParser::take(std::size_t line_number, std::string_view text) {
  const auto line = parse_line(text);
  if (!line) {
    ++report_.malformed;
    return false;
  }
  for (std::size_t k = 0; k < kPlacements.size(); ++k) {
    const auto* const xyz = line->values.data() + kPlacements[k].first_column;
    recordings_[k].samples.push_back({.time = (line_number - 1) * kPeriod,
                                      .accel_mps2 = {xyz[0], xyz[1], xyz[2]},
                                      .activity = line->activity,
                                      .placement = 0});
  }
  return true;
}

std::vector<drivers::Recording> MhealthParser::finish() {
  drop_short_recordings(recordings_, report_);
  return std::move(recordings_);
}

DataSet read_mhealth(const std::filesystem::path& folder_or_archive) {
  static const std::regex kFileName(R"((?:.*/)?mHealth_(subject\d+)\.log(\.gz)?)");
  struct File {
    std::string path;
    std::vector<drivers::Recording> recordings;
  };
  std::map<std::string, File> files;  // by subject
  DataSet data_set;
  visit_files(folder_or_archive, [&](const DataFile& file) {
    std::smatch match;
    if (!std::regex_match(file.name, match, kFileName)) return;
    const auto [known, is_new] = files.try_emplace(match[1].str(), File{file.path, {}});
    if (!is_new) refuse_twins(known->second.path, file.path);
    known->second.recordings = read_file(file, match[1].str(), data_set.report);
  });

  data_set.format = "mhealth";
  data_set.native_rate_hz = kRateHz;
  data_set.activities.assign(kActivities.begin(), kActivities.end());
  for (std::size_t k = 0; k < kPlacements.size(); ++k) {
    data_set.placements.emplace_back(kPlacements[k].label);
    for (auto& [subject, file] : files) {
      if (!file.recordings.empty()) data_set.recordings.push_back(std::move(file.recordings[k]));
    }
  }
  return data_set;
}

}  // namespace propriod::train
