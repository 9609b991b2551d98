// Does the way of a sample allocate once it is under way? A leak or a lock in the allocator would show after weeks.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "drivers/replay_driver.hpp"
#include "drivers/simulated_driver.hpp"
#include "tests/drivers/driver_rig.hpp"

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

// The other forms of the standard library end in these.
void* operator new(std::size_t size_bytes) { return counted(size_bytes, 1); }
void* operator new(std::size_t size_bytes, std::align_val_t alignment) {
  return counted(size_bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace propriod::drivers {
namespace {

/// Works until `samples` more samples have been read.
void pass(DriverRig& rig, std::uint64_t samples) {
  Reading reading;
  while (samples > 0 && rig.io.run_one() > 0) {
    while (samples > 0 && rig.ring.pop(reading)) --samples;
  }
}

/// How many allocations `samples` more samples cost.
std::uint64_t allocations_while_passing(DriverRig& rig, std::uint64_t samples) {
  const std::uint64_t before = allocations;
  pass(rig, samples);
  return allocations - before;
}

Recording recording() {
  Recording made;
  made.rate_hz = 50;
  for (int i = 0; i < 1000; ++i) made.samples.push_back({.time = i * std::chrono::milliseconds{20}, .accel_mps2 = {}});
  return made;
}

TEST(Allocations, AreCounted) {
  const std::uint64_t before = allocations;
  const auto probe = std::make_unique<std::string>(100, 'x');
  EXPECT_EQ(allocations - before, 2U);
}

TEST(Allocations, AreNoneInAReplayThatWaitsForRoom) {
  DriverRig rig(256);
  ReplayDriver driver(rig.io, recording(), {.pace = {.speed = 0}, .loop = true});
  rig.spawn(driver);
  pass(rig, 1000);
  EXPECT_EQ(allocations_while_passing(rig, 20'000), 0U);
}

TEST(Allocations, AreNoneInAReplayThatTakesTurns) {
  DriverRig rig(1 << 13);  // more than a batch: it lets the others run, and goes on
  ReplayDriver driver(rig.io, recording(), {.pace = {.speed = 0}, .loop = true});
  rig.spawn(driver);
  pass(rig, 1000);
  EXPECT_EQ(allocations_while_passing(rig, 200'000), 0U);
}

TEST(Allocations, AreNoneInSimulatedSensorsInRealTime) {
  constexpr std::size_t kDrivers = 50;
  DriverRig rig(1 << 14);
  std::vector<std::unique_ptr<SimulatedDriver>> drivers;
  for (std::size_t i = 0; i < kDrivers; ++i) {
    drivers.push_back(
        std::make_unique<SimulatedDriver>(rig.io, Sleeper::Options{.seed = i, .rate_hz = 400}, PacedDriver::Pace{}));
    rig.spawn(*drivers.back());
  }
  pass(rig, 50 * kDrivers);
  EXPECT_EQ(allocations_while_passing(rig, 100 * kDrivers), 0U);
}

}  // namespace
}  // namespace propriod::drivers
