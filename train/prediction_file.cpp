#include "train/prediction_file.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <string_view>

#include "drivers/errors.hpp"
#include "drivers/label.hpp"
#include "drivers/line_reader.hpp"
#include "drivers/parse_number.hpp"
#include "train/errors.hpp"

namespace propriod::train {
namespace {

constexpr std::string_view kHeader =
    "recording,start_s,activity,activity_predicted,activity_confidence,"
    "placement,placement_predicted,placement_confidence";
constexpr std::size_t kFields = 8;
constexpr double kLongestStart = 1e9;  // seconds

[[noreturn]] void fail_to_write(const std::filesystem::path& path) {
  throw std::runtime_error(path.string() + ": cannot be written; is the folder there, the disk full?");
}

std::string csv_field(std::string_view text) {
  std::string field;
  bool needs_quotes = false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    needs_quotes = needs_quotes || c == ',' || c == '"';
    if (c == '"') field += '"';
    field += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return needs_quotes ? '"' + field + '"' : field;
}

std::string task_fields(const TaskPrediction& task) {
  return fmt::format("{},{},{:.6f}", csv_field(task.truth), csv_field(task.predicted), task.confidence);
}

/// The fields of one line, unquoted; nothing where the quotes are wrong or there are not `kFields`.
std::optional<std::array<std::string, kFields>> split_quoted(std::string_view line) {
  std::array<std::string, kFields> fields;
  for (std::size_t field = 0; field < kFields; ++field) {
    if (line.starts_with('"')) {
      std::size_t place = 1;
      for (; place < line.size(); ++place) {
        if (line[place] == '"' && !line.substr(place).starts_with("\"\"")) break;
        if (line[place] == '"') ++place;
        fields[field] += line[place];
      }
      if (place >= line.size()) return std::nullopt;  // the quote never ends
      line.remove_prefix(place + 1);
    } else {
      const auto end = std::min(line.find(','), line.size());
      fields[field] = line.substr(0, end);
      if (fields[field].find('"') != std::string::npos) return std::nullopt;
      line.remove_prefix(end);
    }
    const bool last = field + 1 == kFields;
    if (last ? !line.empty() : !line.starts_with(',')) return std::nullopt;
    if (!last) line.remove_prefix(1);
  }
  return fields;
}

class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path), lines_(path) {}

  std::vector<PredictionRow> rows() {
    std::vector<PredictionRow> rows;
    std::string_view line;
    if (!next(line) || line != kHeader) fail("the first line must be " + std::string(kHeader));
    while (next(line)) {
      if (rows.size() == kMostPredictionRows) fail(fmt::format("more than {} windows", kMostPredictionRows));
      rows.push_back(row(line));
    }
    return rows;
  }

 private:
  bool next(std::string_view& line) {
    const bool found = lines_.next(line);
    if (lines_.too_long() > 0) fail(fmt::format("a line of more than {} bytes", drivers::LineReader::kMaxLineBytes));
    if (found && !lines_.line_ended()) fail("the last line is torn");
    return found;
  }

  PredictionRow row(std::string_view line) {
    if (!drivers::is_plain_text(line, line.size())) fail("not UTF-8 without control characters");
    auto fields = split_quoted(line);
    if (!fields) fail(fmt::format("must have {} fields, quoted where they hold commas", kFields));
    auto& [recording, start, activity, activity_predicted, activity_confidence, placement, placement_predicted,
           placement_confidence] = *fields;
    return {.recording = std::move(recording),
            .start_s = number("start_s", start, -kLongestStart, kLongestStart),
            .activity = {.truth = std::move(activity),
                         .predicted = std::move(activity_predicted),
                         .confidence = number("activity_confidence", activity_confidence, 0, 1)},
            .placement = {.truth = std::move(placement),
                          .predicted = std::move(placement_predicted),
                          .confidence = number("placement_confidence", placement_confidence, 0, 1)}};
  }

  double number(std::string_view name, std::string_view field, double least, double most) {
    double value = 0;
    if (!drivers::parse_number(field, value) || value < least || value > most) {
      fail(fmt::format("{}: must be a number within {} … {}, not '{}'", name, least, most, drivers::shown(field)));
    }
    return value;
  }

  [[noreturn]] void fail(const std::string& what) {
    throw DataSetError(fmt::format("{}:{}: {}; write it again with --predictions", path_.string(),
                                   std::max<std::size_t>(lines_.line_number(), 1), what));
  }

  std::filesystem::path path_;
  drivers::LineReader lines_;
};

}  // namespace

void write_predictions(const std::filesystem::path& path, std::span<const PredictionRow> rows) {
  std::ofstream file(path, std::ios::binary);
  file << kHeader << '\n';
  for (const auto& row : rows) {
    file << fmt::format("{},{:.6f},{},{}\n", csv_field(row.recording), row.start_s, task_fields(row.activity),
                        task_fields(row.placement));
  }
  file.close();
  if (!file) fail_to_write(path);
}

void refuse_unwritable_predictions(const std::filesystem::path& path) {
  if (!std::ofstream(path, std::ios::binary | std::ios::app)) fail_to_write(path);
}

std::vector<PredictionRow> read_predictions(const std::filesystem::path& path) try {
  return Reader(path).rows();
} catch (const drivers::RecordingError& error) {  // a file that cannot be opened, or is no whole gzip
  throw DataSetError(error.what());
}

Discordance discordance(std::span<const PredictionRow> first, std::span<const PredictionRow> second,
                        TaskPrediction PredictionRow::*task) {
  const auto same_window = [&](const PredictionRow& left, const PredictionRow& right) {
    return left.recording == right.recording && left.start_s == right.start_s &&
           (left.*task).truth == (right.*task).truth;
  };
  if (!std::ranges::equal(first, second, same_window)) {
    throw DataSetError("two prediction files are not of the same windows: compare models tested on the same part");
  }
  Discordance counts;
  for (std::size_t n = 0; n < first.size(); ++n) {
    const auto& left = first[n].*task;
    const auto& right = second[n].*task;
    if (left.truth.empty()) continue;
    const bool first_right = left.predicted == left.truth;
    const bool second_right = right.predicted == right.truth;
    ++(first_right ? (second_right ? counts.both_right : counts.only_first_right)
                   : (second_right ? counts.only_second_right : counts.both_wrong));
  }
  return counts;
}

}  // namespace propriod::train
