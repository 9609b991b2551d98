// Does a Shimmer at the end of a line give its samples, whatever it is and whatever befalls it?

#include "drivers/shimmer_driver.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/drivers/driver_rig.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/simulators/pty_host.hpp"
#include "tests/simulators/shimmer_simulator.hpp"
#include "tests/support/resources.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using shimmer::Accelerometer;
using shimmer::FirmwareId;
using shimmer::Model;
using testing::Contains;
using testing::HasSubstr;
using tests::PtyHost;
using tests::ShimmerSimulator;

constexpr auto kDeadline = 20s;

ShimmerSimulator::Options shimmer3(std::uint8_t minor = 16) {
  ShimmerSimulator::Options options;
  options.device.firmware = {.id = FirmwareId::kLogAndStream, .version = {0, minor, 0}};
  return options;
}

ShimmerSimulator::Options shimmer3r() {
  ShimmerSimulator::Options options;
  options.device = {.model = Model::kShimmer3r, .firmware = {.id = FirmwareId::kLogAndStream, .version = {1, 0, 30}}};
  return options;
}

ShimmerSimulator::Options shimmer2(Model model, FirmwareId firmware = FirmwareId::kBtStream) {
  ShimmerSimulator::Options options;
  options.device = {.model = model, .firmware = {.id = firmware, .version = {0, 4, 0}}};
  return options;
}

/// A driver, its device, and a line between them.
class ShimmerBench {
 public:
  explicit ShimmerBench(ShimmerSimulator::Options simulated, ShimmerDriver::Options options = {},
                        std::vector<tests::Fault> faults = {})
      : shimmer_(std::move(simulated)), faults_(std::move(faults)), driver_(rig_.io, [&] {
          options.device.name = "wrist";
          options.device.device = directory_ / "shimmer";
          if (options.device.rate_hz == 0) options.device.rate_hz = 51.2;
          options.device.backoff = {.first = 200ms, .longest = 200ms, .seed = 1};
          return options;
        }()) {}

  ShimmerSimulator& shimmer() { return shimmer_; }
  ShimmerDriver& driver() { return driver_; }
  PtyHost& line() { return *line_; }

  void plug_in() { line_.emplace(shimmer_, directory_ / "shimmer", faults_); }
  void start() {
    if (!line_) plug_in();
    rig_.io.restart();  // it may have run out of work before
    rig_.spawn(driver_);
  }

  /// Works until `done`; false when that takes too long.
  bool run_until(const std::function<bool()>& done, std::chrono::nanoseconds longest = kDeadline) {
    const BootTime deadline = BootClock::now() + longest;
    while (!done()) {
      if (BootClock::now() >= deadline) return false;
      rig_.io.run_one_for(2ms);
      for (const Reading& reading : rig_.read_all()) readings_.push_back(reading);
    }
    return true;
  }
  bool run_until_samples(std::size_t more) {
    const std::size_t wanted = readings_.size() + more;
    return run_until([&] { return readings_.size() >= wanted; });
  }
  /// Stops the driver, and the device with it: then its own figures may be read.
  void stop() {
    driver_.stop();
    EXPECT_TRUE(run_until([&] { return rig_.end.has_value(); }));
    for (const Reading& reading : rig_.read_all()) readings_.push_back(reading);
    line_.reset();
  }
  const std::vector<Reading>& readings() const { return readings_; }
  /// Of the process, but for the readings kept here.
  std::size_t heap_bytes() const { return tests::heap_bytes(readings_.capacity() * sizeof(Reading)); }

 private:
  tests::TemporaryDirectory directory_;
  ShimmerSimulator shimmer_;
  std::vector<tests::Fault> faults_;
  std::optional<PtyHost> line_;
  DriverRig rig_;
  ShimmerDriver driver_;
  std::vector<Reading> readings_;
};

