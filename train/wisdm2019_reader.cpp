#include "train/wisdm2019_reader.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <regex>
#include <utility>

#include "drivers/parse_number.hpp"
#include "train/reading.hpp"

namespace propriod::train {
namespace {

struct Activity {
  char code;
  std::string_view label;
};

/// The publisher's activity_key.txt: there is no N.
constexpr std::array kActivities = {
    Activity{'A', "walking"},        Activity{'B', "jogging"},     Activity{'C', "stairs"},
    Activity{'D', "sitting"},        Activity{'E', "standing"},    Activity{'F', "typing"},
    Activity{'G', "brushing_teeth"}, Activity{'H', "eating_soup"}, Activity{'I', "eating_chips"},
    Activity{'J', "eating_pasta"},   Activity{'K', "drinking"},    Activity{'L', "eating_sandwich"},
    Activity{'M', "kicking"},        Activity{'O', "catch"},       Activity{'P', "dribbling"},
    Activity{'Q', "writing"},        Activity{'R', "clapping"},    Activity{'S', "folding_clothes"},
};
constexpr std::array<std::string_view, 2> kPlacements = {"phone", "watch"};

/// 95 years: no clock says more, and sums and small multiples of such times still fit into 64 bits.
constexpr std::int64_t kLatestTimeNs = 3'000'000'000'000'000'000;

struct Line {
  std::string_view subject;
  const Activity* activity;
  std::chrono::nanoseconds time;
  drivers::Acceleration accel_mps2;
};

std::optional<Line> parse_line(std::string_view text) {
  std::array<std::string_view, 6> fields;
  // Without its semicolon a line is cut off, and its last number may be.
  if (!text.ends_with(';') || !split_fields(text.substr(0, text.size() - 1), fields)) return std::nullopt;
  if (fields[1].size() != 1) return std::nullopt;
  const auto activity = std::ranges::find(kActivities, fields[1].front(), &Activity::code);
  if (activity == kActivities.end()) return std::nullopt;
  std::int64_t time_ns = 0;
  if (!drivers::parse_number(fields[2], time_ns) || time_ns < 0 || time_ns > kLatestTimeNs) return std::nullopt;
  Line line{fields[0], &*activity, std::chrono::nanoseconds{time_ns}, {}};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (!drivers::parse_number(fields[3 + axis], line.accel_mps2[axis])) return std::nullopt;
  }
  return line;
}

/// From the median interval: clocks run at 19.86, 20 or 49.6 Hz, and a gap must not change that.
double measured_rate_hz(const std::vector<drivers::RecordedSample>& samples) {
  std::vector<std::chrono::nanoseconds> intervals;
  intervals.reserve(samples.size() - 1);
  std::transform(std::next(samples.begin()), samples.end(), samples.begin(), std::back_inserter(intervals),
                 [](const auto& later, const auto& earlier) { return later.time - earlier.time; });
  const auto middle = intervals.begin() + static_cast<std::ptrdiff_t>(intervals.size() / 2);
  std::nth_element(intervals.begin(), middle, intervals.end());
  return 1e9 / static_cast<double>(middle->count());
}

std::vector<drivers::Recording> read_file(const DataFile& file, Wisdm2019Parser::Source source, ReadReport& report) {
  std::vector<drivers::Recording> recordings;
  read_lines(file, report, [&](drivers::LineReader& reader) {
    Wisdm2019Parser parser(std::move(source), report);
    std::string_view line;
    while (reader.next(line)) parser.take(reader.line_number(), line);
    recordings = parser.finish();
    if (recordings.empty()) {
      report.unusable_files.push_back(
          fmt::format("{}: none of its {} lines is usable; lines look like \"1600,A,252207666810782,-0.36,8.79,1.05;\"",
                      file.path, reader.line_number()));
    }
  });
  return recordings;
}

}  // namespace

void Wisdm2019Parser::take(std::size_t line_number, std::string_view text) {
  const auto line = parse_line(text);
  if (!line || line->subject != source_.subject) {
    ++report_.malformed;
    return;
  }
  if (line->activity->code != activity_code_) {
    activity_code_ = line->activity->code;
    block_start_ = line->time;
    auto& block = blocks_.emplace_back();
    block.name = fmt::format("{}:{}", source_.name, line_number);
    block.subject = source_.subject;
    block.activities = {std::string(line->activity->label)};
    block.placements = {source_.placement};
  }
  auto& samples = blocks_.back().samples;
  const auto time = line->time - block_start_;
  if (!samples.empty() && time <= samples.back().time) {
    ++report_.not_ascending;
    return;
  }
  samples.push_back({.time = time, .accel_mps2 = line->accel_mps2, .activity = 0, .placement = 0});
}

std::vector<drivers::Recording> Wisdm2019Parser::finish() {
  drop_short_recordings(blocks_, report_);
  for (auto& block : blocks_) block.rate_hz = measured_rate_hz(block.samples);
  return std::move(blocks_);
}

DataSet read_wisdm2019(const std::filesystem::path& folder_or_archive) {
  static const std::regex kFileName(R"((?:.*/)?data_(\d+)_accel_(phone|watch)\.txt(\.gz)?)");
  struct File {
    std::string path;
    std::vector<drivers::Recording> recordings;
  };
  std::map<std::pair<std::string, std::string>, File> files;  // by placement and subject
  DataSet data_set;
  visit_files(folder_or_archive, [&](const DataFile& file) {
    std::smatch match;
    if (!std::regex_match(file.name, match, kFileName)) return;
    const auto [known, is_new] = files.try_emplace({match[2].str(), match[1].str()}, File{file.path, {}});
    if (!is_new) refuse_twins(known->second.path, file.path);
    known->second.recordings =
        read_file(file, {.name = file.name, .subject = match[1].str(), .placement = match[2].str()}, data_set.report);
  });

  data_set.format = "wisdm2019";
  data_set.native_rate_hz = 20;
  for (const auto& activity : kActivities) data_set.activities.emplace_back(activity.label);
  data_set.placements.assign(kPlacements.begin(), kPlacements.end());
  for (auto& [key, file] : files) std::ranges::move(file.recordings, std::back_inserter(data_set.recordings));
  return data_set;
}

}  // namespace propriod::train
