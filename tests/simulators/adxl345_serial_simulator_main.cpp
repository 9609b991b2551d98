// A microcontroller with an ADXL345 on a pseudo-terminal, to be started by hand.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <vector>

#include "drivers/adxl345_registers.hpp"
#include "drivers/recording_file.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/simulators/end_signals.hpp"
#include "tests/simulators/fault_script.hpp"
#include "tests/simulators/program.hpp"
#include "tests/simulators/pty_host.hpp"
#include "tests/simulators/slow_turn.hpp"

namespace {

using namespace propriod;
using tests::Adxl345SerialSimulator;
using tests::CsvUnit;
using Format = Adxl345SerialSimulator::Format;

constexpr auto kExplanation =
    "A microcontroller with an ADXL345, at the far end of a pseudo-terminal. Try:\n"
    "  adxl345_serial_simulator /tmp/waist --format cobs &\n"
    "and in propriod.yaml, under sensors:\n"
    "  - {name: waist, driver: adxl345-serial, device: /tmp/waist, format: cobs, rate: 50}\n";

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

}  // namespace

int main(int argc, char** argv) try {
  Adxl345SerialSimulator::Options options;
  std::filesystem::path link;
  std::filesystem::path recording;
  std::filesystem::path faults;
  double seconds = 0;

  options.signal = tests::SlowTurn{};
  CLI::App app{kExplanation, "adxl345_serial_simulator"};
  app.add_option("LINK", link, "where the terminal appears, as a symbolic link")->required();
  tests::add_choice(app, "--format", options.format,
                    {{"csv", Format::kCsv}, {"csv-time", Format::kCsvTime}, {"cobs", Format::kCobs}},
                    "lines, lines with a time in ms in front, or frames");
  tests::add_choice(app, "--unit", options.unit,
                    {{"raw", CsvUnit::kRaw}, {"mg", CsvUnit::kMg}, {"g", CsvUnit::kG}, {"m/s2", CsvUnit::kMps2}},
                    "of lines");
  app.add_option("--rate", options.rate_hz, "samples a second")->check(CLI::Range(0.1, 3200.0))->capture_default_str();
  app.add_option("--baud", options.baud, "how fast the line carries bytes")->capture_default_str();
  app.add_option("--clock-ppm", options.clock_ppm, "how much too fast its clock runs");
  app.add_flag("--checksum", options.checksum, "lines end with *hh");
  app.add_flag("--uno", options.resets_when_opened, "resets when it is plugged in, as an Uno when it is opened");
  app.add_option("--recording", recording,
                 "a recording to play, over and over, sample for sample; without: gravity, turning slowly")
      ->check(CLI::ExistingFile);
  app.add_option("--faults", faults, "a script of faults")->check(CLI::ExistingFile);
  app.add_option("--seconds", seconds, "ends after that long; without: at Ctrl-C")->check(CLI::Range(0.0, 1e9));
  std::vector<tests::FaultKind> known(tests::PtyHost::kFaults.begin(), tests::PtyHost::kFaults.end());
  known.insert(known.end(), Adxl345SerialSimulator::kFaults.begin(), Adxl345SerialSimulator::kFaults.end());
  app.footer(tests::fault_help(known));

  return tests::run_program(app, argc, argv, [&] {
    if (!recording.empty()) options.signal = played(recording);
    const auto script = faults.empty() ? std::vector<tests::Fault>{} : tests::read_fault_script(faults, known);
    const tests::EndSignals end;
    Adxl345SerialSimulator device(options);
    {
      const tests::PtyHost host(device, link, script);
      std::fprintf(stderr, "%s is a microcontroller with an ADXL345\n", link.c_str());
      if (seconds > 0) {
        static_cast<void>(end.wait_for(std::chrono::nanoseconds{std::llround(seconds * 1e9)}));
      } else {
        end.wait();
      }
    }
    std::fprintf(stderr, "%ju samples sent\n", static_cast<std::uintmax_t>(device.samples_sent()));
    return tests::kSuccess;
  });
} catch (const std::exception& error) {
  std::fprintf(stderr, "adxl345_serial_simulator: %s\n", error.what());
  return propriod::tests::kFailure;
}
