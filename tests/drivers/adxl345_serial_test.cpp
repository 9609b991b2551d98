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
#include "tests/drivers/driver_rig.hpp"
#include "tests/drivers/serial_stream.hpp"
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
using tests::Fault;
using tests::PtyHost;
using tests::sway;
using Simulated = Adxl345SerialSimulator::Options;

constexpr double kRateHz = 200;

/// The driver and everything around it; the device is the test's.
class Bench {
 public:
  explicit Bench(const Simulated& simulated = {}) : rig(65'536) {
    options.device = {.name = "waist",
                      .device = directory / "tty",
                      .rate_hz = simulated.rate_hz,
                      .backoff = {.first = 200ms, .longest = 200ms, .seed = 1}};
    if (simulated.format == Adxl345SerialSimulator::Format::kCobs) options.format = Adxl345SerialDriver::Format::kCobs;
    options.unit = static_cast<Adxl345SerialDriver::Unit>(simulated.unit);
  }
  ~Bench() { stop(); }

  void start() {
    driver = std::make_unique<Adxl345SerialDriver>(rig.io, options);
    rig.spawn(*driver);
  }

  void stop() {
    if (!driver || rig.end) return;
    driver->stop();
    EXPECT_TRUE(wait_for([this] { return rig.end.has_value(); }, 2s));
  }

  /// Works until `condition` holds; false when it does not within `longest`.
  bool wait_for(const std::function<bool()>& condition, std::chrono::milliseconds longest) {
    const auto deadline = BootClock::now() + longest;
    while (!condition()) {
      if (BootClock::now() > deadline) return false;
      rig.io.run_one_for(5ms);
      const auto some = rig.read_all();
      readings.insert(readings.end(), some.begin(), some.end());
    }
    return true;
  }
  bool wait_for_samples(std::size_t more, std::chrono::milliseconds longest = 5s) {
    const auto before = readings.size();
    return wait_for([&] { return readings.size() >= before + more; }, longest);
  }
  void work_for(std::chrono::milliseconds time) {
    static_cast<void>(wait_for([] { return false; }, time));
  }

  [[nodiscard]] std::uint64_t delivered() const { return driver->counters().samples; }
  [[nodiscard]] std::uint64_t lost() const { return driver->counters().lost; }

  tests::TemporaryDirectory directory;
  DriverRig rig;
  Adxl345SerialDriver::Options options;
  std::unique_ptr<Adxl345SerialDriver> driver;
  std::vector<Reading> readings;
};

/// Which sample of the simulator's sway a reading is; the first that fits from `from` on.
std::uint64_t index_of(const Sample& sample, std::uint64_t from) {
  for (auto index = from; index < from + 600; ++index) {
    const auto counts = sway(index);
    bool fits = true;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      fits = fits && std::abs(sample.accel_mps2[axis] - counts[axis] * adxl345::kMps2PerCount) < 2e-3;
    }
    if (fits) return index;
  }
  ADD_FAILURE() << "a sample that the device never made";
  return from;
}

/// Samples are those of the device in their order, where one is missing there is a gap, and between gaps they are a
/// period apart, but for what a busy host delays the first. Those that arrived together have times of their own.
void expect_true_samples(const std::vector<Reading>& readings, double rate_hz) {
  ASSERT_FALSE(readings.empty());
  auto index = index_of(readings[0].sample, 0);
  std::size_t since_gap = 0;
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const auto next = index_of(readings[i].sample, index + 1);
    EXPECT_TRUE(next == index + 1 || readings[i].after_gap) << "sample " << i;
    EXPECT_GT(readings[i].sample.time - readings[i - 1].sample.time, 1us) << "sample " << i;
    if (readings[i].after_gap) since_gap = i;
    const std::chrono::duration<double> since = readings[i].sample.time - readings[since_gap].sample.time;
    EXPECT_NEAR(since.count(), static_cast<double>(i - since_gap) / rate_hz, 0.1) << "sample " << i;
    index = next;
  }
}

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

TEST(Adxl345Serial, NamesAWrongBaudRateAndKeepsListening) {
  const Simulated simulated{.rate_hz = kRateHz};
  Bench bench(simulated);
  Adxl345SerialSimulator device(simulated);
  const PtyHost host(device, bench.options.device.device, tests::parse_fault_script("0 garbage 3.2"));
  bench.start();
  const auto begun = BootClock::now();
  ASSERT_TRUE(bench.wait_for([&] { return !bench.driver->problems().empty(); }, 6s));
  EXPECT_LT(BootClock::now() - begun, 3500ms);
  EXPECT_THAT(bench.driver->problems(), Contains(AllOf(HasSubstr("115200"), HasSubstr("`baud`"), HasSubstr("9600"))));
  ASSERT_TRUE(bench.wait_for_samples(50));
  ASSERT_TRUE(bench.wait_for([&] { return bench.driver->problems().empty(); }, 8s));
  EXPECT_EQ(bench.driver->counters().reconnects, 0U);
}

