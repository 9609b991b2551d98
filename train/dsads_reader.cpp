#include "train/dsads_reader.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <utility>

#include "drivers/errors.hpp"
#include "drivers/line_reader.hpp"
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

void read_segment(const std::filesystem::path& file, DsadsParser& parser, ReadReport& report) {
  drivers::LineReader reader(file);
  std::string_view line;
  bool usable = false;
  while (reader.next(line)) usable |= parser.take(reader.line_number(), line);
  report.lines += reader.line_number();
  report.too_long += reader.too_long();
  if (!usable) {
    report.unusable_files.push_back(
        fmt::format("{}: none of its {} lines is usable; expected are 125 lines of 45 numbers with commas between them",
                    file.string(), reader.line_number()));
  }
}

}  // namespace

void DsadsParser::start_segment(int number) {
  const bool follows = segment_ != 0 && number == segment_ + 1;
  if (segment_ != 0 && !follows) report_.gaps += kPlacements.size();
  segment_ = number;
  if (follows) return;
  first_segment_ = number;
  for (const auto placement : kPlacements) {
    auto& recording = recordings_.emplace_back();
    recording.name = fmt::format("{}/s{:02} {}", source_.name, number, placement);
    recording.subject = source_.subject;
    recording.rate_hz = kRateHz;
    recording.activities = {source_.activity};
    recording.placements = {std::string(placement)};
  }
}

bool DsadsParser::take(std::size_t line_number, std::string_view line) {
  const auto units = line_number <= kLinesPerSegment ? parse_line(line) : std::nullopt;
  if (!units) {
    ++report_.malformed;
    return false;
  }
  const auto lines_before = static_cast<std::size_t>(segment_ - first_segment_) * kLinesPerSegment + line_number - 1;
  const auto growing = recordings_.end() - kPlacements.size();
  for (std::size_t unit = 0; unit < units->size(); ++unit) {
    growing[static_cast<std::ptrdiff_t>(unit)].samples.push_back(
        {.time = lines_before * kPeriod, .accel_mps2 = (*units)[unit], .activity = 0, .placement = 0});
  }
  return true;
}

std::vector<drivers::Recording> DsadsParser::finish() {
  drop_short_recordings(recordings_, report_);
  return std::move(recordings_);
}

DataSet read_dsads(const std::filesystem::path& directory) {
  static const std::regex kFileName(R"(a(0[1-9]|1\d)/p([1-9])/s(0[1-9]|[1-9]\d)\.txt(\.gz)?)");
  using Segments = std::map<int, std::filesystem::path>;
  std::map<std::pair<std::size_t, int>, Segments> sessions;  // by activity and subject
  DataSet data_set;
  data_set.format = "dsads";
  data_set.native_rate_hz = kRateHz;
  for (const auto& path : files_below(directory)) {
    const auto person = path.parent_path();
    const std::string name = (person.parent_path().filename() / person.filename() / path.filename()).generic_string();
    std::smatch match;
    if (!std::regex_match(name, match, kFileName)) continue;
    auto& segments = sessions[{std::stoul(match[1].str()), std::stoi(match[2].str())}];
    const auto [twin, is_new] = segments.try_emplace(std::stoi(match[3].str()), path);
    if (!is_new) refuse_twins(twin->second, path);
    ++data_set.report.files;
  }

  data_set.activities.assign(kActivities.begin(), kActivities.end());
  data_set.placements.assign(kPlacements.begin(), kPlacements.end());
  for (const auto& [key, segments] : sessions) {
    const auto [activity, subject] = key;
    const auto folder = segments.begin()->second.parent_path();
    DsadsParser parser({.name = folder.lexically_relative(directory).string(),
                        .subject = fmt::format("p{}", subject),
                        .activity = std::string(kActivities[activity - 1])},
                       data_set.report);
    for (const auto& [segment, file] : segments) {
      parser.start_segment(segment);
      try {
        read_segment(file, parser, data_set.report);
      } catch (const drivers::RecordingError& error) {
        data_set.report.unusable_files.emplace_back(error.what());
      }
    }
    std::ranges::move(parser.finish(), std::back_inserter(data_set.recordings));
  }
  return data_set;
}

}  // namespace propriod::train
