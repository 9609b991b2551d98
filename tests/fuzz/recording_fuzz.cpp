// Is every recording either read as what it promises, or refused with a RecordingError? The input is a sidecar, a line
// `---`, and a CSV, plain or gzip.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/errors.hpp"
#include "drivers/label.hpp"
#include "drivers/recording_file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace {

using namespace propriod;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_label(std::int16_t index, const std::vector<std::string>& table) {
  require(index >= drivers::kNoLabel && index < static_cast<std::int16_t>(table.size()));
}

void check(const drivers::Recording& recording, const drivers::ReadCounts& counts) {
  require(recording.rate_hz > 0 && recording.rate_hz <= 10'000);
  require(counts.lines == recording.samples.size() + counts.malformed + counts.not_ascending + counts.too_long);
  for (const auto* table : {&recording.activities, &recording.placements}) {
    require(table->size() <= drivers::kMaxLabels);
    for (const auto& label : *table) require(drivers::is_label(label));
  }
  const drivers::RecordedSample* previous = nullptr;
  for (const auto& sample : recording.samples) {
    require(previous == nullptr || sample.time > previous->time);
    for (const float axis : sample.accel_mps2) require(std::isfinite(axis));
    check_label(sample.activity, recording.activities);
    check_label(sample.placement, recording.placements);
    previous = &sample;
  }
}

void write(const std::filesystem::path& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const tests::TemporaryDirectory directory;
  static const auto csv = directory / "fuzz.csv";
  static const auto sidecar = directory / "fuzz.yaml";
  constexpr std::string_view kSeparator = "\n---\n";
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = input.find(kSeparator);
  if (end == std::string_view::npos) return -1;
  write(sidecar, input.substr(0, end));
  write(csv, input.substr(end + kSeparator.size()));
  try {
    drivers::ReadCounts counts;
    const auto recording = drivers::read_recording(csv, &counts);
    check(recording, counts);
  } catch (const drivers::RecordingError&) {
  }
  return 0;
}
