#include "tests/fuzz/data_set_file.hpp"
#include "train/mhealth_reader.hpp"

/// The input is the file of one person of MHealth.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace propriod;
  train::ReadReport report;
  train::MhealthParser parser({.name = "fuzz", .subject = "subject1"}, report);
  std::size_t taken = 0;
  const auto lines =
      fuzz::for_each_line(data, size, [&](auto number, auto line) { taken += parser.take(number, line); });
  std::size_t samples = 0;
  for (const auto& recording : parser.finish()) {
    fuzz::check(recording);
    samples += recording.samples.size();
  }
  fuzz::require(taken + report.malformed == lines);
  fuzz::require(samples == (taken < 2 ? 0 : 3 * taken));
  return 0;
}
