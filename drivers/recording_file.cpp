#include "drivers/recording_file.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cinttypes>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <new>
#include <string_view>
#include <utility>

#include "drivers/errors.hpp"
#include "drivers/label.hpp"
#include "drivers/parse_number.hpp"

namespace propriod::drivers {
namespace {

constexpr std::string_view kHeader = "time,x,y,z,activity,placement";
constexpr std::size_t kFields = 6;
constexpr std::size_t kMaxSamples = std::size_t{1} << 26;  // 15 days at 50 Hz, 1.5 GiB
constexpr std::size_t kPlainBlockBytes = std::size_t{4} * 1024;
constexpr std::size_t kGzipBlockBytes = std::size_t{64} * 1024;

/// False when `line` has not exactly as many fields.
bool split(std::string_view line, std::array<std::string_view, kFields>& fields) {
  for (std::size_t i = 0; i < kFields; ++i) {
    const auto comma = line.find(',');
    if ((comma == std::string_view::npos) != (i == kFields - 1)) return false;
    fields[i] = line.substr(0, comma);
    line.remove_prefix(std::min(line.size(), fields[i].size() + 1));
  }
  return true;
}

/// True when `label` may stand for a sample: empty, known, or a new one that there is room for.
bool is_usable(std::string_view label, const std::vector<std::string>& table) {
  if (label.empty() || std::ranges::find(table, label) != table.end()) return true;
  return table.size() < kMaxLabels && is_label(label);
}

/// The index of a usable label, which is added when it is new.
std::int16_t index_of(std::string_view label, std::vector<std::string>& table) {
  if (label.empty()) return kNoLabel;
  const auto found = std::ranges::find(table, label);
  const auto index = found - table.begin();
  if (found == table.end()) table.emplace_back(label);
  return static_cast<std::int16_t>(index);
}

enum class LineKind { kSample, kMalformed, kNotAscending };

/// Adds the sample on `line` to `recording`, which stays as it is when there is none.
LineKind take_line(std::string_view line, Recording& recording) {
  std::array<std::string_view, kFields> fields;
  RecordedSample sample{};
  if (!split(line, fields) || !parse_seconds(fields[0], sample.time)) return LineKind::kMalformed;
  for (std::size_t axis = 0; axis < sample.accel_mps2.size(); ++axis) {
    if (!parse_number(fields[1 + axis], sample.accel_mps2[axis])) return LineKind::kMalformed;
  }
  const auto activity = trimmed(fields[4]);
  const auto placement = trimmed(fields[5]);
  if (!is_usable(activity, recording.activities) || !is_usable(placement, recording.placements)) {
    return LineKind::kMalformed;
  }
  if (!recording.samples.empty() && sample.time <= recording.samples.back().time) return LineKind::kNotAscending;
  sample.activity = index_of(activity, recording.activities);
  sample.placement = index_of(placement, recording.placements);
  recording.samples.push_back(sample);
  return LineKind::kSample;
}

std::string gzip_member(std::string_view text) {
  z_stream stream{};
  constexpr int kGzipFormat = 15 + 16;  // zlib: the largest window, with gzip's header
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipFormat, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string member(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(member.data());
  stream.avail_out = static_cast<uInt>(member.size());
  deflate(&stream, Z_FINISH);  // cannot fall short of deflateBound
  member.resize(stream.total_out);
  deflateEnd(&stream);
  return member;
}

void append_time(std::string& line, std::chrono::microseconds time) {
  const auto magnitude = std::chrono::abs(time).count();
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), "%s%" PRId64 ".%06" PRId64, time.count() < 0 ? "-" : "",
                                   std::int64_t{magnitude / 1'000'000}, std::int64_t{magnitude % 1'000'000});
  line.append(text.data(), static_cast<std::size_t>(length));
}

/// The shortest text that reads back as the same number.
void append_number(std::string& line, float number) {
  std::array<char, 32> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), number);
  line.append(text.data(), result.ptr);
}

bool is_label_index(std::int16_t index, const std::vector<std::string>& table) {
  return index == kNoLabel || (index >= 0 && static_cast<std::size_t>(index) < table.size());
}

void check_labels(const std::filesystem::path& csv, const std::vector<std::string>& table) {
  if (table.size() <= kMaxLabels && std::ranges::all_of(table, is_label)) return;
  throw RecordingError(csv.string() + ": labels are at most " + std::to_string(kMaxLabels) + " texts of 1 to " +
                       std::to_string(kMaxLabelBytes) + " bytes without comma, double quote or control character");
}

}  // namespace

Recording read_recording(const std::filesystem::path& csv, ReadCounts* counts) {
  LineReader reader(csv);
  Recording recording = read_recording(csv.string(), reader, read_sidecar(sidecar_path(csv)), counts);
  recording.name = csv.filename().string();
  return recording;
}

