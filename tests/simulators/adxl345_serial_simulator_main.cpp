// A microcontroller with an ADXL345 on a pseudo-terminal, to be started by hand.

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "drivers/adxl345_registers.hpp"
#include "drivers/recording_file.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/simulators/fault_script.hpp"
#include "tests/simulators/pty_host.hpp"

namespace {

using namespace propriod;
using tests::Adxl345SerialSimulator;
using tests::CsvUnit;

std::atomic<bool> ending{false};

constexpr auto kHelp =
    "A microcontroller with an ADXL345, at the far end of a pseudo-terminal. Try:\n"
    "  adxl345_serial_simulator /tmp/waist --format cobs &\n"
    "and in propriod.yaml, under sensors:\n"
    "  - {name: waist, driver: adxl345-serial, device: /tmp/waist, format: cobs, rate: 50}\n"
    "Faults come from a script, one a line, at their seconds since the start:\n"
    "  5   drop 3        # bytes on the line; also: insert HEX, flip N\n"
    "  10  stall 1.5     # bytes wait; also: hang-up SECONDS\n"
    "  20  reboot        # count and clock begin anew; also: garbage SECONDS, as at a wrong baud rate";

/// A recording over and over, in the chip's counts.
std::function<tests::AccelCounts(std::uint64_t)> played(const std::filesystem::path& file) {
  return [recording = drivers::read_recording(file)](std::uint64_t index) {
    const auto& accel = recording.samples[index % recording.samples.size()].accel_mps2;
    tests::AccelCounts counts{};
    for (std::size_t axis = 0; axis < counts.size(); ++axis) {
      counts[axis] = static_cast<std::int16_t>(std::lround(accel[axis] / drivers::adxl345::kMps2PerCount));
    }
    return counts;
  };
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

int main(int argc, char** argv) try {
  const std::map<std::string, Adxl345SerialSimulator::Format> formats{
      {"csv", Adxl345SerialSimulator::Format::kCsv},
      {"csv-time", Adxl345SerialSimulator::Format::kCsvTime},
      {"cobs", Adxl345SerialSimulator::Format::kCobs}};
  const std::map<std::string, CsvUnit> units{
      {"raw", CsvUnit::kRaw}, {"mg", CsvUnit::kMg}, {"g", CsvUnit::kG}, {"m/s2", CsvUnit::kMps2}};
  Adxl345SerialSimulator::Options options;
  std::filesystem::path link;
  std::filesystem::path recording;
  std::filesystem::path faults;
  double seconds = 0;

  CLI::App app{kHelp};
  app.add_option("LINK", link, "where the terminal appears, as a symbolic link")->required();
  app.add_option("--format", options.format, "lines, lines with a time in ms in front, or frames")
      ->transform(CLI::CheckedTransformer(formats));
  app.add_option("--unit", options.unit, "of lines")->transform(CLI::CheckedTransformer(units));
  app.add_option("--rate", options.rate_hz, "samples a second")->check(CLI::Range(0.1, 3200.0))->capture_default_str();
  app.add_option("--baud", options.baud, "how fast the line carries bytes")->capture_default_str();
  app.add_option("--clock-ppm", options.clock_ppm, "how much too fast its clock runs");
  app.add_flag("--checksum", options.checksum, "lines end with *hh");
  app.add_flag("--uno", options.resets_when_opened, "resets when it is plugged in, as an Uno when it is opened");
  app.add_option("--recording", recording,
                 "a recording to play, over and over, sample for sample; without: a slow sway")
      ->check(CLI::ExistingFile);
  app.add_option("--faults", faults, "a script of faults")->check(CLI::ExistingFile);
  app.add_option("--seconds", seconds, "ends after that long; without: at Ctrl-C");
  CLI11_PARSE(app, argc, argv);

  if (!recording.empty()) options.signal = played(recording);
  const auto script = faults.empty() ? std::vector<tests::Fault>{} : tests::parse_fault_script(read_text(faults));
  std::signal(SIGINT, [](int) { ending = true; });
  std::signal(SIGTERM, [](int) { ending = true; });
  Adxl345SerialSimulator device(options);
  {
    const tests::PtyHost host(device, link, script);
    const auto start = std::chrono::steady_clock::now();
    while (!ending &&
           (seconds <= 0 || std::chrono::steady_clock::now() - start < std::chrono::duration<double>(seconds))) {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
  }
  std::printf("%ju samples sent\n", static_cast<std::uintmax_t>(device.samples_sent()));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
