// Does the real driver, on a real pseudo-terminal, deliver what the microcontroller at its far end measures, and find
// back to it after whatever can happen to a cable and a device?

#include "drivers/adxl345_serial_driver.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "drivers/adxl345_registers.hpp"
#include "tests/drivers/adxl345_serial_bench.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/simulators/pty_host.hpp"
#include "tests/support/resources.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::Adxl345SerialSimulator;
using tests::CsvUnit;
using tests::PtyHost;
using tests::sway;
using Bench = SerialBench;
using Simulated = Adxl345SerialSimulator::Options;

constexpr double kRateHz = 200;

class EachFormat : public ::testing::TestWithParam<std::pair<std::string, Simulated>> {};

TEST_P(EachFormat, DeliversWhatTheDeviceMeasures) {
  const auto& simulated = GetParam().second;
  Bench bench(simulated);
  Adxl345SerialSimulator device(simulated);
  const PtyHost host(device, bench.options.device.device);
  bench.start();
  ASSERT_TRUE(bench.wait_for_samples(150));
  const auto& counters = bench.driver->counters();
  EXPECT_TRUE(counters.connected);
  EXPECT_EQ(counters.lost, 0U);
  EXPECT_EQ(counters.gaps, 0U);
  EXPECT_EQ(counters.resynchronisations, 0U);
  EXPECT_EQ(counters.reconnects, 0U);
  EXPECT_EQ(counters.samples, bench.readings.size());
  expect_true_samples(bench.readings, kRateHz);
  EXPECT_LT(BootClock::now() - bench.readings.back().sample.time, 500ms);
  EXPECT_THAT(bench.driver->problems(), IsEmpty());
}

TEST_P(EachFormat, ComesBackAfterTheCableWasPulled) {
  const auto& simulated = GetParam().second;
  Bench bench(simulated);
  Adxl345SerialSimulator device(simulated);
  PtyHost host(device, bench.options.device.device);
  bench.start();
  ASSERT_TRUE(bench.wait_for_samples(50));
  host.unplug();
  const auto& counters = bench.driver->counters();
  ASSERT_TRUE(bench.wait_for([&] { return !counters.connected; }, 2s));
  EXPECT_THAT(bench.driver->problems(), Contains(HasSubstr((bench.directory / "tty").string())));
  bench.work_for(500ms);
  host.plug();
  ASSERT_TRUE(bench.wait_for_samples(50, 2s));
  EXPECT_TRUE(counters.connected);
  EXPECT_EQ(counters.reconnects, 1U);
  EXPECT_GE(counters.gaps, 1U);
  EXPECT_THAT(bench.driver->problems(), IsEmpty());
  EXPECT_EQ(std::ranges::count_if(bench.readings, &Reading::after_gap), counters.gaps);
  expect_true_samples(bench.readings, kRateHz);
  if (simulated.format != Adxl345SerialSimulator::Format::kCsv) {  // it says what time or number its samples have
    const auto first = index_of(bench.readings.front().sample, 0);
    const auto last = index_of(bench.readings.back().sample, first);
    EXPECT_EQ(counters.samples + counters.lost, last - first + 1);
  }
}

TEST_P(EachFormat, LosesNothingWhenTheLineStalls) {
  const auto& simulated = GetParam().second;
  Bench bench(simulated);
  Adxl345SerialSimulator device(simulated);
  const PtyHost host(device, bench.options.device.device, tests::parse_fault_script("0.3 stall 0.3"));
  bench.start();
  ASSERT_TRUE(bench.wait_for_samples(160));
  EXPECT_EQ(bench.lost(), 0U);
  expect_true_samples(bench.readings, kRateHz);
}

INSTANTIATE_TEST_SUITE_P(
    Serial, EachFormat,
    ::testing::Values(
        std::pair("Lines", Simulated{.rate_hz = kRateHz}),
        std::pair("RawLinesWithChecksum", Simulated{.unit = CsvUnit::kRaw, .rate_hz = kRateHz, .checksum = true}),
        std::pair("LinesWithTime",
                  Simulated{
                      .format = Adxl345SerialSimulator::Format::kCsvTime, .unit = CsvUnit::kMg, .rate_hz = kRateHz}),
        std::pair("Frames", Simulated{.format = Adxl345SerialSimulator::Format::kCobs, .rate_hz = kRateHz})),
    [](const auto& instance) { return instance.param.first; });

