// Is what is configured wrong named, and does the driver make the best of it meanwhile?

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "drivers/adxl345_serial_driver.hpp"
#include "tests/drivers/adxl345_serial_bench.hpp"
#include "tests/drivers/serial_stream.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/simulators/pty_host.hpp"

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using tests::Adxl345SerialSimulator;
using tests::CsvUnit;
using tests::PtyHost;
using Bench = SerialBench;
using Simulated = Adxl345SerialSimulator::Options;

constexpr double kRateHz = 200;

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

}  // namespace
}  // namespace propriod::drivers
