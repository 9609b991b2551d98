#include "drivers/errors.hpp"
#include "tests/fuzz/data_set_file.hpp"
#include "train/sleep_reader.hpp"

/// The input is a file of the paper's Sleep data.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace propriod;
  train::ReadReport report;
  train::SleepParser parser({.name = "fuzz", .subject = "1", .posture = "up", .placement = "chest"}, report);
  const auto lines = fuzz::for_each_line(data, size, [&](auto number, auto line) { parser.take(number, line); });
  std::vector<drivers::Recording> recordings;
  try {
    recordings = parser.finish();
  } catch (const drivers::RecordingError&) {  // no unit fits
    return 0;
  }
  std::size_t samples = 0;
  for (const auto& recording : recordings) {
    fuzz::check(recording);
    samples += recording.samples.size();
  }
  const std::size_t accounted = samples + report.malformed + report.short_recordings;
  fuzz::require(accounted <= lines + 1 && accounted + 1 >= lines);  // the header counts as neither
  return 0;
}
