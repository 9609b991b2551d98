// Does the driver keep a sensor's samples coming, and account for all of them, whatever happens to bus and supply? In
// real time, at the highest rates.

#include "drivers/adxl345_i2c_driver.hpp"

#include <gmock/gmock.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "tests/drivers/driver_rig.hpp"
#include "tests/simulators/adxl345_model.hpp"
#include "tests/support/resources.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::drivers {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

adxl345::Counts carrying(std::uint64_t number) {
  return {static_cast<std::int16_t>(number % 500), static_cast<std::int16_t>(number / 500 % 500), 100};
}

std::int64_t carried_by(const Sample& sample) {
  const auto count = [&](std::size_t axis) { return std::llround(sample.accel_mps2[axis] / adxl345::kMps2PerCount); };
  return count(1) * 500 + count(0);
}

struct Sensor {
  explicit Sensor(double rate_hz = 400, Adxl345I2cDriver::Options options = {})
      : model({.rate_error = 0.02, .now = [] { return BootClock::now().time_since_epoch(); }, .signal = carrying}) {
    options.device = {.name = "bed",
                      .device = "/dev/null",  // that is always there
                      .rate_hz = rate_hz,
                      .backoff = {.first = 100ms, .longest = 100ms, .seed = 1}};
    options.range_g = 2;
    options.open_bus = [this] { return std::make_unique<tests::Adxl345ModelBus>(model); };
    driver.emplace(rig.io, std::move(options));
  }

  void run_for(std::chrono::milliseconds duration) { rig.io.run_for(duration); }

  /// Works until `condition`; fails after 20 s.
  void run_until(const std::function<bool()>& condition) {
    const BootTime deadline = BootClock::now() + 20s;
    while (!condition() && BootClock::now() < deadline) run_for(10ms);
    ASSERT_TRUE(condition());
  }
  std::uint64_t samples() { return driver->counters().samples; }

  void stop() {
    driver->stop();
    rig.io.restart();
    rig.io.run();
    ASSERT_EQ(rig.end, DriverEnd::kStopped);
  }

