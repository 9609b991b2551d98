// `propriod sensors` as an installer runs it: does calibrating a device end in a configuration that makes it true, and
// is nothing written that nobody agreed to?
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "config/reader.hpp"
#include "drivers/adxl345_registers.hpp"
#include "drivers/calibration.hpp"
#include "drivers/sample.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/simulators/pty_host.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::daemon {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using tests::ChildProcess;

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

constexpr double kRateHz = 200;
constexpr std::uint64_t kSamplesPerFace = 300;
constexpr drivers::Calibration kTrue{.offset_mps2 = {0.6, -0.4, 1.1}, .scale = {1.03, 0.98, 1.01}};

/// What a sensor with these errors says that somebody turns from side to side.
tests::AccelCounts turned_from_side_to_side(std::uint64_t index) {
  const auto face = static_cast<std::size_t>(index / kSamplesPerFace % 6);
  tests::AccelCounts counts{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double up = axis == face / 2 ? (face % 2 == 0 ? 1 : -1) * drivers::kStandardGravityMps2 : 0;
    const double reading_mps2 = up / kTrue.scale[axis] + kTrue.offset_mps2[axis];
    const double dither = static_cast<double>(index * (3 + 2 * axis) % 8) / 8 - 0.5;  // as its noise does
    counts[axis] = static_cast<std::int16_t>(std::lround(reading_mps2 / drivers::adxl345::kMps2PerCount + dither));
  }
  return counts;
}

class Sensors : public testing::Test {
 protected:
  Sensors() {
    std::ofstream(config_) << "# the waist\nsensors:\n  - name: waist  # on the belt\n    driver: adxl345-serial\n"
                           << "    device: " << device_.string() << "\n    rate: 200\n";
  }

  [[nodiscard]] std::string configuration() const {
    std::ostringstream text;
    text << std::ifstream(config_).rdbuf();
    return text.str();
  }

  /// Without a terminal, and with everything it says on standard error.
  [[nodiscard]] ChildProcess sensors(const std::string& arguments) const {
    return ChildProcess({"/bin/sh", "-c",
                         std::string("exec ") + PROPRIOD_PROGRAM + " sensors " + arguments + " --config " +
                             config_.string() + " </dev/null 1>&2"});
  }

  tests::TemporaryDirectory directory_;
  const fs::path config_ = directory_ / "propriod.yaml";
  const fs::path device_ = directory_ / "tty";
};

TEST_F(Sensors, CalibrateWritesWhatMakesTheSensorTrue) {
  const std::string before = configuration();
  tests::Adxl345SerialSimulator::Options options;
  options.rate_hz = kRateHz;
  options.signal = turned_from_side_to_side;
  tests::Adxl345SerialSimulator device(options);
  tests::PtyHost line(device, device_);
  auto calibration = sensors("calibrate waist --seconds 1 --yes");
  calibration.await_output("is done (6 of 6)", std::chrono::seconds{60});
  calibration.await_output("Written");
  EXPECT_EQ(exit_code(calibration.wait()), 0);

  const auto config = config::read_config(config_);
  ASSERT_TRUE(config) << config.error().front().to_string();
  const auto& found = config->sensors.at(0).calibration;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(found.offset_mps2[axis], kTrue.offset_mps2[axis], 0.02);
    EXPECT_NEAR(found.scale[axis], kTrue.scale[axis], 0.002);
  }
  EXPECT_TRUE(configuration().starts_with(before.substr(0, before.size() - 1)));
  EXPECT_TRUE(fs::exists(config_.string() + ".bak"));
}

TEST_F(Sensors, CalibrateNeverWritesWithoutAYes) {
  const std::string before = configuration();
  auto calibration = sensors("calibrate waist");
  calibration.await_output("give --yes");
  EXPECT_EQ(exit_code(calibration.wait()), 2);
  EXPECT_EQ(configuration(), before);
}

TEST_F(Sensors, CalibrateRefusesWhatIsNoDevice) {
  std::ofstream(config_) << "sensors: [{name: waist, driver: simulated}]\n";
  auto calibration = sensors("calibrate waist --yes");
  calibration.await_output("there is nothing to calibrate");
  EXPECT_EQ(exit_code(calibration.wait()), 2);
  auto unknown = sensors("calibrate wrist --yes");
  unknown.await_output("has no sensor \"wrist\"");
  EXPECT_EQ(exit_code(unknown.wait()), 2);
}

TEST_F(Sensors, AreListedWithWhatTheConfigurationMisses) {
  auto list = sensors("");
  list.await_output("sensor waist: " + device_.string() + " is not there");
  EXPECT_EQ(exit_code(list.wait()), 0);
  auto json = sensors("--json");
  EXPECT_THAT(json.await_output("\"yaml\""), HasSubstr("\"obstacles\""));
  EXPECT_EQ(exit_code(json.wait()), 0);
}

}  // namespace
}  // namespace propriod::daemon
