// Does the way of a sample allocate once it is under way? A leak or a lock in the allocator would show after weeks.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "daemon/sensor_pipeline.hpp"
#include "drivers/replay_driver.hpp"
#include "drivers/simulated_driver.hpp"

namespace {

std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t size_bytes, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* const memory = alignment <= alignof(std::max_align_t)
                           ? std::malloc(size_bytes)
                           : std::aligned_alloc(alignment, (size_bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// The other forms of the standard library end in these. Not inlined, or GCC sees free() meet a new and warns.
[[gnu::noinline]] void* operator new(std::size_t size_bytes) { return counted(size_bytes, 1); }
[[gnu::noinline]] void* operator new(std::size_t size_bytes, std::align_val_t alignment) {
  return counted(size_bytes, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace propriod::daemon {
namespace {

using drivers::PacedDriver;
using drivers::ReplayDriver;
using drivers::SimulatedDriver;

/// A driver and the pipeline of its sensor, on the test's own thread.
class SensorRig {
 public:
  SensorRig(boost::asio::io_context& io, std::unique_ptr<drivers::Driver> driver, double arrival_rate_hz)
      : pipeline_({.rate_hz = driver->rate_hz(), .arrival_rate_hz = arrival_rate_hz, .mount = {}}, {}),
        driver_(std::move(driver)) {
    boost::asio::co_spawn(io, driver_->run({pipeline_.ring(), reader_}), boost::asio::detached);
  }

  /// Takes what is in the ring all the way to windows, and returns how many samples that were.
  std::uint64_t drain() {
    std::uint64_t samples = 0;
    while (pipeline_.advance([this](const model::Windower& window) { window.copy_to(window_); })) ++samples;
    return samples;
  }

  [[nodiscard]] std::uint64_t windows() const { return pipeline_.windower_counters().windows; }

 private:
  drivers::Wakeup reader_;
  std::vector<float> window_ = std::vector<float>(300);
  SensorPipeline pipeline_;
  std::unique_ptr<drivers::Driver> driver_;
};

/// Works until `samples` more samples have come through.
void pass(boost::asio::io_context& io, std::vector<std::unique_ptr<SensorRig>>& sensors, std::uint64_t samples) {
  for (std::uint64_t passed = 0; passed < samples && io.run_one() > 0;) {
    for (const auto& sensor : sensors) passed += sensor->drain();
  }
}

/// How many allocations `samples` more samples cost once so many have passed; and that they made windows.
std::uint64_t allocations_of(boost::asio::io_context& io, std::vector<std::unique_ptr<SensorRig>>& sensors,
                             std::uint64_t warm_up, std::uint64_t samples) {
  pass(io, sensors, warm_up);
  const std::uint64_t windows = sensors.front()->windows();
  const std::uint64_t before = allocations;
  pass(io, sensors, samples);
  const std::uint64_t made = allocations - before;
  EXPECT_GT(sensors.front()->windows(), windows);
  return made;
}

drivers::Recording recording() {
  drivers::Recording made;
  made.rate_hz = 50;
  for (int i = 0; i < 1000; ++i) made.samples.push_back({.time = i * std::chrono::milliseconds{20}, .accel_mps2 = {}});
  return made;
}

TEST(Allocations, AreCounted) {
  const std::uint64_t before = allocations;
  const auto probe = std::make_unique<std::string>(100, 'x');
  EXPECT_EQ(allocations - before, 2U);
}

TEST(Allocations, AreNoneFromAReplayToItsWindows) {
  for (const double arrival_rate_hz : {50.0, 2000.0}) {  // a ring that fills, and one that a batch does not fill
    boost::asio::io_context io{1};
    std::vector<std::unique_ptr<SensorRig>> sensors;
    sensors.push_back(std::make_unique<SensorRig>(
        io,
        std::make_unique<ReplayDriver>(io, recording(),
                                       ReplayDriver::Options{.pace = {.speed = 0, .start = {}}, .loop = true}),
        arrival_rate_hz));
    EXPECT_EQ(allocations_of(io, sensors, 1000, 100'000), 0U);
  }
}

TEST(Allocations, AreNoneFromSimulatedSensorsInRealTimeToTheirWindows) {
  boost::asio::io_context io{1};
  std::vector<std::unique_ptr<SensorRig>> sensors;
  for (std::size_t i = 0; i < 50; ++i) {
    sensors.push_back(
        std::make_unique<SensorRig>(io,  // 400 Hz, so that the low-pass works too
                                    std::make_unique<SimulatedDriver>(
                                        io, drivers::Sleeper::Options{.seed = i, .rate_hz = 400}, PacedDriver::Pace{}),
                                    400));
  }
  EXPECT_EQ(allocations_of(io, sensors, 50 * 1600, 50 * 800), 0U);
}

}  // namespace
}  // namespace propriod::daemon