TEST(Adxl345Serial, LinesThatNeverCameDoNotMakeTheNextOnesEarly) {
  const Simulated simulated{.rate_hz = kRateHz};
  Bench bench(simulated);
  Adxl345SerialSimulator device(simulated);
  const PtyHost host(device, bench.options.device.device, tests::parse_fault_script("0.5 drop 2000"));  // 0.4 s
  bench.start();
  ASSERT_TRUE(bench.wait_for_samples(90));
  const auto before = bench.readings.size();
  ASSERT_TRUE(bench.wait_for([&] { return bench.driver->counters().gaps > 0; }, 2s));
  ASSERT_TRUE(bench.wait_for_samples(40));
  EXPECT_LT(BootClock::now() - bench.readings.back().sample.time, 250ms);
  const auto after_gap = std::ranges::find_if(bench.readings.begin() + static_cast<std::ptrdiff_t>(before) - 10,
                                              bench.readings.end(), &Reading::after_gap);
  ASSERT_NE(after_gap, bench.readings.end());
  EXPECT_GT(after_gap->sample.time - std::prev(after_gap)->sample.time, 300ms);
}

TEST(Adxl345Serial, CountsWhatDamagedFramesHeld) {
  const Simulated simulated{.format = Adxl345SerialSimulator::Format::kCobs, .rate_hz = kRateHz, .frame_samples = 5};
  Bench bench(simulated);
  Adxl345SerialSimulator device(simulated);
  const PtyHost host(device, bench.options.device.device,
                     tests::parse_fault_script("0.5 flip 1\n0.8 drop 1\n1.1 insert 00\n1.4 drop 300\n1.6 insert ff55"));
  bench.start();
  ASSERT_TRUE(bench.wait_for_samples(400));
  const auto& counters = bench.driver->counters();
  EXPECT_GE(counters.resynchronisations, 3U);
  EXPECT_GE(counters.lost, 15U);
  expect_true_samples(bench.readings, kRateHz);
  const auto first = index_of(bench.readings.front().sample, 0);
  EXPECT_EQ(counters.samples + counters.lost, index_of(bench.readings.back().sample, first) - first + 1);
}

class FormatThatTellsTheTime : public ::testing::TestWithParam<Adxl345SerialSimulator::Format> {};

TEST_P(FormatThatTellsTheTime, ARestartOfTheDeviceIsAGapAndNoLoss) {
  const Simulated simulated{.format = GetParam(), .rate_hz = kRateHz};
  Bench bench(simulated);
  Adxl345SerialSimulator device(simulated);
  const PtyHost host(device, bench.options.device.device, tests::parse_fault_script("0.4 reboot"));
  bench.start();
  ASSERT_TRUE(bench.wait_for([&] { return bench.driver->counters().gaps > 0; }, 5s));
  ASSERT_TRUE(bench.wait_for_samples(50));
  EXPECT_EQ(bench.lost(), 0U);
  EXPECT_EQ(bench.driver->counters().gaps, 1U);
  EXPECT_EQ(bench.driver->counters().reconnects, 0U);
  expect_true_samples(bench.readings, kRateHz);
}

INSTANTIATE_TEST_SUITE_P(Serial, FormatThatTellsTheTime,
                         ::testing::Values(Adxl345SerialSimulator::Format::kCsvTime,
                                           Adxl345SerialSimulator::Format::kCobs),
                         [](const auto& instance) {
                           return instance.param == Adxl345SerialSimulator::Format::kCobs ? "Frames" : "LinesWithTime";
                         });

TEST(Adxl345Serial, WaitsForADeviceThatResetsWhenItIsOpened) {
  const Simulated simulated{.rate_hz = kRateHz, .resets_when_opened = true};
  Bench bench(simulated);
  bench.start();
  bench.work_for(300ms);
  EXPECT_THAT(bench.driver->problems(), Contains(HasSubstr("cannot be opened")));
  Adxl345SerialSimulator device(simulated);
  const PtyHost host(device, bench.options.device.device);
  ASSERT_TRUE(bench.wait_for_samples(50));
  expect_true_samples(bench.readings, kRateHz);
  EXPECT_EQ(bench.driver->counters().reconnects, 0U);
}

