// A Shimmer at the end of a pseudo-terminal, to be started by hand.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "drivers/recording_file.hpp"
#include "tests/simulators/end_signals.hpp"
#include "tests/simulators/fault_script.hpp"
#include "tests/simulators/program.hpp"
#include "tests/simulators/pty_host.hpp"
#include "tests/simulators/shimmer_simulator.hpp"
#include "tests/simulators/usage_error.hpp"

namespace {

using namespace propriod;
using drivers::shimmer::FirmwareId;
using drivers::shimmer::Model;
using tests::UsageError;

constexpr const char* kExplanation = R"(A simulated Shimmer at the end of a pseudo-terminal.

  shimmer_simulator /tmp/shimmer                              a Shimmer3 with LogAndStream 0.16.0, which has CRCs
  shimmer_simulator /tmp/shimmer --firmware 0.11.0            one without
  shimmer_simulator /tmp/shimmer --model 2r                   a Shimmer2r with BtStream
  shimmer_simulator /tmp/shimmer --recording walk.csv         what it measures; over and over
  shimmer_simulator /tmp/shimmer --faults faults.txt

Point a sensor at it with `{name: test, driver: shimmer, device: /tmp/shimmer}`. It runs until Ctrl-C.
)";

drivers::shimmer::Version parse_version(const std::string& text) {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned release = 0;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%5u.%3u.%3u%c", &major, &minor, &release, &rest) != 3 || minor > 255 ||
      release > 255) {
    throw UsageError("--firmware: " + text + " is no version like 0.16.0");
  }
  return {.major = static_cast<std::uint16_t>(major),
          .minor = static_cast<std::uint8_t>(minor),
          .release = static_cast<std::uint8_t>(release)};
}

/// The recording at any time, over and over; between its samples a straight line.
auto played(drivers::Recording recording) {
  if (recording.samples.size() < 2) throw UsageError("--recording: holds one sample only; it takes two to play them");
  return [recording = std::move(recording)](std::chrono::nanoseconds since_start) {
    const auto& samples = recording.samples;
    const auto begin = samples.front().time;
    const auto at = begin + since_start % (samples.back().time - begin);
    const auto after = std::ranges::upper_bound(samples, at, {}, &drivers::RecordedSample::time);
    const auto before = after - 1;
    const double share =
        static_cast<double>((at - before->time).count()) / static_cast<double>((after->time - before->time).count());
    drivers::Acceleration accel_mps2{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      accel_mps2[axis] = static_cast<float>(std::lerp(static_cast<double>(before->accel_mps2[axis]),
                                                      static_cast<double>(after->accel_mps2[axis]), share));
    }
    return accel_mps2;
  };
}

}  // namespace

int main(int argc, char** argv) try {
  std::filesystem::path link;
  std::filesystem::path recording;
  std::filesystem::path faults;
  Model model = Model::kShimmer3;
  std::string firmware;
  bool streaming = false;
  bool is_blank = false;
  CLI::App app{kExplanation, "shimmer_simulator"};
  app.add_option("LINK", link, "Path of the symbolic link to make: what a driver opens")->required();
  tests::add_choice(
      app, "--model", model,
      {{"2", Model::kShimmer2}, {"2r", Model::kShimmer2r}, {"3", Model::kShimmer3}, {"3r", Model::kShimmer3r}},
      "Which Shimmer");
  app.add_option("--firmware", firmware,
                 "Version of LogAndStream (of BtStream on a Shimmer2); 0.0.0 is a Shimmer2's BoilerPlate");
  app.add_option("--recording", recording, "CSV to play, with its sidecar")->check(CLI::ExistingFile);
  app.add_option("--faults", faults, "Fault script")->check(CLI::ExistingFile);
  app.add_flag("--streaming", streaming, "It is found streaming, as a client left it that was killed");
  app.add_flag("--blank", is_blank, "Its calibration was never written");
  std::vector<tests::FaultKind> known(tests::PtyHost::kFaults.begin(), tests::PtyHost::kFaults.end());
  known.insert(known.end(), tests::ShimmerSimulator::kFaults.begin(), tests::ShimmerSimulator::kFaults.end());
  app.footer(tests::fault_help(known));

  return tests::run_program(app, argc, argv, [&] {
    tests::ShimmerSimulator::Options options;
    options.device.model = model;
    const bool old = drivers::shimmer::is_shimmer2(model);
    if (firmware.empty()) firmware = model == Model::kShimmer3r ? "1.0.30" : old ? "0.4.0" : "0.16.0";
    options.device.firmware = {.id = old ? FirmwareId::kBtStream : FirmwareId::kLogAndStream,
                               .version = parse_version(firmware)};
    if (firmware == "0.0.0") options.device.firmware.id = FirmwareId::kBoilerPlate;
    if (!recording.empty()) options.signal = played(drivers::read_recording(recording));
    if (is_blank) options.told_block = drivers::shimmer::CalibrationBlock{};
    const auto script = faults.empty() ? std::vector<tests::Fault>{} : tests::read_fault_script(faults, known);

    const tests::EndSignals end;
    tests::ShimmerSimulator shimmer(std::move(options));
    if (streaming) shimmer.start_streaming();
    {
      const tests::PtyHost host(shimmer, link, script);
      std::fprintf(stderr, "%s is a %s\n", link.c_str(), drivers::shimmer::name_of(model));
      end.wait();
    }
    std::fprintf(stderr, "%llu samples sent\n", static_cast<unsigned long long>(shimmer.samples_sent()));
    return tests::kSuccess;
  });
} catch (const std::exception& error) {
  std::fprintf(stderr, "shimmer_simulator: %s\n", error.what());
  return propriod::tests::kFailure;
}
