#include "train/data_set.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <set>
#include <span>

#include "model/sha256.hpp"
#include "train/dsads_reader.hpp"
#include "train/errors.hpp"
#include "train/mhealth_reader.hpp"
#include "train/propriod_reader.hpp"
#include "train/sleep_reader.hpp"
#include "train/wisdm2019_reader.hpp"

namespace propriod::train {
namespace {

struct Format {
  std::string_view name;
  DataSet (*read)(const std::filesystem::path& folder_or_archive);
  std::string_view layout;
};

constexpr std::array kFormats = {
    Format{"propriod", read_propriod,
           "NAME.csv or NAME.csv.gz with NAME.yaml beside it, as `propriod record` writes them"},
    Format{"wisdm2019", read_wisdm2019,
           "data_<subject>_accel_<phone|watch>.txt or .txt.gz, as in raw/phone/accel and raw/watch/accel of the "
           "published set"},
    Format{"dsads", read_dsads,
           "aNN/pN/sNN.txt or .txt.gz (activity, person, segment), as in the published set's folder data"},
    Format{"mhealth", read_mhealth, "mHealth_subject<N>.log or .log.gz"},
    Format{"sleep", read_sleep, "<subject>_<posture>_<nguc|co|bung>.txt or .txt.gz"},
};

constexpr auto kFormatNames = [] {
  std::array<std::string_view, kFormats.size()> names;
  std::ranges::transform(kFormats, names.begin(), &Format::name);
  return names;
}();

const Format& find_format(std::string_view name) {
  const auto format = std::ranges::find(kFormats, name, &Format::name);
  if (format != kFormats.end()) return *format;
  throw DataSetError(
      fmt::format("format \"{}\" is not known; known are {}", name, fmt::join(data_set_formats(), ", ")));
}

void refuse_unusable_files(const std::vector<std::string>& messages) {
  if (messages.empty()) return;
  constexpr std::size_t kShown = 20;
  std::string text = fmt::format("{} of the data set's files cannot be used; mend or remove them:", messages.size());
  for (const auto& message : std::span(messages).first(std::min(kShown, messages.size()))) text += "\n  " + message;
  if (messages.size() > kShown) text += fmt::format("\n  and {} more", messages.size() - kShown);
  throw DataSetError(text);
}

/// Removes from `labels` those that no sample carries. `table` and `index` name one task's members.
void keep_occurring(std::vector<std::string>& labels, const std::vector<drivers::Recording>& recordings,
                    std::vector<std::string> drivers::Recording::*table, std::int16_t drivers::RecordedSample::*index) {
  std::set<std::string_view> occurring;
  for (const auto& recording : recordings) {
    std::int16_t previous = drivers::kNoLabel;  // labels seldom change from one sample to the next
    for (const auto& sample : recording.samples) {
      const auto label = sample.*index;
      if (label == previous) continue;
      previous = label;
      if (label != drivers::kNoLabel) occurring.insert((recording.*table)[static_cast<std::size_t>(label)]);
    }
  }
  std::erase_if(labels, [&](const auto& label) { return !occurring.contains(label); });
}

std::uint64_t count_gaps(const drivers::Recording& recording, double native_rate_hz) {
  // The slower of the two, as in the resampler: bursts at a higher rate than usual are no reason to call the rest a
  // gap.
  const std::chrono::duration<double> longest{3 / std::min(recording.rate_hz, native_rate_hz)};
  std::uint64_t gaps = 0;
  for (std::size_t i = 1; i < recording.samples.size(); ++i) {
    if (recording.samples[i].time - recording.samples[i - 1].time > longest) ++gaps;
  }
  return gaps;
}

/// SHA-256 over a stream of bytes that is the same on every machine: numbers little-endian, texts and lists after their
/// length.
class CanonicalHash {
 public:
  template <std::integral Number>
  void add(Number number) {
    const auto bits = static_cast<std::uint64_t>(number);
    for (std::size_t i = 0; i < sizeof number; ++i) block_.push_back(static_cast<std::byte>(bits >> (8 * i)));
    if (block_.size() >= kBlockBytes) flush();
  }
  void add(float number) { add(std::bit_cast<std::uint32_t>(number)); }
  void add(double number) { add(std::bit_cast<std::uint64_t>(number)); }
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    for (const char character : text) block_.push_back(static_cast<std::byte>(character));
  }
  void add(const std::vector<std::string>& texts) {
    add(std::uint64_t{texts.size()});
    for (const auto& text : texts) add(std::string_view{text});
  }

  std::string hex() {
    flush();
    return sha256_.finish();
  }

 private:
  static constexpr std::size_t kBlockBytes = 65536;

  void flush() {
    sha256_.update(block_);
    block_.clear();
  }

  model::Sha256 sha256_;
  std::vector<std::byte> block_;
};

}  // namespace

std::string ReadReport::summary() const {
  return fmt::format(
      "{} files, {} lines; left out: {} malformed, {} not ascending in time, {} too long, {} recordings too short; "
      "{} gaps",
      files, lines, malformed, not_ascending, too_long, short_recordings, gaps);
}

DataSet read_data_set(std::string_view format_name, const std::filesystem::path& folder_or_archive) {
  const Format& format = find_format(format_name);
  DataSet data_set = format.read(folder_or_archive);
  if (data_set.report.files == 0) {
    throw DataSetError(fmt::format("{}: no file of format {} in it; expected {}", folder_or_archive.string(),
                                   format.name, format.layout));
  }
  refuse_unusable_files(data_set.report.unusable_files);
  if (data_set.recordings.empty()) {
    throw DataSetError(
        fmt::format("{}: no recording has more than one usable sample; add recordings", folder_or_archive.string()));
  }
  keep_occurring_labels(data_set);
  for (const auto& recording : data_set.recordings) {
    data_set.report.gaps += count_gaps(recording, data_set.native_rate_hz);
  }
  return data_set;
}

void keep_occurring_labels(DataSet& data_set) {
  keep_occurring(data_set.activities, data_set.recordings, &drivers::Recording::activities,
                 &drivers::RecordedSample::activity);
  keep_occurring(data_set.placements, data_set.recordings, &drivers::Recording::placements,
                 &drivers::RecordedSample::placement);
}

std::span<const std::string_view> data_set_formats() noexcept { return kFormatNames; }

std::string fingerprint(const DataSet& data_set) {
  CanonicalHash hash;
  hash.add(std::string_view{data_set.format});
  hash.add(data_set.native_rate_hz);
  hash.add(data_set.activities);
  hash.add(data_set.placements);
  hash.add(std::uint64_t{data_set.recordings.size()});
  for (const auto& recording : data_set.recordings) {
    hash.add(std::string_view{recording.subject});
    hash.add(recording.rate_hz);
    hash.add(recording.activities);
    hash.add(recording.placements);
    hash.add(std::uint64_t{recording.samples.size()});
    for (const auto& sample : recording.samples) {
      hash.add(std::int64_t{sample.time.count()});
      for (const float axis : sample.accel_mps2) hash.add(axis);
      hash.add(sample.activity);
      hash.add(sample.placement);
    }
  }
  return hash.hex();
}

}  // namespace propriod::train
