#include "drivers/replay_driver.hpp"

#include <gmock/gmock.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <cstddef>
#include <limits>
#include <thread>
#include <vector>

#include "drivers/errors.hpp"
#include "tests/drivers/driver_rig.hpp"

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// Sample i carries x = i; the first time is not 0, as in a recording whose beginning was cut off.
Recording recording(std::size_t samples, nanoseconds period = 20ms) {
  Recording made;
  made.name = "made.csv";
  made.rate_hz = 1e9 / static_cast<double>(period.count());
  for (std::size_t i = 0; i < samples; ++i) {
    made.samples.push_back({.time = 3s + static_cast<int>(i) * period, .accel_mps2 = {static_cast<float>(i), 0, 9.8F}});
  }
  return made;
}

BootTime long_ago() { return BootClock::now() - std::chrono::hours{1}; }
BootTime far_away() { return BootClock::now() + std::chrono::hours{1}; }

class ReplayAtAnySpeed : public testing::TestWithParam<double> {};

TEST_P(ReplayAtAnySpeed, GivesEachSampleTheStartPlusItsOffset) {
  Recording uneven = recording(4);
  uneven.samples[2].time += 1ns;
  uneven.samples[3].time += 7s;
  const BootTime start = long_ago();
  DriverRig rig;
  ReplayDriver driver(rig.io, uneven, {.pace = {.speed = GetParam(), .start = start}});

  EXPECT_EQ(rig.run(driver), DriverEnd::kFinished);

  const auto readings = rig.read_all();
  ASSERT_EQ(readings.size(), 4U);
  const std::vector<nanoseconds> offsets{0ms, 20ms, 40ms + 1ns, 60ms + 7s};
  for (std::size_t i = 0; i < readings.size(); ++i) {
    EXPECT_EQ(readings[i].sample.time - start, offsets[i]);
    EXPECT_EQ(readings[i].sample.accel_mps2, uneven.samples[i].accel_mps2);
    EXPECT_FALSE(readings[i].after_gap);
  }
  EXPECT_EQ(driver.counters().samples, 4U);
}

INSTANTIATE_TEST_SUITE_P(Speeds, ReplayAtAnySpeed, testing::Values(0.0, 0.01, 1.0, 1000.0));

TEST(ReplayDriver, HandsNoSampleOverBeforeItsTime) {
  DriverRig rig;
  ReplayDriver driver(rig.io, recording(20, 1ms), {});
  rig.spawn(driver);
  std::size_t seen = 0;
  while (rig.io.run_one() > 0) {
    for (const Reading& reading : rig.read_all()) {
      EXPECT_LE(reading.sample.time, BootClock::now());
      ++seen;
    }
  }
  EXPECT_EQ(seen, 20U);
}

TEST(ReplayDriver, StretchesTimeBelowSpeedOne) {
  DriverRig rig;
  ReplayDriver driver(rig.io, recording(2, 1ms), {.pace = {.speed = 0.1}});
  const BootTime begin = BootClock::now();
  EXPECT_EQ(rig.run(driver), DriverEnd::kFinished);
  EXPECT_GE(BootClock::now() - begin, 10ms);
}

TEST(ReplayDriver, LosesNothingWhenItMayWait) {
  constexpr std::size_t kSamples = 20'000;
  DriverRig rig(64);
  ReplayDriver driver(rig.io, recording(kSamples), {.pace = {.speed = 0}});
  ASSERT_TRUE(driver.can_wait());
  std::vector<float> seen;
  std::thread reader([&] {
    while (seen.size() < kSamples) {
      rig.reader.wait();
      for (const Reading& reading : rig.read_all()) {
        EXPECT_FALSE(reading.after_gap);
        seen.push_back(reading.sample.accel_mps2[0]);
      }
    }
  });
  EXPECT_EQ(rig.run(driver), DriverEnd::kFinished);
  reader.join();
  for (std::size_t i = 0; i < kSamples; ++i) ASSERT_EQ(seen[i], static_cast<float>(i));
  EXPECT_EQ(rig.ring.refused(), 0U);
}

TEST(ReplayDriver, WaitsForNobodyInRealTime) {
  DriverRig rig(16);
  ReplayDriver driver(rig.io, recording(1000), {.pace = {.start = long_ago()}});
  EXPECT_FALSE(driver.can_wait());
  EXPECT_EQ(rig.run(driver), DriverEnd::kFinished);
  EXPECT_EQ(rig.read_all().size(), 16U);
  EXPECT_EQ(rig.ring.refused(), 984U);
  EXPECT_EQ(driver.counters().samples, 1000U);
}

