// The program as a researcher runs it: is what a recording says what the sensors measured, and does it survive how
// sessions end?
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "drivers/recording_file.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/simulators/pty_host.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::daemon {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::SizeIs;
using tests::ChildProcess;

const fs::path kWatch = fs::path(PROPRIOD_TEST_DATA) / "watch" / "s01_left_pendulum.csv.gz";

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

class Record : public testing::Test {
 protected:
  [[nodiscard]] fs::path configuration(const std::string& sensors) const {
    const auto file = directory_ / "propriod.yaml";
    std::ofstream(file) << "sensors:\n" << sensors;
    return file;
  }

  [[nodiscard]] ChildProcess record(const std::string& sensors, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{PROPRIOD_PROGRAM, "record", "--config", configuration(sensors), "--out", out()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ChildProcess(arguments);
  }

  [[nodiscard]] fs::path out() const { return directory_ / "recordings"; }

  /// All recordings by their sensor's name.
  [[nodiscard]] std::map<std::string, fs::path> recordings() const {
    std::map<std::string, fs::path> found;
    if (!fs::exists(out())) return found;
    for (const auto& entry : fs::directory_iterator(out())) {
      const auto name = entry.path().filename().string();
      if (entry.path().extension() == ".csv") found.emplace(name.substr(0, name.rfind('_')), entry.path());
    }
    return found;
  }

  /// Until the first recording has begun.
  void await_recording() const {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (recordings().empty()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "no recording begins";
      std::this_thread::sleep_for(10ms);
    }
  }

  tests::TemporaryDirectory directory_;
};

TEST_F(Record, WritesWhatSensorsMeasureForAsLongAsItIsTold) {
  auto recording = record(
      "  - {name: chest, driver: simulated, rate: 100}\n"
      "  - {name: neck, driver: simulated, seed: 2, placement: neck}\n",
      {"--seconds", "2", "--subject", "anna", "--activity", "lying", "--placement", "body"});
  EXPECT_EQ(exit_code(recording.wait()), 0);
  const auto files = recordings();
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_THAT(files.at("neck").filename().string(), testing::MatchesRegex("neck_20[0-9]+T[0-9]+Z\\.csv"));

  drivers::ReadCounts counts;
  const auto chest = drivers::read_recording(files.at("chest"), &counts);
  EXPECT_THAT(chest.samples, SizeIs(200));
  EXPECT_EQ(counts.malformed + counts.not_ascending, 0U);
  EXPECT_EQ(chest.samples.front().time, 0ns);
  EXPECT_EQ(chest.samples.back().time, 1990ms);
  EXPECT_EQ(chest.activities, std::vector<std::string>{"lying"});
  EXPECT_EQ(chest.placements, std::vector<std::string>{"body"});
  EXPECT_EQ(chest.samples.back().activity, 0);
  EXPECT_TRUE(chest.simulated);
  EXPECT_THAT(drivers::read_recording(files.at("neck")).samples, SizeIs(100));

  const auto sidecar = drivers::read_sidecar(drivers::sidecar_path(files.at("chest")));
  EXPECT_EQ(sidecar.sensor, "chest");
  EXPECT_EQ(sidecar.subject, "anna");
  EXPECT_EQ(sidecar.device, "simulated");
  EXPECT_EQ(sidecar.rate_hz, 100);
  EXPECT_EQ(sidecar.samples, 200U);
  EXPECT_EQ(sidecar.lost, 0U);
  EXPECT_EQ(sidecar.gaps, 0U);
  EXPECT_EQ(sidecar.reconnects, 0U);
  EXPECT_THAT(sidecar.start_time, testing::MatchesRegex("20..-..-..T..:..:..\\.......Z"));
}

TEST_F(Record, GivesBackARecordingBitForBit) {
  auto recording = record("  - {name: wrist, driver: replay, speed: 0, file: " + kWatch.string() + "}\n");
  EXPECT_EQ(exit_code(recording.wait()), 0);
  const auto original = drivers::read_recording(kWatch);
  const auto copy = drivers::read_recording(recordings().at("wrist"));
  ASSERT_EQ(copy.samples.size(), original.samples.size());
  for (std::size_t i = 0; i < copy.samples.size(); ++i) {
    EXPECT_EQ(copy.samples[i].time, original.samples[i].time);
    EXPECT_EQ(copy.samples[i].accel_mps2, original.samples[i].accel_mps2);
  }
}

TEST_F(Record, HoldsTheAxesAsWornAndSaysSo) {
  auto recording = record("  - {name: wrist, driver: replay, speed: 0, placement: left, mount: [y, -x, z], file: " +
                              kWatch.string() + "}\n",
                          {"--seconds", "1"});
  EXPECT_EQ(exit_code(recording.wait()), 0);
  const auto original = drivers::read_recording(kWatch).samples.front().accel_mps2;
  const auto file = recordings().at("wrist");
  const auto copy = drivers::read_recording(file);
  EXPECT_THAT(copy.samples.front().accel_mps2, testing::ElementsAre(original[1], -original[0], original[2]));
  EXPECT_EQ(copy.placements, std::vector<std::string>{"left"});
  EXPECT_THAT(drivers::read_sidecar(drivers::sidecar_path(file)).notes, HasSubstr("mount [y, -x, z]"));
}

TEST_F(Record, SaysWhatIsWrongWhileItIs) {
  tests::Adxl345SerialSimulator device({.unit = tests::CsvUnit::kG, .rate_hz = 50});
  const tests::PtyHost line(device, directory_ / "waist");
  auto recording =
      record("  - {name: waist, driver: adxl345-serial, rate: 100, device: " + (directory_ / "waist").string() + "}\n",
             {"--seconds", "60"});
  recording.await_output("set `unit: g`");
  recording.send_signal(SIGHUP);  // as a terminal that is closed
  recording.await_output("samples a second came, and `rate` is 100");
  EXPECT_EQ(exit_code(recording.wait()), 0);
  EXPECT_TRUE(drivers::read_sidecar(drivers::sidecar_path(recordings().at("waist"))).samples);
}

class SteppedClock : public Record, public testing::WithParamInterface<const char*> {};

TEST_P(SteppedClock, ChangesNothing) {
  tests::Adxl345SerialSimulator device({.format = tests::Adxl345SerialSimulator::Format::kCobs});
  const tests::PtyHost line(device, directory_ / "chest");
  const auto file = configuration("  - {name: chest, driver: adxl345-serial, format: cobs, rate: 50, device: " +
                                  (directory_ / "chest").string() + "}\n");
  ChildProcess recording({"env", std::string("STEPPED_CLOCK_S=") + GetParam(), "LD_PRELOAD=" PROPRIOD_STEPPED_CLOCK,
                          "ASAN_OPTIONS=verify_asan_link_order=0", PROPRIOD_PROGRAM, "record", "--config", file,
                          "--out", out(), "--seconds", "5"});
  ASSERT_EQ(exit_code(recording.wait()), 0);
  const auto csv = recordings().at("chest");
  const auto samples = drivers::read_recording(csv).samples;
  EXPECT_NEAR(static_cast<double>(samples.size()), 250, 10);
  for (std::size_t i = 1; i < samples.size(); ++i) {
    EXPECT_NEAR(std::chrono::duration<double>(samples[i].time - samples[i - 1].time).count(), 0.02, 0.015);
  }
  const auto sidecar = drivers::read_sidecar(drivers::sidecar_path(csv));
  EXPECT_EQ(sidecar.lost, 0U);
  EXPECT_EQ(sidecar.gaps, 0U);
}

INSTANTIATE_TEST_SUITE_P(AYear, SteppedClock, testing::Values("31557600", "-31557600"));

TEST_F(Record, NeverOverwritesAndRecordsTheSensorThatWasNamed) {
  const std::string sensors = "  - {name: chest, driver: simulated, speed: 0}\n  - {name: neck, driver: simulated}\n";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(exit_code(record(sensors, {"--sensor", "chest", "--seconds", "1"}).wait()), 0);
  }
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(out())) {
    EXPECT_TRUE(entry.path().filename().string().starts_with("chest_"));
    ++files;
  }
  EXPECT_EQ(files, 6U);  // three, each with its sidecar
}

