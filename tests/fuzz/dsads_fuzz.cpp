#include "tests/fuzz/data_set_file.hpp"
#include "train/dsads_reader.hpp"

/// The first byte of the input says which segment follows the first, the rest is the text of both.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace propriod;
  if (size == 0) return 0;
  train::ReadReport report;
  train::DsadsParser parser({.name = "fuzz", .subject = "p1", .activity = "sitting"}, report);
  std::size_t taken = 0;
  std::size_t lines = 0;
  for (const int segment : {0, 1 + data[0]}) {
    parser.start_segment(1 + segment);
    lines +=
        fuzz::for_each_line(data + 1, size - 1, [&](auto number, auto line) { taken += parser.take(number, line); });
  }

  std::size_t samples = 0;
  for (const auto& recording : parser.finish()) {
    fuzz::check(recording);
    samples += recording.samples.size();
  }
  fuzz::require(taken + report.malformed == lines);
  // Each line is a sample of all five units; a recording that is too short holds one sample or none.
  fuzz::require(samples <= 5 * taken && samples + report.short_recordings >= 5 * taken);
  return 0;
}
