#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "drivers/adxl345_registers.hpp"
#include "drivers/adxl345_serial_driver.hpp"
#include "tests/drivers/driver_rig.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::drivers {

/// The driver and everything around it; the device is the test's.
class SerialBench {
 public:
  explicit SerialBench(const tests::Adxl345SerialSimulator::Options& simulated = {}) : rig(65'536) {
    options.device = {
        .name = "waist",
        .device = directory / "tty",
        .rate_hz = simulated.rate_hz,
        .backoff = {.first = std::chrono::milliseconds{200}, .longest = std::chrono::milliseconds{200}, .seed = 1}};
    if (simulated.format == tests::Adxl345SerialSimulator::Format::kCobs)
      options.format = Adxl345SerialDriver::Format::kCobs;
    options.unit = static_cast<Adxl345SerialDriver::Unit>(simulated.unit);
  }
  ~SerialBench() { stop(); }

  void start() {
    driver = std::make_unique<Adxl345SerialDriver>(rig.io, options);
    rig.spawn(*driver);
  }

  void stop() {
    if (!driver || rig.end) return;
    driver->stop();
    EXPECT_TRUE(wait_for([this] { return rig.end.has_value(); }, std::chrono::seconds{2}));
  }

  /// Works until `condition` holds; false when it does not within `longest`.
  bool wait_for(const std::function<bool()>& condition, std::chrono::milliseconds longest) {
    const auto deadline = BootClock::now() + longest;
    while (!condition()) {
      if (BootClock::now() > deadline) return false;
      rig.io.run_one_for(std::chrono::milliseconds{5});
      const auto some = rig.read_all();
      readings.insert(readings.end(), some.begin(), some.end());
    }
    return true;
  }
  bool wait_for_samples(std::size_t more, std::chrono::milliseconds longest = std::chrono::seconds{5}) {
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
inline std::uint64_t index_of(const Sample& sample, std::uint64_t from) {
  for (auto index = from; index < from + 600; ++index) {
    const auto counts = tests::sway(index);
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
inline void expect_true_samples(const std::vector<Reading>& readings, double rate_hz) {
  ASSERT_FALSE(readings.empty());
  auto index = index_of(readings[0].sample, 0);
  std::size_t since_gap = 0;
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const auto next = index_of(readings[i].sample, index + 1);
    EXPECT_TRUE(next == index + 1 || readings[i].after_gap) << "sample " << i;
    EXPECT_GT(readings[i].sample.time - readings[i - 1].sample.time, std::chrono::microseconds{1}) << "sample " << i;
    if (readings[i].after_gap) since_gap = i;
    const std::chrono::duration<double> since = readings[i].sample.time - readings[since_gap].sample.time;
    EXPECT_NEAR(since.count(), static_cast<double>(i - since_gap) / rate_hz, 0.1) << "sample " << i;
    index = next;
  }
}

}  // namespace propriod::drivers