class RecordEnds : public Record, public testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(On, RecordEnds, testing::Values(SIGINT, SIGTERM));

TEST_P(RecordEnds, AreCleanOnASignal) {
  auto recording = record("  - {name: chest, driver: simulated}\n");
  await_recording();
  recording.send_signal(GetParam());
  EXPECT_EQ(exit_code(recording.wait()), 0);
  const auto file = recordings().at("chest");
  EXPECT_EQ(drivers::read_sidecar(drivers::sidecar_path(file)).samples, drivers::read_recording(file).samples.size());
}

TEST_F(Record, LosesNoMoreThanASecondWhenItIsKilled) {
  auto recording = record("  - {name: chest, driver: simulated, rate: 200}\n");
  await_recording();
  const auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(3s);  // what is recorded
  recording.send_signal(SIGKILL);
  const auto recorded = std::chrono::steady_clock::now() - begin;
  recording.wait();
  const auto file = recordings().at("chest");
  drivers::ReadCounts counts;
  const auto samples = drivers::read_recording(file, &counts).samples;
  EXPECT_EQ(counts.malformed, 0U);
  EXPECT_GT(samples.back().time, recorded - 1s);
  EXPECT_EQ(drivers::read_sidecar(drivers::sidecar_path(file)).samples, std::nullopt);
}