  DriverRig rig{100'000};
  tests::Adxl345Model model;
  std::optional<Adxl345I2cDriver> driver;
};

TEST(Adxl345I2cDriver, DeliversEverySampleWithItsTime) {
  Sensor sensor;
  sensor.rig.spawn(*sensor.driver);
  sensor.run_for(1500ms);
  sensor.stop();
  const auto readings = sensor.rig.read_all();
  ASSERT_GT(readings.size(), 400U);
  EXPECT_EQ(sensor.driver->counters().lost, 0U);
  EXPECT_EQ(sensor.driver->counters().gaps, 0U);
  for (std::size_t i = 0; i < readings.size(); ++i) {
    ASSERT_EQ(carried_by(readings[i].sample), static_cast<std::int64_t>(i));
    if (i > 0) {
      ASSERT_GT(readings[i].sample.time, readings[i - 1].sample.time);
    }
  }
  EXPECT_NEAR(readings[0].sample.accel_mps2[2], 100 * 0.0039 * 9.80665, 1e-5);
  EXPECT_FALSE(sensor.model.is_measuring()) << "stopped, the chip stands by";
}

TEST(Adxl345I2cDriver, KeepsCountAcrossAnOutageOfTheBus) {
  Sensor sensor;
  sensor.rig.spawn(*sensor.driver);
  sensor.run_for(4s);
  sensor.model.fault("nack", "1");
  sensor.run_for(100ms);
  sensor.run_until([&] { return !sensor.driver->counters().connected; });
  EXPECT_THAT(sensor.driver->problems(), Contains(HasSubstr("nothing answers")));
  sensor.run_until([&] { return sensor.driver->counters().connected.load(); });
  EXPECT_THAT(sensor.driver->problems(), IsEmpty());
  sensor.run_for(500ms);
  sensor.stop();
  EXPECT_EQ(sensor.driver->counters().reconnects, 1U);
  EXPECT_GE(sensor.driver->counters().gaps, 1U);  // a busy host may add one: the FIFO lasts 80 ms
  const auto readings = sensor.rig.read_all();
  const auto last = carried_by(readings.back().sample);
  EXPECT_EQ(readings.size() + sensor.driver->counters().lost, static_cast<std::uint64_t>(last + 1));
}

TEST(Adxl345I2cDriver, BridgesAShortOutageWithoutALoss) {
  Sensor sensor{100};
  sensor.rig.spawn(*sensor.driver);
  sensor.run_until([&] { return sensor.samples() > 50; });
  sensor.model.fault("stuck-bus", "0.12");
  sensor.run_for(1s);
  sensor.stop();
  EXPECT_EQ(sensor.driver->counters().lost, 0U);
  EXPECT_EQ(sensor.driver->counters().gaps, 0U);
  EXPECT_EQ(sensor.driver->counters().reconnects, 0U);
}

TEST(Adxl345I2cDriver, SetsTheChipUpAnewAfterABrownOut) {
  Sensor sensor;
  sensor.rig.spawn(*sensor.driver);
  sensor.run_until([&] { return sensor.samples() > 100; });
  sensor.model.fault("brown-out", "");
  const auto before = sensor.samples();
  sensor.run_until([&] { return sensor.samples() > before + 100; });
  EXPECT_THAT(sensor.driver->problems(), Contains(HasSubstr("lost its settings")));
  sensor.stop();
  EXPECT_EQ(sensor.driver->counters().gaps, 1U);
  std::int64_t last = -1;
  for (const Reading& reading : sensor.rig.read_all()) {
    ASSERT_GT(carried_by(reading.sample), last);
    last = carried_by(reading.sample);
  }
}

TEST(Adxl345I2cDriver, PicksUpASensorThatComesLater) {
  Sensor sensor;
  sensor.model.fault("wrong-id", "ff");
  sensor.rig.spawn(*sensor.driver);
  sensor.run_until([&] { return !sensor.driver->problems().empty(); });
  EXPECT_THAT(sensor.driver->problems(), Contains(HasSubstr("device id is ff")));
  EXPECT_FALSE(sensor.driver->counters().connected);
  sensor.model.fault("wrong-id", "e5");
  sensor.run_until([&] { return sensor.samples() > 0; });
  EXPECT_THAT(sensor.driver->problems(), IsEmpty());
  EXPECT_EQ(sensor.driver->counters().reconnects, 0U) << "it never was away";
  sensor.stop();
}

/// Takes the sensor away so many times, its supply with it, and expects it back soon, with nothing leaked.
void take_away_and_bring_back(int times, const std::string& seconds) {
  Sensor sensor;
  sensor.rig.spawn(*sensor.driver);
  sensor.run_until([&] { return sensor.samples() > 0; });
  const auto descriptors = tests::open_descriptors();
  constexpr int kTimesToSettle = 5;              // after which nothing is allocated for good any more
  constexpr std::size_t kHeapNoise = 16 * 1024;  // far less than a session allocates
  std::size_t heap = 0;
  for (int i = 0; i < times; ++i) {
    if (i == kTimesToSettle) heap = tests::heap_bytes();
    sensor.model.fault("brown-out", "");
    sensor.model.fault("nack", seconds);
    const BootTime back = BootClock::now() + std::chrono::milliseconds{std::llround(std::stod(seconds) * 1000)};
    const auto before = sensor.samples();
    sensor.run_until([&] { return sensor.samples() > before; });
    EXPECT_LT(BootClock::now() - back, 2s);
  }
  EXPECT_EQ(tests::open_descriptors(), descriptors);
  EXPECT_LT(tests::heap_bytes(), heap + kHeapNoise);
  sensor.stop();
}

TEST(Adxl345I2cDriver, RecoversFromOneOutageAfterTheOther) { take_away_and_bring_back(20, "0.02"); }

TEST(Adxl345I2cDriver, LongRecoversFromAHundredLosses) { take_away_and_bring_back(100, "0.5"); }

TEST(Adxl345I2cDriver, StopsInTheMiddleOfAnything) {
  for (const auto after : {0ms, 1ms, 30ms, 150ms}) {
    Sensor sensor{12.5};
    if (after == 150ms) sensor.model.fault("nack", "10");
    sensor.rig.spawn(*sensor.driver);
    sensor.run_for(after);
    const BootTime asked = BootClock::now();
    sensor.driver->stop();
    sensor.stop();
    EXPECT_LT(BootClock::now() - asked, 1s);
  }
}

TEST(Adxl345I2cDriver, TwoSensorsShareABus) {
  Sensor first;
  Sensor second{200};
  first.rig.spawn(*first.driver);
  second.rig.spawn(*second.driver);
  for (int i = 0; i < 50; ++i) {
    first.run_for(10ms);
    second.run_for(10ms);
  }
  first.stop();
  second.stop();
  EXPECT_GT(first.samples(), 200U);
  EXPECT_GT(second.samples(), 100U);
  EXPECT_EQ(first.driver->counters().lost + second.driver->counters().lost, 0U);
}

TEST(Adxl345I2cDriver, SaysWhichInterruptLineItCannotUse) {
  Sensor sensor{50, {.interrupt = "gpiochip99:17"}};
  sensor.rig.spawn(*sensor.driver);
  sensor.run_until([&] { return !sensor.driver->problems().empty(); });
  EXPECT_THAT(sensor.driver->problems(), Contains(HasSubstr("interrupt gpiochip99:17")));
  sensor.stop();
}

TEST(Adxl345I2cDriver, SaysHowToFreeAChipThatTheKernelHolds) {
  const tests::TemporaryDirectory sysfs;
  std::filesystem::create_directories(sysfs / "bus/i2c/devices");
  Sensor sensor{50};
  DriverRig rig;
  Adxl345I2cDriver driver{rig.io,
                          {.device = {.name = "bed", .device = "/dev/i2c-7", .rate_hz = 50},
                           .address = 0x1d,
                           .sysfs = sysfs.path(),
                           .open_bus = []() -> std::unique_ptr<I2cBus> { throw HeldByKernel("/dev/i2c-7: held"); }}};
  rig.spawn(driver);
  while (driver.problems().empty()) rig.io.run_one();
  EXPECT_THAT(driver.problems(), Contains(HasSubstr("held, and offers no samples; free it: echo 7-001d | sudo tee "
                                                    "/sys/bus/i2c/drivers/adxl345_i2c/unbind")));
  driver.stop();
  rig.io.run();
}

}  // namespace
}  // namespace propriod::drivers
