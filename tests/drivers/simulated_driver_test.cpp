#include "drivers/simulated_driver.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "tests/drivers/driver_rig.hpp"

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;

TEST(SimulatedDriver, MeasuresSampleKAtKPeriodsBehindTheStart) {
  const BootTime start = BootClock::now() - 10s;
  DriverRig rig;
  SimulatedDriver driver(rig.io, {.seed = 4, .rate_hz = 51.2}, {.start = start});
  rig.spawn(driver);
  rig.io.poll();

  const auto readings = rig.read_all();
  ASSERT_GE(readings.size(), 512U);
  EXPECT_EQ(readings[0].sample.time - start, 0ns);
  EXPECT_EQ(readings[1].sample.time - start, 19'531'250ns);
  EXPECT_EQ(readings[256].sample.time - start, 5s);
  Sleeper sleeper({.seed = 4, .rate_hz = 51.2});
  for (const Reading& reading : readings) {
    ASSERT_EQ(reading.sample.accel_mps2, sleeper.next().accel_mps2);
    ASSERT_FALSE(reading.after_gap);
  }
  EXPECT_EQ(driver.rate_hz(), 51.2);
}

TEST(SimulatedDriver, GoesOnUntilItIsStopped) {
  DriverRig rig(16);
  SimulatedDriver driver(rig.io, {}, {.speed = 0});
  EXPECT_TRUE(driver.can_wait());
  rig.spawn(driver);
  std::size_t read = 0;
  while (read < 1000 && rig.io.run_one() > 0) read += rig.read_all().size();
  EXPECT_EQ(rig.end, std::nullopt);
  driver.stop();
  driver.stop();
  rig.io.run();
  EXPECT_EQ(rig.end, DriverEnd::kStopped);
  EXPECT_EQ(rig.ring.refused(), 0U);
}

TEST(SimulatedDriver, SharesItsThreadWithManyOthers) {
  constexpr std::size_t kDrivers = 100;
  const BootTime start = BootClock::now() - 1s;
  DriverRig rig(1 << 14);  // one ring does: all drivers write from one thread
  std::vector<std::unique_ptr<SimulatedDriver>> drivers;
  for (std::size_t i = 0; i < kDrivers; ++i) {
    drivers.push_back(
        std::make_unique<SimulatedDriver>(rig.io, Sleeper::Options{.seed = i}, PacedDriver::Pace{.start = start}));
    rig.spawn(*drivers.back());
  }
  rig.io.poll();
  for (const auto& driver : drivers) {
    EXPECT_GE(driver->counters().samples, 51U);
    driver->stop();
  }
  rig.io.run();
  EXPECT_EQ(rig.ring.refused(), 0U);
}

}  // namespace
}  // namespace propriod::drivers