TEST_F(Record, FailsWithoutAnEmptyFileWhenASensorGivesNothing) {
  auto recording = record(
      "  - {name: chest, driver: simulated}\n"
      "  - {name: wrist, driver: shimmer, device: /dev/propriod-no-such-device}\n");
  recording.await_output("propriod-no-such-device");
  await_recording();
  recording.send_signal(SIGINT);
  const auto said =
      recording.await_output("recorded sensor=chest", 10s) + recording.await_output("nothing_recorded", 10s);
  EXPECT_THAT(said, HasSubstr("sensor=wrist"));
  EXPECT_EQ(exit_code(recording.wait()), 1);
  EXPECT_THAT(recordings(), SizeIs(1));
}

TEST_F(Record, RefusesWhatCannotBeMeant) {
  const std::string sensors = "  - {name: chest, driver: simulated}\n";
  const auto refuse = [&](std::vector<std::string> more, std::string_view why) {
    auto recording = record(sensors, std::move(more));
    EXPECT_THAT(recording.await_output(why), HasSubstr(why));
    EXPECT_EQ(exit_code(recording.wait()), 2);
  };
  refuse({"--sensor", "waist"}, "\"waist\" is no sensor");
  refuse({"--activity", "a,b"}, "a label is");
  refuse({"--seconds", "0"}, "--seconds");
  EXPECT_FALSE(fs::exists(out()));
  std::ofstream(directory_ / "empty.yaml") << "node: n\n";
  ChildProcess none({PROPRIOD_PROGRAM, "record", "--config", directory_ / "empty.yaml", "--out", out()});
  none.await_output("at least one sensor");
  EXPECT_EQ(exit_code(none.wait()), 2);
}

TEST_F(Record, FailsWhenTheFolderCannotBeWritten) {
  std::ofstream(out()) << "a file where the folder should be\n";
  auto recording = record("  - {name: chest, driver: simulated}\n");
  recording.await_output("recordings");
  EXPECT_EQ(exit_code(recording.wait()), 1);
}

}  // namespace
}  // namespace propriod::daemon
