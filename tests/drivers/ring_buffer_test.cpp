#include "drivers/ring_buffer.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace propriod::drivers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Sample sample_at(std::int64_t nanoseconds) {
  return {.time = BootTime{std::chrono::nanoseconds{nanoseconds}},
          .accel_mps2 = {static_cast<float>(nanoseconds), 0.0F, 9.8F}};
}

/// Everything there is to read: time in nanoseconds, and whether it comes after a gap.
std::vector<std::pair<std::int64_t, bool>> read_all(RingBuffer& ring) {
  std::vector<std::pair<std::int64_t, bool>> readings;
  for (Reading reading; ring.pop(reading);) {
    readings.emplace_back(reading.sample.time.time_since_epoch().count(), reading.after_gap);
  }
  return readings;
}

TEST(RingBuffer, GivesSamplesInTheOrderTheyCame) {
  RingBuffer ring(4);
  for (int i = 1; i <= 3; ++i) EXPECT_TRUE(ring.push(sample_at(i)));
  EXPECT_THAT(read_all(ring), ElementsAre(Pair(1, false), Pair(2, false), Pair(3, false)));
  EXPECT_THAT(read_all(ring), IsEmpty());
}

TEST(RingBuffer, RefusesAndCountsTheNewestSampleWhenItIsFull) {
  RingBuffer ring(2);
  EXPECT_TRUE(ring.push(sample_at(1)));
  EXPECT_TRUE(ring.push(sample_at(2)));
  EXPECT_EQ(ring.room(), 0U);
  EXPECT_FALSE(ring.push(sample_at(3)));
  EXPECT_FALSE(ring.push(sample_at(4)));
  EXPECT_EQ(ring.refused(), 2U);
  EXPECT_THAT(read_all(ring), ElementsAre(Pair(1, false), Pair(2, false)));
}

TEST(RingBuffer, MarksTheFirstSampleAfterRefusedOnes) {
  RingBuffer ring(2);
  for (int i = 1; i <= 3; ++i) ring.push(sample_at(i));
  read_all(ring);
  ring.push(sample_at(4));
  ring.push(sample_at(5));
  EXPECT_THAT(read_all(ring), ElementsAre(Pair(4, true), Pair(5, false)));
}

TEST(RingBuffer, MarksTheFirstSampleAfterAGapOfTheDevice) {
  RingBuffer ring(4);
  ring.push(sample_at(1));
  ring.mark_gap();
  ring.push(sample_at(2));
  ring.push(sample_at(3));
  EXPECT_THAT(read_all(ring), ElementsAre(Pair(1, false), Pair(2, true), Pair(3, false)));
}

TEST(RingBuffer, GoesRoundItsSlotsAnyNumberOfTimes) {
  RingBuffer ring(4);
  for (int i = 0; i < 1000; i += 2) {
    ring.push(sample_at(i));
    ring.push(sample_at(i + 1));
    ASSERT_THAT(read_all(ring), ElementsAre(Pair(i, false), Pair(i + 1, false)));
  }
  EXPECT_EQ(ring.refused(), 0U);
}

TEST(RingBuffer, AccountsForEverySampleBetweenTwoThreads) {
  constexpr std::int64_t kSamples = 300'000;
  RingBuffer ring(64);
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (std::int64_t i = 0; i < kSamples; ++i) {
      ring.push(sample_at(i));
      if (i % 100 == 0) std::this_thread::yield();  // so that some are refused, not most
    }
    done = true;
  });
  std::int64_t read = 0;
  std::int64_t last = -1;
  for (;;) {
    const bool was_done = done;
    Reading reading;
    if (ring.pop(reading)) {
      const auto now = reading.sample.time.time_since_epoch().count();
      ASSERT_GT(now, last);
      ASSERT_EQ(reading.after_gap, now != last + 1) << now;
      ASSERT_EQ(reading.sample.accel_mps2[0], static_cast<float>(now));
      last = now;
      ++read;
    } else if (was_done) {
      break;
    } else {
      std::this_thread::yield();
    }
  }
  EXPECT_EQ(static_cast<std::uint64_t>(read) + ring.refused(), static_cast<std::uint64_t>(kSamples));
}

}  // namespace
}  // namespace propriod::drivers