/// A device, and a driver that was told something else about it.
struct Misconfigured {
  explicit Misconfigured(const Simulated& simulated)
      : bench(simulated), device(simulated), host(device, bench.options.device.device) {}
  Bench bench;
  Adxl345SerialSimulator device;
  PtyHost host;
};

TEST(Adxl345Serial, SaysWhatIsConfiguredWrong) {
  Misconfigured format({.rate_hz = kRateHz});
  format.bench.options.format = Adxl345SerialDriver::Format::kCobs;
  Misconfigured unit({.unit = CsvUnit::kRaw, .rate_hz = kRateHz});
  unit.bench.options.unit = Adxl345SerialDriver::Unit::kG;
  Misconfigured silent({.rate_hz = 0.001});
  silent.bench.options.device.rate_hz = kRateHz;
  std::array<Bench*, 3> benches{&format.bench, &unit.bench, &silent.bench};
  for (auto* bench : benches) bench->start();
  const auto all_complain = [&] {
    for (auto* bench : benches) bench->work_for(1ms);
    return std::ranges::none_of(benches, [](const auto* bench) { return bench->driver->problems().empty(); });
  };
  ASSERT_TRUE(format.bench.wait_for(all_complain, 8s));
  EXPECT_THAT(format.bench.driver->problems(), Contains(HasSubstr("`format: csv`")));
  EXPECT_THAT(unit.bench.driver->problems(), Contains(AllOf(HasSubstr("`unit`"), HasSubstr(","))));
  EXPECT_THAT(silent.bench.driver->problems(), Contains(HasSubstr("silent")));
}

/// A sketch that prints a time which it forgets to count, 50 times a second, and nothing at all between 13 and 14 s.
class StandingClock final : public tests::SerialDevice {
 public:
  void receive(std::span<const std::byte>) override {}
  tests::Bytes transmit(std::chrono::nanoseconds now) override {
    tests::Bytes out;
    for (; due_ <= now; due_ += 20ms) {
      if (due_ >= 13s && due_ < 14s) continue;
      const auto line =
          bytes_of("0," + std::to_string(0.1 + 0.01 * static_cast<double>(++sent_ % 10)) + ",0.2,9.8\r\n");
      out.insert(out.end(), line.begin(), line.end());
    }
    return out;
  }
  [[nodiscard]] std::uint64_t samples_sent() const override { return sent_; }

 private:
  std::chrono::nanoseconds due_{0};
  std::uint64_t sent_ = 0;
};

TEST(Adxl345Serial, TimesThatStandStillAreNoTimes) {
  Bench bench(Simulated{.rate_hz = 50});
  StandingClock device;
  const PtyHost host(device, bench.options.device.device);
  bench.start();
  ASSERT_TRUE(bench.wait_for([&] { return !bench.driver->problems().empty(); }, 12s));
  EXPECT_THAT(bench.driver->problems(), Contains(HasSubstr("advance by 0 a sample")));
  bench.work_for(100ms);
  const auto believed = bench.driver->counters().gaps.load();
  bench.work_for(14'500ms - std::chrono::milliseconds{20 * bench.driver->counters().samples});
  EXPECT_EQ(bench.driver->counters().gaps, believed + 1) << "the pause";
  EXPECT_LT(BootClock::now() - bench.readings.back().sample.time, 500ms);  // and not the pause early
}

TEST(Adxl345Serial, TimesSamplesByTheirCountWhereTheirTimesCannotBeTrue) {
  const Simulated simulated{.format = Adxl345SerialSimulator::Format::kCsvTime, .rate_hz = kRateHz};  // in ms
  Misconfigured us(simulated);
  us.bench.options.time_unit = Adxl345SerialDriver::TimeUnit::kUs;
  Misconfigured s(simulated);
  s.bench.options.time_unit = Adxl345SerialDriver::TimeUnit::kS;
  std::array<Bench*, 2> benches{&us.bench, &s.bench};
  for (auto* bench : benches) bench->start();
  const auto both = [&](const auto& condition) {
    return us.bench.wait_for(
        [&] {
          s.bench.work_for(1ms);  // neither may stall meanwhile
          return std::ranges::all_of(benches, condition);
        },
        6s);
  };
  ASSERT_TRUE(both([](const Bench* bench) { return !bench->driver->problems().empty(); }));
  for (auto* bench : benches) {
    EXPECT_THAT(bench->driver->problems(), Contains(AllOf(HasSubstr("advance by 5 a sample"), HasSubstr("at 200 Hz"),
                                                          HasSubstr("set `time_unit: ms`"))));
  }
  const auto enough = us.bench.readings.size() + 220;
  ASSERT_TRUE(both([&](const Bench* bench) { return bench->readings.size() >= enough; }));
  for (auto* bench : benches) {
    auto& readings = bench->readings;
    const auto begin = std::ranges::find_if(readings.rbegin(), readings.rend(), &Reading::after_gap).base() - 1;
    readings.erase(readings.begin(), begin);  // where the times became true
    EXPECT_GT(readings.size(), 150U);
    EXPECT_LT(readings.size(), 400U);
    expect_true_samples(readings, kRateHz);
  }
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