/// Gravity as the default signal has it, breath included.
MATCHER(IsGravity, "") {
  double squares = 0;
  for (const float axis : arg.sample.accel_mps2) squares += static_cast<double>(axis) * static_cast<double>(axis);
  const double norm_g = std::sqrt(squares) / kStandardGravityMps2;
  *result_listener << "norm " << norm_g << " g";
  return norm_g > 0.95 && norm_g < 1.05;
}

struct Kind {
  std::string name;
  ShimmerSimulator::Options simulated;
  ShimmerDriver::Options options{};
};

class EveryShimmer : public testing::TestWithParam<Kind> {};

TEST_P(EveryShimmer, GivesGravityAndIsLeftInCommandMode) {
  ShimmerBench bench(GetParam().simulated, GetParam().options);
  bench.start();
  ASSERT_TRUE(bench.run_until_samples(20)) << testing::PrintToString(bench.driver().problems());
  bench.stop();
  EXPECT_FALSE(bench.shimmer().is_streaming());
  EXPECT_THAT(bench.readings(), testing::Each(IsGravity()));
  EXPECT_EQ(bench.driver().counters().lost, 0U);
  EXPECT_EQ(bench.driver().counters().gaps, 0U);
  EXPECT_EQ(bench.driver().counters().resynchronisations, 0U);
  EXPECT_EQ(bench.driver().counters().samples, bench.shimmer().samples_sent());
  for (std::size_t i = 1; i < bench.readings().size(); ++i) {
    EXPECT_GT(bench.readings()[i].sample.time, bench.readings()[i - 1].sample.time);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, EveryShimmer,
                         testing::Values(Kind{.name = "Shimmer3WithChecksums", .simulated = shimmer3()},
                                         Kind{.name = "Shimmer3", .simulated = shimmer3(11)},
                                         Kind{.name = "Shimmer3WithShortTimeStamps", .simulated = shimmer3(5)},
                                         Kind{.name = "Shimmer3WideRange",
                                              .simulated = shimmer3(),
                                              .options = {.accelerometer = Accelerometer::kWideRange, .range_g = 8}},
                                         Kind{.name = "Shimmer3r", .simulated = shimmer3r()},
                                         Kind{.name = "Shimmer3rWideRange",
                                              .simulated = shimmer3r(),
                                              .options = {.accelerometer = Accelerometer::kWideRange, .range_g = 4}},
                                         Kind{.name = "Shimmer2", .simulated = shimmer2(Model::kShimmer2)},
                                         Kind{.name = "Shimmer2r",
                                              .simulated = shimmer2(Model::kShimmer2r),
                                              .options = {.accelerometer = Accelerometer::kLowNoise, .range_g = 6}},
                                         Kind{.name = "Shimmer2WithBoilerPlate",
                                              .simulated = shimmer2(Model::kShimmer2, FirmwareId::kBoilerPlate)}),
                         [](const auto& info) { return info.param.name; });

TEST(ShimmerDriver, StopsAndDrainsADeviceThatIsFoundStreaming) {
  ShimmerBench bench(shimmer3());
  bench.shimmer().start_streaming();
  bench.start();
  ASSERT_TRUE(bench.run_until_samples(20));
  EXPECT_THAT(bench.readings(), testing::Each(IsGravity()));
  EXPECT_EQ(bench.driver().counters().resynchronisations, 0U);
  bench.stop();
}

TEST(ShimmerDriver, KeepsAskingWhileTheRadioMayStillBeConnecting) {
  ShimmerBench bench(shimmer3());
  bench.shimmer().fault("withhold-ack", "3");
  bench.start();
  ASSERT_TRUE(bench.run_until_samples(5));
  EXPECT_EQ(bench.driver().counters().reconnects, 0U);
  EXPECT_THAT(bench.driver().problems(), testing::IsEmpty());
  bench.stop();
}

TEST(ShimmerDriver, TakesUnaskedStatusMessagesForWhatTheyAre) {
  for (const auto& simulated : {shimmer3(), shimmer3(11), shimmer3r()}) {
    ShimmerBench bench(simulated, {}, tests::parse_fault_script("0.6 status 25\n0.8 status 21\n0.81 status 25\n"));
    bench.start();
    ASSERT_TRUE(bench.run_until_samples(35));
    bench.stop();
    EXPECT_EQ(bench.driver().counters().samples, bench.shimmer().samples_sent());
    EXPECT_EQ(bench.driver().counters().resynchronisations, 0U);
  }
}

TEST(ShimmerDriver, CountsWhatADamagedLineLoses) {
  for (const std::uint8_t firmware : {std::uint8_t{16}, std::uint8_t{11}}) {
    ShimmerBench bench(shimmer3(firmware), {},
                       tests::parse_fault_script("0.8 drop 3\n1.0 insert 0011ff\n1.2 flip 2\n1.4 lose 4\n"));
    bench.start();
    ASSERT_TRUE(bench.run_until([&] { return bench.shimmer().samples_sent() > 75; }));
    bench.stop();
    const auto& counters = bench.driver().counters();
    EXPECT_EQ(counters.samples + counters.lost, bench.shimmer().samples_sent());
    EXPECT_GE(counters.lost, 5U);
    EXPECT_GE(counters.resynchronisations, 1U);
    EXPECT_LE(counters.resynchronisations, 4U);
    EXPECT_THAT(bench.readings(), testing::Each(IsGravity()));
  }
}

TEST(ShimmerDriver, ComesBackAfterAHangUpWithAGap) {
  ShimmerBench bench(shimmer3());
  bench.start();
  ASSERT_TRUE(bench.run_until_samples(10));
  bench.line().unplug();
  ASSERT_TRUE(bench.run_until([&] { return !bench.driver().counters().connected; }));
  const std::size_t before = bench.readings().size();
  EXPECT_FALSE(bench.driver().problems().empty());
  bench.line().plug();
  ASSERT_TRUE(bench.run_until_samples(10));
  EXPECT_TRUE(bench.readings()[before].after_gap);
  EXPECT_EQ(bench.driver().counters().reconnects, 1U);
  EXPECT_EQ(bench.driver().counters().gaps, 1U);
  EXPECT_THAT(bench.driver().problems(), testing::IsEmpty());
  bench.stop();
}

TEST(ShimmerDriver, SaysWhyADeviceFellSilent) {
  ShimmerBench bench(shimmer3(), {}, tests::parse_fault_script("0.8 docked\n"));
  bench.start();
  ASSERT_TRUE(bench.run_until_samples(5));
  ASSERT_TRUE(bench.run_until([&] { return !bench.driver().counters().connected; }));
  EXPECT_THAT(bench.driver().problems(), Contains(HasSubstr("no data for 5 s")));
  ASSERT_TRUE(bench.run_until_samples(5));  // started anew
  bench.stop();
}

TEST(ShimmerDriver, PicksUpADeviceThatAppearsLater) {
  ShimmerBench bench(shimmer3());
  bench.plug_in();
  bench.line().unplug();
  ASSERT_TRUE(bench.run_until([&] { return !bench.line().is_plugged(); }));
  bench.start();
  ASSERT_TRUE(bench.run_until([&] { return !bench.driver().problems().empty(); }));
  bench.line().plug();
  ASSERT_TRUE(bench.run_until_samples(3));
  EXPECT_EQ(bench.driver().counters().reconnects, 0U);
  bench.stop();
}

TEST(ShimmerDriver, StopsInTheMiddleOfConnecting) {
  for (const auto delay : {0ms, 100ms, 180ms, 250ms}) {
    ShimmerBench bench(shimmer3());
    bench.start();
    bench.run_until([] { return false; }, delay);
    const BootTime begin = BootClock::now();
    bench.stop();
    EXPECT_LT(BootClock::now() - begin, 2s);
    EXPECT_FALSE(bench.shimmer().is_streaming());
  }
}

TEST(ShimmerDriver, ReportsItsBattery) {
  ShimmerBench bench(shimmer3());
  bench.start();
  ASSERT_TRUE(bench.run_until_samples(1));
  EXPECT_NEAR(bench.driver().counters().battery_v, 4.17, 0.01);
  bench.stop();
}

TEST(ShimmerDriver, SaysThatAShimmer2HasNoRateOf50Hz) {
  ShimmerDriver::Options options;
  options.device.rate_hz = 50;
  ShimmerBench bench(shimmer2(Model::kShimmer2), options);
  bench.start();
  ASSERT_TRUE(bench.run_until_samples(1));
  EXPECT_THAT(bench.driver().problems(), Contains(HasSubstr("has no rate of 50 Hz")));
  bench.stop();
}

TEST(ShimmerDriver, TakesTheChipsOwnFiguresWhenTheCalibrationIsNotOfIt) {
  auto blank = shimmer3();
  blank.told_block = shimmer::CalibrationBlock{};
  auto of_an_older_chip = shimmer3();
  of_an_older_chip.told_block = shimmer::CalibrationBlock::of(shimmer::Chip::kKxrb5, 0);
  for (const auto& simulated : {blank, of_an_older_chip}) {
    ShimmerBench bench(simulated);
    bench.start();
    ASSERT_TRUE(bench.run_until_samples(10));
    EXPECT_THAT(bench.readings(), testing::Each(IsGravity()));
    EXPECT_THAT(bench.driver().problems(), Contains(HasSubstr("the calibration it keeps is")));
    bench.stop();
  }
}

TEST(ShimmerDriver, GoesWithoutWhatTheFirmwareRefuses) {
  for (const std::uint8_t optional :
       std::initializer_list<std::uint8_t>{0x8B, 0xA3}) {  // checksums; unasked acknowledgements left out
    auto simulated = shimmer3r();
    simulated.refused = optional;
    ShimmerBench bench(simulated);
    bench.start();
    ASSERT_TRUE(bench.run_until_samples(5)) << int{optional};
    EXPECT_THAT(bench.readings(), testing::Each(IsGravity()));
    bench.stop();
  }
}

TEST(ShimmerDriver, SaysWhenTheChipIsAGuess) {
  auto silent = shimmer3();
  silent.board = {.id = 0xFF, .major = 0xFF, .minor = 0xFF};  // its memory was never written
  auto without_lsm = shimmer3();
  without_lsm.board = {.id = 48, .major = 4, .minor = 1};
  const std::pair<ShimmerSimulator::Options, const char*> kinds[] = {
      {silent, "its chip is taken for a LSM303AHTR"}, {without_lsm, "a board SR48-4-1 has another wide-range chip"}};
  for (const auto& [simulated, words] : kinds) {
    ShimmerBench bench(simulated, {.accelerometer = Accelerometer::kWideRange});
    bench.start();
    ASSERT_TRUE(bench.run_until_samples(1));
    EXPECT_THAT(bench.driver().problems(), Contains(HasSubstr(words)));
    bench.stop();
  }
}

TEST(ShimmerDriver, RefusesARangeThatTheChipDoesNotHave) {
  ShimmerBench bench(shimmer3(), {.accelerometer = Accelerometer::kWideRange, .range_g = 3});
  bench.start();
  ASSERT_TRUE(bench.run_until([&] { return !bench.driver().problems().empty(); }));
  EXPECT_THAT(bench.driver().problems(), Contains(HasSubstr("has no range of 3 g, but 2, 4, 8, 16 g")));
  bench.stop();
}

/// A driver that takes a microcontroller for a Shimmer, and all that it says of it.
struct Mistaken {
  explicit Mistaken(const tests::Adxl345SerialSimulator::Options& simulated)
      : device(simulated),
        host(device, directory / "tty"),
        driver(rig.io, {.device = {.name = "wrist",
                                   .device = directory / "tty",
                                   .rate_hz = 51.2,
                                   .backoff = {.first = 50ms, .longest = 50ms, .seed = 1}}}) {
    rig.spawn(driver);
  }
  ~Mistaken() {
    driver.stop();
    rig.io.run();
  }
  void work() {
    rig.io.run_one_for(2ms);
    for (const auto& problem : driver.problems()) said.insert(problem);
  }

  tests::TemporaryDirectory directory;
  tests::Adxl345SerialSimulator device;
  const PtyHost host;
  DriverRig rig;
  ShimmerDriver driver;
  std::set<std::string> said;
};

TEST(ShimmerDriver, SaysOnceThatADeviceIsNoShimmer) {
  Mistaken lines({.rate_hz = 50});
  Mistaken slow_lines({.rate_hz = 2});  // silent for longer than a Shimmer's radio between two of them
  Mistaken frames({.format = tests::Adxl345SerialSimulator::Format::kCobs, .rate_hz = 50});
  for (const BootTime begin = BootClock::now(); BootClock::now() - begin < 10s;) {
    for (Mistaken* mistaken : {&lines, &slow_lines, &frames}) mistaken->work();
  }
  using testing::AllOf;
  using testing::ContainsRegex;
  using testing::ElementsAre;
  const auto is_none = AllOf(HasSubstr("no Shimmer does"), HasSubstr("`driver: adxl345-serial`"));
  EXPECT_THAT(lines.said, ElementsAre(AllOf(ContainsRegex("sends text: `[-0-9.]+,[-0-9.]+,[-0-9.]+`"), is_none)));
  EXPECT_THAT(slow_lines.said, ElementsAre(AllOf(ContainsRegex("sends text: `[-0-9.]+,[-0-9.]+,[-0-9.]+`"), is_none)));
  EXPECT_THAT(frames.said, ElementsAre(AllOf(HasSubstr("goes on sending when told to stop: `"), is_none)));
}

constexpr int kTimesToSettle = 5;              // after which nothing is allocated for good any more
constexpr std::size_t kHeapNoise = 16 * 1024;  // far less than a session allocates

void expect_recovery_from_hang_ups(int times) {
  ShimmerBench bench(shimmer3());
  bench.start();
  ASSERT_TRUE(bench.run_until_samples(3));
  const std::size_t descriptors = tests::open_descriptors();
  std::size_t heap = 0;
  std::chrono::nanoseconds slowest{0};
  for (int time = 0; time < times; ++time) {
    if (time == kTimesToSettle) heap = bench.heap_bytes();
    bench.line().unplug();
    ASSERT_TRUE(bench.run_until([&] { return !bench.driver().counters().connected; }));
    bench.line().plug();
    ASSERT_TRUE(bench.run_until([&] { return bench.line().is_plugged(); }));
    const BootTime begin = BootClock::now();
    ASSERT_TRUE(bench.run_until_samples(1));
    slowest = std::max<std::chrono::nanoseconds>(slowest, BootClock::now() - begin);
  }
  EXPECT_LT(slowest, 2s);
  EXPECT_EQ(tests::open_descriptors(), descriptors);
  EXPECT_LT(bench.heap_bytes(), heap + kHeapNoise);
  EXPECT_EQ(bench.driver().counters().reconnects, static_cast<std::uint64_t>(times));
  std::printf("%d times, slowest %.2f s\n", times, std::chrono::duration<double>(slowest).count());
  bench.stop();
}

TEST(ShimmerDriver, RecoversFromTenHangUps) { expect_recovery_from_hang_ups(10); }
TEST(ShimmerDriver, LongRecoversFromAHundredHangUps) { expect_recovery_from_hang_ups(100); }

}  // namespace
}  // namespace propriod::drivers
