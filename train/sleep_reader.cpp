#include "train/sleep_reader.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <map>
#include <optional>
#include <regex>
#include <utility>

#include "drivers/errors.hpp"
#include "drivers/parse_number.hpp"
#include "drivers/sleeper.hpp"
#include "train/reading.hpp"

namespace propriod::train {
namespace {

struct Placement {
  std::string_view word;  // in the files' names
  std::string_view label;
};
constexpr std::array kPlacements = {Placement{"nguc", "chest"}, Placement{"co", "neck"}, Placement{"bung", "abdomen"}};
constexpr double kRateHz = 50;
constexpr std::chrono::milliseconds kPeriod{20};

struct Unit {
  std::string_view name;
  float mps2;  // in one
};
constexpr float kStandardGravityMps2 = 9.80665F;
constexpr std::array kUnits = {Unit{"m/s²", 1}, Unit{"g", kStandardGravityMps2},
                               Unit{"counts of 1/256 g", kStandardGravityMps2 / 256}};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

/// "up_right" of "upright" or "UP-RIGHT", a word between underscores.
std::optional<std::string> posture_of(const std::string& word) {
  const auto letters = [](std::string text) {
    std::erase_if(text, [](char c) { return c == '_' || c == '-'; });
    return text;
  };
  for (const auto posture : drivers::kPostures) {
    if (letters(std::string(posture)) == letters(lower(word))) return std::string(posture);
  }
  return std::nullopt;
}

/// What a file's name says before its placement.
struct Stem {
  std::string subject;  // empty: nothing
  std::string posture;
  bool two_words = false;  // the posture was written "up_right"
};

/// Of `<subject>_<posture>` or `<posture>`; nothing when its last word is no posture. "up_right" ends in a posture too,
/// and "An_up" could be a person: but were it read so, one person would be several, on both sides of a split.
std::optional<Stem> parse_stem(const std::string& stem) {
  const auto begin_of_word = [&](std::size_t end) {  // after the last '_' before `end`
    const auto underscore = end == 0 ? std::string::npos : stem.rfind('_', end - 1);
    return underscore == std::string::npos ? 0 : underscore + 1;
  };
  const auto before = [&](std::size_t word) { return stem.substr(0, word == 0 ? 0 : word - 1); };
  const auto last = begin_of_word(stem.size());
  if (last > 0) {
    const auto both = begin_of_word(last - 1);
    const auto posture = std::ranges::find(drivers::kPostures, lower(stem.substr(both)));
    if (posture != drivers::kPostures.end()) return Stem{before(both), std::string(*posture), true};
  }
  if (const auto posture = posture_of(stem.substr(last))) return Stem{before(last), *posture, false};
  return std::nullopt;
}

constexpr std::string_view kTwoWordsNote =
    "; where the last two words before the placement in a file's name make a posture, such as up_right, they are read "
    "as it, not as the end of a person's name";

/// Beyond any accelerometer in any unit, and it stays finite in m/s².
constexpr float kLargest = 1e6F;

std::optional<drivers::Acceleration> parse_axes(std::string_view x, std::string_view y, std::string_view z) {
  drivers::Acceleration axes{};
  if (!drivers::parse_number(x, axes[0]) || !drivers::parse_number(y, axes[1]) || !drivers::parse_number(z, axes[2])) {
    return std::nullopt;
  }
  if (std::ranges::any_of(axes, [](float axis) { return std::abs(axis) > kLargest; })) return std::nullopt;
  return axes;
}

/// `t,ax,ay,az;`
std::optional<drivers::Acceleration> parse_timed(std::string_view line) {
  std::array<std::string_view, 4> fields;
  // Without its semicolon a line is cut off, and its last number may be.
  line = drivers::trimmed(line);
  if (!line.ends_with(';') || !split_fields(line.substr(0, line.size() - 1), fields)) return std::nullopt;
  return parse_axes(fields[1], fields[2], fields[3]);
}

/// `ax,ay,az`
std::optional<drivers::Acceleration> parse_headed(std::string_view line) {
  std::array<std::string_view, 3> fields;
  if (!split_fields(line, fields)) return std::nullopt;
  return parse_axes(fields[0], fields[1], fields[2]);
}

float median_magnitude(const std::vector<drivers::RecordedSample>& samples) {
  std::vector<float> magnitudes;
  magnitudes.reserve(samples.size());
  for (const auto& sample : samples) {
    magnitudes.push_back(std::hypot(sample.accel_mps2[0], sample.accel_mps2[1], sample.accel_mps2[2]));
  }
  const auto middle = magnitudes.begin() + static_cast<std::ptrdiff_t>(magnitudes.size() / 2);
  std::nth_element(magnitudes.begin(), middle, magnitudes.end());
  return *middle;
}

std::vector<drivers::Recording> read_file(const DataFile& file, const SleepParser::Source& source, ReadReport& report) {
  std::vector<drivers::Recording> recordings;
  read_lines(file, report, [&](drivers::LineReader& reader) {
    SleepParser parser(source, report);
    std::string_view line;
    while (reader.next(line)) parser.take(reader.line_number(), line);
    recordings = parser.finish();
    if (recordings.empty()) {
      report.unusable_files.push_back(fmt::format(
          "{}: fewer than two of its {} lines are usable; lines look like \"0.02,0.01,-0.98,0.05;\", or like "
          "\"0.01,-0.98,0.05\" below a header",
          file.path, reader.line_number()));
    }
  });
  return recordings;
}

}  // namespace

SleepParser::SleepParser(const Source& source, ReadReport& report) : report_(report) {
  recording_.name = source.name;
  recording_.subject = source.subject;
  recording_.rate_hz = kRateHz;
  recording_.activities = {source.posture};
  recording_.placements = {source.placement};
}

bool SleepParser::take(std::size_t line_number, std::string_view line) {
  if (layout_ == Layout::kUnknown) {
    layout_ = line.find(';') != std::string_view::npos ? Layout::kTimed : Layout::kHeaded;
    if (layout_ == Layout::kHeaded && !parse_headed(line)) {
      header_lines_ = line_number;
      return true;
    }
  }
  const auto axes = layout_ == Layout::kTimed ? parse_timed(line) : parse_headed(line);
  if (!axes) {
    ++report_.malformed;
    return false;
  }
  recording_.samples.push_back(
      {.time = (line_number - 1 - header_lines_) * kPeriod, .accel_mps2 = *axes, .activity = 0, .placement = 0});
  return true;
}

std::vector<drivers::Recording> SleepParser::finish() {
  std::vector<drivers::Recording> recordings;
  recordings.push_back(std::move(recording_));
  drop_short_recordings(recordings, report_);
  if (recordings.empty()) return recordings;
  auto& recording = recordings.front();
  const float median = median_magnitude(recording.samples);
  const auto unit = std::ranges::find_if(kUnits, [&](const Unit& each) {
    const float gravities = median * each.mps2 / kStandardGravityMps2;
    return gravities >= 0.5F && gravities <= 2;
  });
  if (unit == kUnits.end()) {
    throw drivers::RecordingError(
        fmt::format("{}: its accelerations have a median magnitude of {:.4g}; somebody who lies feels 1 g, which would "
                    "be 1, 9.8 (m/s²) or 256 (ADXL345 counts); convert them, or take it out",
                    recording.name, median));
  }
  for (auto& sample : recording.samples) {
    for (float& axis : sample.accel_mps2) axis *= unit->mps2;
  }
  recording.notes = fmt::format("Sleep data states no unit: taken for {}, by the size of gravity", unit->name);
  return recordings;
}

DataSet read_sleep(const std::filesystem::path& folder_or_archive) {
  static const std::regex kFileName(R"((?:.*/)?([^/]+)_(nguc|co|bung)\.txt(\.gz)?)", std::regex::icase);
  struct File {
    std::string path;
    std::vector<drivers::Recording> recordings;
  };
  std::map<std::array<std::string, 3>, File> files;  // by subject, posture and placement
  DataSet data_set;
  visit_files(folder_or_archive, [&](const DataFile& file) {
    std::smatch match;
    if (!std::regex_match(file.name, match, kFileName)) return;
    const auto words = match[1].str();
    const auto stem = parse_stem(words);
    if (!stem) {
      ++data_set.report.files;
      data_set.report.unusable_files.push_back(fmt::format("{}: \"{}\" is no posture; known are {}", file.path,
                                                           words.substr(words.rfind('_') + 1),
                                                           fmt::join(drivers::kPostures, ", ")));
      return;
    }
    const auto folder = folder_of(file.name);
    const std::string subject =
        stem->subject.empty() ? folder.substr(folder.rfind('/') + 1) : stem->subject;  // all of it without a '/'
    const auto placement = std::ranges::find(kPlacements, lower(match[2].str()), &Placement::word);
    const std::string label(placement->label);
    const auto [known, is_new] = files.try_emplace({subject, stem->posture, label}, File{file.path, {}});
    if (!is_new) refuse_twins(known->second.path, file.path);
    known->second.recordings = read_file(
        file, {.name = file.name, .subject = subject, .posture = stem->posture, .placement = label}, data_set.report);
    if (!stem->two_words) return;
    for (auto& recording : known->second.recordings) recording.notes += kTwoWordsNote;
  });

  data_set.format = "sleep";
  data_set.native_rate_hz = kRateHz;
  data_set.activities.assign(drivers::kPostures.begin(), drivers::kPostures.end());
  for (const auto& placement : kPlacements) data_set.placements.emplace_back(placement.label);
  for (auto& [key, file] : files) std::ranges::move(file.recordings, std::back_inserter(data_set.recordings));
  return data_set;
}

}  // namespace propriod::train