TEST(Adxl345Serial, TwoDriversDoNotShareALineByWhateverName) {
  const Simulated simulated{.rate_hz = kRateHz};
  Bench bench(simulated);
  Adxl345SerialSimulator device(simulated);
  const PtyHost host(device, bench.options.device.device);
  bench.start();
  ASSERT_TRUE(bench.wait_for_samples(10));
  Bench other(simulated);
  std::filesystem::create_symlink(bench.options.device.device, other.options.device.device);
  other.start();
  other.work_for(50ms);
  EXPECT_THAT(other.driver->problems(),
              Contains(AllOf(HasSubstr("in use by this very program"), HasSubstr("another sensor"))));
}

TEST(Adxl345Serial, SaysWhatIsNoSerialPort) {
  Bench bench;
  const auto file = bench.directory / "notes.txt";
  std::ofstream(file) << "1,2,3\n";
  for (const std::filesystem::path& path : {std::filesystem::path("/dev/null"), file, file.parent_path()}) {
    Bench one;
    one.options.device.device = path;
    one.start();
    one.work_for(50ms);
    EXPECT_THAT(one.driver->problems(),
                Contains(AllOf(HasSubstr(path.string() + ": is no serial port"), HasSubstr("`propriod sensors`"))));
  }
}

TEST(Adxl345Serial, StopsAtOnceWhereverItIs) {
  const Simulated simulated{.rate_hz = kRateHz};
  for (const bool plugged : {true, false}) {
    Bench bench(simulated);
    Adxl345SerialSimulator device(simulated);
    PtyHost host(device, bench.options.device.device);
    if (!plugged) host.unplug();
    bench.start();
    bench.work_for(100ms);
    const auto begun = BootClock::now();
    bench.driver->stop();
    bench.driver->stop();
    ASSERT_TRUE(bench.wait_for([&] { return bench.rig.end.has_value(); }, 2s));
    EXPECT_LT(BootClock::now() - begun, 100ms);
    EXPECT_EQ(bench.rig.end, DriverEnd::kStopped);
    EXPECT_FALSE(bench.driver->counters().connected);
  }
}

constexpr int kTimesToSettle = 5;              // after which nothing is allocated for good any more
constexpr std::size_t kHeapNoise = 16 * 1024;  // far less than a session allocates

void recovers(int times) {
  const Simulated simulated{.format = Adxl345SerialSimulator::Format::kCobs, .rate_hz = 200, .frame_samples = 4};
  Bench bench(simulated);
  Adxl345SerialSimulator device(simulated);
  PtyHost host(device, bench.options.device.device);
  bench.start();
  ASSERT_TRUE(bench.wait_for_samples(20));
  const auto descriptors = tests::open_descriptors();
  const auto heap_bytes = [&] { return tests::heap_bytes(bench.readings.capacity() * sizeof(Reading)); };
  std::size_t heap = 0;
  BootClock::duration longest{0};
  for (int i = 0; i < times; ++i) {
    if (i == kTimesToSettle) heap = heap_bytes();
    host.unplug();
    ASSERT_TRUE(bench.wait_for([&] { return !host.is_plugged() && !bench.driver->counters().connected; }, 2s));
    bench.work_for(std::chrono::milliseconds{10 * (i % 30)});
    host.plug();
    ASSERT_TRUE(bench.wait_for([&] { return host.is_plugged(); }, 1s));
    const auto back = BootClock::now();
    ASSERT_TRUE(bench.wait_for([&] { return bench.driver->counters().connected.load(); }, 2s)) << "time " << i;
    longest = std::max(longest, BootClock::now() - back);
    EXPECT_EQ(tests::open_descriptors(), descriptors);
    EXPECT_EQ(bench.driver->counters().reconnects, static_cast<std::uint64_t>(i) + 1);
  }
  EXPECT_LT(longest, 2s);
  EXPECT_LT(heap_bytes(), heap + kHeapNoise);
  const auto first = index_of(bench.readings.front().sample, 0);
  if (bench.delivered() + bench.lost() < 600) {  // the sway has not begun anew
    EXPECT_EQ(bench.delivered() + bench.lost(), index_of(bench.readings.back().sample, first) - first + 1);
  }
  std::printf("%d times back, after at most %.2f s\n", times, std::chrono::duration<double>(longest).count());
}

TEST(Adxl345Serial, RecoversTenTimesWithNothingLeaked) { recovers(10); }
TEST(Adxl345Serial, LongRecoversAHundredTimesWithNothingLeaked) { recovers(100); }

}  // namespace
}  // namespace propriod::drivers
