#include "train/dsads_reader.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <span>
#include <utility>

#include "drivers/parse_number.hpp"
#include "train/reading.hpp"

namespace propriod::train {
namespace {

/// a01 … a19, in the publisher's order.
constexpr std::array<std::string_view, 19> kActivities = {
    "sitting",
    "standing",
    "lying_on_back",
    "lying_on_right_side",
    "ascending_stairs",
    "descending_stairs",
    "standing_in_lift",
    "moving_in_lift",
    "walking_in_car_park",
    "walking_on_treadmill_flat",
    "walking_on_treadmill_inclined",
    "running_on_treadmill",
    "stepper",
    "cross_trainer",
    "cycling_horizontal",
    "cycling_vertical",
    "rowing",
    "jumping",
    "playing_basketball",
};
/// In the order of the columns: T, RA, LA, RL, LL.
constexpr std::array<std::string_view, 5> kPlacements = {"torso", "right_arm", "left_arm", "right_leg", "left_leg"};
constexpr std::size_t kColumnsPerUnit = 9;  // acceleration, gyroscope, magnetometer: x, y, z each
constexpr double kRateHz = 25;
constexpr std::chrono::milliseconds kPeriod{40};
constexpr std::size_t kLinesPerSegment = 125;

using UnitAccelerations = std::array<drivers::Acceleration, kPlacements.size()>;

std::optional<UnitAccelerations> parse_line(std::string_view line) {
  std::array<std::string_view, kPlacements.size() * kColumnsPerUnit> fields;
  if (!split_fields(line, fields)) return std::nullopt;
  UnitAccelerations accel_mps2;
  for (std::size_t column = 0; column < fields.size(); ++column) {
    // The gyroscope's and magnetometer's columns are parsed too: where one is broken the line is not to be trusted.
    float value = 0;
    if (!drivers::parse_number(fields[column], value)) return std::nullopt;
    const std::size_t axis = column % kColumnsPerUnit;
    if (axis < 3) accel_mps2[column / kColumnsPerUnit][axis] = value;
  }
  return accel_mps2;
}

void read_segment(const DataFile& file, DsadsParser& parser, ReadReport& report) {
  read_lines(file, report, [&](drivers::LineReader& reader) {
    std::string_view line;
    bool usable = false;
    while (reader.next(line)) usable |= parser.take(reader.line_number(), line);
    if (!usable) {
      report.unusable_files.push_back(fmt::format(
          "{}: none of its {} lines is usable; expected are 125 lines of 45 numbers with commas between them",
          file.path, reader.line_number()));
    }
  });
}

}  // namespace

void DsadsParser::start_segment(int number) { segment_ = &segments_[number]; }

bool DsadsParser::take(std::size_t line_number, std::string_view line) {
  const auto units = line_number <= kLinesPerSegment ? parse_line(line) : std::nullopt;
  if (!units) {
    ++report_.malformed;
    return false;
  }
  segment_->push_back({line_number, *units});
  return true;
}

std::vector<drivers::Recording> DsadsParser::finish() {
  std::vector<drivers::Recording> recordings;  // the last five grow
  int first = 0;                               // segment of those
  int previous = 0;
  for (const auto& [number, lines] : segments_) {
    if (recordings.empty() || number != previous + 1) {
      if (!recordings.empty()) report_.gaps += kPlacements.size();
      first = number;
      for (const auto placement : kPlacements) {
        auto& recording = recordings.emplace_back();
        recording.name = fmt::format("{}/s{:02} {}", source_.name, number, placement);
        recording.subject = source_.subject;
        recording.rate_hz = kRateHz;
        recording.activities = {source_.activity};
        recording.placements = {std::string(placement)};
      }
    }
    previous = number;
    const auto growing = std::span(recordings).last<kUnits>();
    for (const auto& line : lines) {
      const auto lines_before = static_cast<std::size_t>(number - first) * kLinesPerSegment + line.number - 1;
      for (std::size_t unit = 0; unit < kUnits; ++unit) {
        growing[unit].samples.push_back(
            {.time = lines_before * kPeriod, .accel_mps2 = line.accel_mps2[unit], .activity = 0, .placement = 0});
      }
    }
  }
  drop_short_recordings(recordings, report_);
  return recordings;
}

DataSet read_dsads(const std::filesystem::path& folder_or_archive) {
  static const std::regex kFileName(R"((?:.*/)?a(0[1-9]|1\d)/p([1-9])/s(0[1-9]|[1-9]\d)\.txt(\.gz)?)");
  struct Session {
    DsadsParser parser;
    std::map<int, std::string> paths;  // by segment
  };
  std::map<std::pair<std::size_t, int>, Session> sessions;  // by activity and subject
  DataSet data_set;
  visit_files(folder_or_archive, [&](const DataFile& file) {
    std::smatch match;
    if (!std::regex_match(file.name, match, kFileName)) return;
    const std::size_t activity = std::stoul(match[1].str());
    const int subject = std::stoi(match[2].str());
    const int segment = std::stoi(match[3].str());
    auto session = sessions.find({activity, subject});
    if (session == sessions.end()) {
      DsadsParser parser({.name = folder_of(file.name),
                          .subject = fmt::format("p{}", subject),
                          .activity = std::string(kActivities[activity - 1])},
                         data_set.report);
      session = sessions.try_emplace({activity, subject}, Session{std::move(parser), {}}).first;
    }
    const auto [known, is_new] = session->second.paths.try_emplace(segment, file.path);
    if (!is_new) refuse_twins(known->second, file.path);
    session->second.parser.start_segment(segment);
    read_segment(file, session->second.parser, data_set.report);
  });

  data_set.format = "dsads";
  data_set.native_rate_hz = kRateHz;
  data_set.activities.assign(kActivities.begin(), kActivities.end());
  data_set.placements.assign(kPlacements.begin(), kPlacements.end());
  for (auto& [key, session] : sessions) {
    std::ranges::move(session.parser.finish(), std::back_inserter(data_set.recordings));
  }
  return data_set;
}

}  // namespace propriod::train
