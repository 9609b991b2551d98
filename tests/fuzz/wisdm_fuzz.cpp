#include "tests/fuzz/data_set_file.hpp"
#include "train/wisdm2019_reader.hpp"

/// The input is a file of WISDM 2019, subject 1600.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace propriod;
  train::ReadReport report;
  train::Wisdm2019Parser parser({.name = "fuzz", .subject = "1600", .placement = "phone"}, report);
  const auto lines = fuzz::for_each_line(data, size, [&](auto number, auto line) { parser.take(number, line); });

  std::size_t samples = 0;
  for (const auto& recording : parser.finish()) {
    fuzz::check(recording);
    samples += recording.samples.size();
  }
  // A recording that is too short holds one sample.
  fuzz::require(samples + report.malformed + report.not_ascending + report.short_recordings == lines);
  return 0;
}