Recording read_recording(const std::string& name, LineReader& reader, const Sidecar& sidecar, ReadCounts* counts) {
  Recording recording{.name = name,
                      .subject = sidecar.subject,
                      .rate_hz = sidecar.rate_hz,
                      .simulated = sidecar.simulated,
                      .notes = sidecar.notes,
                      .activities = {},
                      .placements = {},
                      .samples = {}};
  std::string_view line;
  if (!reader.next(line) || line != kHeader) {
    throw RecordingError(name + ":1: not a recording: the first line must be `" + std::string(kHeader) + "`");
  }
  // The last line of a recording whose writer was killed may end anywhere: in the middle of a label, or of gzip.
  ReadCounts seen;
  try {
    while (reader.next(line)) {
      const auto kind = reader.line_ended() ? take_line(line, recording) : LineKind::kMalformed;
      if (kind == LineKind::kMalformed) ++seen.malformed;
      if (kind == LineKind::kNotAscending) ++seen.not_ascending;
      if (recording.samples.size() > kMaxSamples) {
        throw RecordingError(name + ": more than " + std::to_string(kMaxSamples) + " samples; split it");
      }
    }
  } catch (const TruncatedError&) {
    if (sidecar.samples) throw;
    ++seen.lines;
    ++seen.malformed;
  }
  seen.lines += reader.line_number() - 1;
  seen.too_long = reader.too_long();
  if (counts != nullptr) *counts = seen;
  if (recording.samples.empty()) {
    throw RecordingError(name + ": no usable sample in " + std::to_string(seen.lines) + " lines (" +
                         std::to_string(seen.malformed) + " malformed, " + std::to_string(seen.too_long) +
                         " too long); take it out, or record it again");
  }
  return recording;
}

RecordingWriter::RecordingWriter(std::filesystem::path csv, Sidecar sidecar, std::vector<std::string> activities,
                                 std::vector<std::string> placements)
    : csv_(std::move(csv)),
      sidecar_(std::move(sidecar)),
      activities_(std::move(activities)),
      placements_(std::move(placements)),
      gzip_(csv_.extension() == ".gz"),
      block_(std::string(kHeader) + "\n") {
  check_labels(csv_, activities_);
  check_labels(csv_, placements_);
  for (const auto& path : {csv_, sidecar_path(csv_)}) {
    if (std::filesystem::exists(path)) throw RecordingError(path.string() + ": exists; choose another name");
  }
  sidecar_.samples = sidecar_.lost = sidecar_.gaps = sidecar_.reconnects = std::nullopt;
  write_sidecar(sidecar_path(csv_), sidecar_);  // first: the CSV needs it from its first line on
  file_.emplace(csv_, OutputFile::Existing::kRefuse);
  flush_block();
}

void RecordingWriter::write(const RecordedSample& sample) {
  const auto refuse = [&](const char* why) {
    throw RecordingError(csv_.string() + ": sample " + std::to_string(samples_ + 1) + " cannot be recorded: " + why);
  };
  const auto time = std::chrono::round<std::chrono::microseconds>(sample.time);
  if (!file_) refuse("the recording is closed");
  if (std::chrono::abs(time) >= kLongestTime) refuse("its time is 10 years from the start, or more");
  if (last_time_ && time <= *last_time_) refuse("its time is not at least 1 µs after the one before");
  if (!std::ranges::all_of(sample.accel_mps2, [](float axis) { return std::isfinite(axis); })) {
    refuse("an axis is not finite");
  }
  if (!is_label_index(sample.activity, activities_) || !is_label_index(sample.placement, placements_)) {
    refuse("its label is in no table");
  }

  append_time(block_, time);
  for (const float axis : sample.accel_mps2) {
    block_ += ',';
    append_number(block_, axis);
  }
  block_ += ',';
  if (sample.activity != kNoLabel) block_ += activities_[static_cast<std::size_t>(sample.activity)];
  block_ += ',';
  if (sample.placement != kNoLabel) block_ += placements_[static_cast<std::size_t>(sample.placement)];
  block_ += '\n';
  last_time_ = time;
  ++samples_;
  if (block_.size() >= (gzip_ ? kGzipBlockBytes : kPlainBlockBytes)) flush_block();
}

void RecordingWriter::flush() {
  if (file_ && !block_.empty()) flush_block();
}

void RecordingWriter::close(const RecordingLosses& losses) {
  if (!file_) return;
  flush_block();
  file_->sync_and_close();
  file_.reset();
  sidecar_.samples = samples_;
  sidecar_.lost = losses.lost;
  sidecar_.gaps = losses.gaps;
  sidecar_.reconnects = losses.reconnects;
  write_sidecar(sidecar_path(csv_), sidecar_);
}

/// Writes whole lines only, and in gzip whole members (a gzip file may have any number), so that a kill tears nothing.
void RecordingWriter::flush_block() {
  file_->write(gzip_ ? gzip_member(block_) : block_);
  block_.clear();
}

}  // namespace propriod::drivers