TEST(ReplayDriver, LoopsOnePeriodLaterBehindAGap) {
  const BootTime start = BootClock::now() - 150ms;
  DriverRig rig;
  ReplayDriver driver(rig.io, recording(3), {.pace = {.start = start}, .loop = true});
  rig.spawn(driver);
  rig.io.poll();
  driver.stop();
  rig.io.run();

  const auto readings = rig.read_all();
  ASSERT_GE(readings.size(), 7U);
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(readings[i].sample.time, start + static_cast<int>(i) * 20ms);
    EXPECT_EQ(readings[i].sample.accel_mps2[0], static_cast<float>(i % 3));
    EXPECT_EQ(readings[i].after_gap, i == 3 || i == 6);
  }
  EXPECT_EQ(rig.end, DriverEnd::kStopped);
}

TEST(ReplayDriver, EndsALoopBeforeTimesOverflow) {
  DriverRig rig;
  Recording decade = recording(2);
  decade.samples[1].time += std::chrono::hours{10 * 8766};
  ReplayDriver driver(rig.io, decade, {.pace = {.speed = 0}, .loop = true});
  EXPECT_EQ(rig.run(driver), DriverEnd::kFinished);
  EXPECT_EQ(rig.read_all().size(), 19U);  // the tenth lap ends just beyond the 100 years
}

TEST(ReplayDriver, LetsOthersOnItsThreadRun) {
  DriverRig rig(1 << 17);
  ReplayDriver driver(rig.io, recording(100'000), {.pace = {.speed = 0}});
  rig.spawn(driver);
  std::size_t read_meanwhile = 0;
  boost::asio::post(rig.io, [&] { read_meanwhile = rig.read_all().size(); });
  rig.io.run();
  EXPECT_LE(read_meanwhile, 1024U);
  EXPECT_EQ(rig.end, DriverEnd::kFinished);
}

TEST(ReplayDriver, StopsBeforeItRuns) {
  DriverRig rig;
  ReplayDriver driver(rig.io, recording(3), {.pace = {.start = long_ago()}});
  driver.stop();
  driver.stop();
  EXPECT_EQ(rig.run(driver), DriverEnd::kStopped);
  EXPECT_TRUE(rig.read_all().empty());
}

TEST(ReplayDriver, StopsWhileItWaitsForTime) {
  DriverRig rig;
  ReplayDriver driver(rig.io, recording(3), {.pace = {.start = far_away()}});
  rig.spawn(driver);
  rig.io.poll();
  driver.stop();
  driver.stop();
  rig.io.run();
  EXPECT_EQ(rig.end, DriverEnd::kStopped);
  EXPECT_TRUE(rig.read_all().empty());
}

TEST(ReplayDriver, StopsWhileTheRingIsFull) {
  DriverRig rig(16);
  ReplayDriver driver(rig.io, recording(100), {.pace = {.speed = 0}});
  rig.spawn(driver);
  rig.io.poll();
  ASSERT_EQ(rig.ring.room(), 0U);
  driver.stop();
  rig.io.run();
  EXPECT_EQ(rig.end, DriverEnd::kStopped);
  EXPECT_EQ(rig.read_all().size(), 16U);
  EXPECT_EQ(rig.ring.refused(), 0U);
}

TEST(ReplayDriver, StopsInTheMiddleOfALongBurst) {
  DriverRig rig(16);
  ReplayDriver driver(rig.io, recording(100'000), {.pace = {.start = long_ago()}});
  rig.spawn(driver);
  boost::asio::post(rig.io, [&] { driver.stop(); });
  rig.io.run();
  EXPECT_EQ(rig.end, DriverEnd::kStopped);
  EXPECT_LE(driver.counters().samples, 1024U);
}

TEST(ReplayDriver, IgnoresAStopBehindTheEnd) {
  DriverRig rig;
  ReplayDriver driver(rig.io, recording(3), {.pace = {.start = long_ago()}});
  EXPECT_EQ(rig.run(driver), DriverEnd::kFinished);
  driver.stop();
}

TEST(ReplayDriver, HasTheRateOfTheRecording) {
  boost::asio::io_context io;
  EXPECT_EQ(ReplayDriver(io, recording(1, 10ms), {}).rate_hz(), 100);
}

TEST(ReplayDriver, RefusesARecordingItCannotPlay) {
  boost::asio::io_context io;
  EXPECT_THAT([&] { ReplayDriver(io, recording(0), {}); },
              testing::ThrowsMessage<RecordingError>(testing::HasSubstr("made.csv: holds no sample")));
  for (const double rate_hz : {0.0, -50.0, 1e-9, 1e9, std::numeric_limits<double>::quiet_NaN()}) {
    Recording odd = recording(3);
    odd.rate_hz = rate_hz;
    EXPECT_THAT([&] { ReplayDriver(io, odd, {}); },
                testing::ThrowsMessage<RecordingError>(testing::StartsWith("made.csv: its rate is")));
  }
}

}  // namespace
}  // namespace propriod::drivers
