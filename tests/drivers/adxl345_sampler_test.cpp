// Does the sampler hand on every sample that the chip made, in order, at the time it was made, and count all others?
// In a time of its own: ten minutes take a moment.

#include "drivers/adxl345_sampler.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/simulators/adxl345_model.hpp"
#include "tests/support/byte_faults.hpp"

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using tests::Adxl345Model;
using tests::Adxl345ModelBus;

constexpr std::int64_t kNumbers = 1'000'000;  // a sample carries its number, up to here

adxl345::Counts carrying(std::uint64_t number) {
  return {static_cast<std::int16_t>(number % 1000 - 500), static_cast<std::int16_t>(number / 1000 % 1000 - 500), 256};
}

std::int64_t carried_by(const PreciseAcceleration& accel_mps2) {
  const auto count = [&](std::size_t axis) { return std::llround(accel_mps2[axis] / adxl345::kMps2PerCount); };
  return (count(1) + 500) * 1000 + count(0) + 500;
}

struct Recorder final : SampleListener {
  void on_sample(BootTime time, const PreciseAcceleration& accel_mps2) noexcept override {
    numbers.push_back(carried_by(accel_mps2));
    times.push_back(time);
  }
  void on_lost(std::uint64_t samples) noexcept override { lost += samples; }
  void on_gap() noexcept override { ++gaps; }

  std::vector<std::int64_t> numbers;
  std::vector<BootTime> times;
  std::uint64_t lost = 0;
  int gaps = 0;  // of unknown length
};

/// A chip, its bus, and a clock that the transfers and the waits move.
struct Rig {
  explicit Rig(double rate_hz, double rate_error = 0)
      : rate_hz(rate_hz),
        model({.rate_error = rate_error, .now = [this] { return now; }, .signal = carrying}),
        bus(model, [this](std::size_t bytes) { now += bytes * 25us; }),  // 400 kHz
        chip(bus, {.name = "i2c", .rate_hz = rate_hz, .range_g = 2}),
        sampler(rate_hz, 2, recorder, [this] { return BootTime{now}; }) {
    chip.set_up();
    sampler.begin();
    start = now;
  }

  /// What the driver does, without its retries: polls until `end`, and after a failure 50 ms later.
  void run_until(nanoseconds end) {
    while (now < end) {
      const auto poll = sampler.poll(chip);
      if (poll.error) {
        now += 50ms;
        continue;
      }
      now = std::max(now, poll.next.time_since_epoch() + late());
    }
  }
  nanoseconds late() { return nanoseconds{std::uniform_int_distribution<>{50'000, 400'000}(random)}; }

  /// Every sample made is handed on, lost, or still in the FIFO.
  void expect_nothing_unaccounted_for() {
    EXPECT_FALSE(sampler.poll(chip).error);
    EXPECT_EQ(recorder.numbers.size() + recorder.lost + model.samples_in_fifo(), model.samples_made());
    EXPECT_EQ(recorder.gaps, 0);
  }

  double rate_hz;
  std::mt19937 random{1};
  nanoseconds now = 100s;
  nanoseconds start{};
  Adxl345Model model;
  Adxl345ModelBus bus;
  Adxl345Chip chip;
  Recorder recorder;
  Adxl345Sampler sampler;
};

void expect_ascending(const Recorder& recorder) {
  for (std::size_t i = 1; i < recorder.numbers.size(); ++i) {
    ASSERT_GT(recorder.numbers[i], recorder.numbers[i - 1]) << "at " << i;
    ASSERT_GT(recorder.times[i], recorder.times[i - 1]) << "at " << i;
  }
}

class AtEachRate : public testing::TestWithParam<double> {};
INSTANTIATE_TEST_SUITE_P(Adxl345Sampler, AtEachRate, testing::Values(12.5, 25, 50, 100, 200, 400));

TEST_P(AtEachRate, HandsOnEverySampleInOrder) {
  Rig rig{GetParam(), 0.013};
  rig.run_until(rig.start + 100s);
  rig.expect_nothing_unaccounted_for();
  expect_ascending(rig.recorder);
  EXPECT_EQ(rig.recorder.lost, 0U);
  EXPECT_NEAR(rig.sampler.drift_ppm(), 13'000, 150);
}

TEST_P(AtEachRate, TellsWhenASampleWasMeasured) {
  Rig rig{GetParam(), -0.021};
  rig.run_until(rig.start + 90s);
  const double period_s = 1 / (GetParam() * 0.979);
  for (std::size_t i = rig.recorder.numbers.size() * 2 / 3; i < rig.recorder.numbers.size(); ++i) {
    const double truth_s = std::chrono::duration<double>(rig.start).count() + 1.1e-3 +
                           static_cast<double>(rig.recorder.numbers[i] + 1) * period_s;
    const double told_s = std::chrono::duration<double>(rig.recorder.times[i].time_since_epoch()).count();
    ASSERT_NEAR(told_s, truth_s, 2e-3) << "sample " << rig.recorder.numbers[i];
  }
}

TEST_P(AtEachRate, CountsWhatWasOverwrittenWhileTheHostWasAway) {
  Rig rig{GetParam(), 0.03};
  for (int absence = 1; absence <= 20; ++absence) {
    rig.run_until(rig.start + absence * 10s);
    rig.now += std::uniform_int_distribution<>{100, 4000}(rig.random) * 1ms;
  }
  rig.run_until(rig.now + 2s);
  rig.expect_nothing_unaccounted_for();
  expect_ascending(rig.recorder);
  EXPECT_GT(rig.recorder.lost, 0U);
}

TEST_P(AtEachRate, CountsWhatFailedTransfersTook) {
  Rig rig{GetParam(), -0.03};
  for (int failure = 1; failure <= 100; ++failure) {
    rig.run_until(rig.start + failure * 6s);
    rig.model.fault("late-failure", std::to_string(failure % 4 + 1));
  }
  rig.run_until(rig.now + 2s);
  rig.expect_nothing_unaccounted_for();
  expect_ascending(rig.recorder);
  EXPECT_GT(rig.recorder.lost, 0U);
}

TEST(Adxl345Sampler, CountsAnAbsenceInTheFirstSecondsAsAGapOfUnknownLength) {
  Rig rig{50};
  rig.run_until(rig.start + 2s);
  rig.now += 3s;
  rig.run_until(rig.now + 1s);
  EXPECT_EQ(rig.recorder.gaps, 1);
  EXPECT_EQ(rig.recorder.lost, 0U);
  expect_ascending(rig.recorder);
}

TEST(Adxl345Sampler, KeepsTheThirtyTwoNewestOfAFullFifo) {
  Rig rig{50};
  rig.run_until(rig.start + 20s);
  const auto before = rig.recorder.numbers.size();
  const auto made = rig.model.samples_made();
  rig.now += 5s;
  rig.run_until(rig.now + 100ms);
  rig.expect_nothing_unaccounted_for();
  EXPECT_GE(rig.recorder.numbers.size() - before, 32U);
  EXPECT_NEAR(static_cast<double>(rig.recorder.lost), 250 - 33, 12);
  EXPECT_GT(rig.recorder.numbers[before], static_cast<std::int64_t>(made));
}

TEST(Adxl345Sampler, LosesNothingWhenTheHostIsLateByLessThanTheFifoLasts) {
  Rig rig{400};
  rig.run_until(rig.start + 10s);
  for (int i = 1; i < 200; ++i) {
    rig.run_until(rig.start + 10s + i * 300ms);
    rig.now += 36ms;  // after up to 43 ms of sleep
  }
  rig.expect_nothing_unaccounted_for();
  EXPECT_EQ(rig.recorder.lost, 0U);
}

TEST(Adxl345Sampler, CountsDamagedEntriesAndKeepsTheRest) {
  Rig rig{50};
  rig.run_until(rig.start + 20s);
  rig.model.fault("garble", "3");
  rig.run_until(rig.start + 21s);
  rig.expect_nothing_unaccounted_for();
  EXPECT_EQ(rig.recorder.lost, 3U);
  expect_ascending(rig.recorder);
}

TEST(Adxl345Sampler, SaysThatAChipIsSilent) {
  Rig rig{50};
  rig.run_until(rig.start + 10s);
  EXPECT_FALSE(rig.sampler.poll(rig.chip).silent);
  rig.chip.stand_by();
  static_cast<void>(rig.sampler.poll(rig.chip));
  rig.now += 200ms;
  EXPECT_TRUE(rig.sampler.poll(rig.chip).silent);
}

TEST(Adxl345Sampler, CountsAnOutageAcrossWhichTheChipWentOn) {
  Rig rig{50, 0.02};
  rig.run_until(rig.start + 60s);
  rig.now += 10s;
  rig.sampler.resume();
  rig.run_until(rig.now + 1s);
  rig.expect_nothing_unaccounted_for();
  EXPECT_NEAR(static_cast<double>(rig.recorder.lost), 10 * 51 - 33, 12);
}

TEST(Adxl345Sampler, StartsAnewAfterAnOutageThatNoForecastBridges) {
  Rig rig{50, 0.02};
  rig.run_until(rig.start + 20s);
  rig.now += 90s;
  rig.run_until(rig.now + 10s);
  EXPECT_EQ(rig.recorder.gaps, 1);
  EXPECT_EQ(rig.recorder.lost, 0U);
  expect_ascending(rig.recorder);
}

TEST(Adxl345Sampler, AccountsForTenMinutesWithAFaultEveryTenSeconds) {
  Rig rig{50, 0.017};
  for (int fault = 1; fault < 60; ++fault) {
    rig.run_until(rig.start + fault * 10s);
    if (fault % 4 == 0) rig.model.fault("nack", "2.5");
    if (fault % 4 == 1) rig.model.fault("late-failure", "2");
    if (fault % 4 == 2) rig.model.fault("garble", "4");
    if (fault % 4 == 3) rig.now += 3s;
  }
  rig.run_until(rig.start + 600s);
  rig.expect_nothing_unaccounted_for();
  expect_ascending(rig.recorder);
  EXPECT_GE(rig.model.samples_made(), 30'000U);
}

TEST(Adxl345Sampler, SurvivesRandomFaultScripts) {
  int unknown = 0;  // scripts with a gap that the sampler could not tell the length of
  for (int seed = 1; seed <= tests::fault_scripts(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{static_cast<unsigned>(seed)};
    const auto pick = [&](int from, int to) { return std::uniform_int_distribution<>{from, to}(random); };
    const double rate_hz = adxl345::kRateCodes[static_cast<std::size_t>(pick(0, 5))].rate_hz;
    Rig rig{rate_hz, pick(-40, 40) * 1e-3};
    rig.random.seed(static_cast<unsigned>(seed));
    rig.run_until(rig.start + 10s);
    for (int faults = pick(1, 8); faults > 0; --faults) {
      switch (pick(0, 4)) {
        case 0:
          rig.model.fault("nack", std::to_string(pick(1, 3000) * 1e-3));
          break;
        case 1:
          rig.model.fault("stuck-bus", std::to_string(pick(1, 1000) * 1e-3));
          break;
        case 2:
          rig.model.fault("late-failure", std::to_string(pick(1, 5)));
          break;
        case 3:
          rig.model.fault("garble", std::to_string(pick(1, 40)));
          break;
        default:
          rig.now += pick(1, 3000) * 1ms;
      }
      rig.run_until(rig.now + pick(10, 8000) * 1ms);
    }
    rig.model.fault("garble", "0");
    rig.model.fault("late-failure", "0");
    rig.model.fault("nack", "0");
    rig.run_until(rig.now + 3s);
    if (rig.recorder.gaps == 0) rig.expect_nothing_unaccounted_for();
    if (rig.recorder.gaps > 0) ++unknown;
    expect_ascending(rig.recorder);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_LE(unknown, 1 + tests::fault_scripts() / 1000);
}

}  // namespace
}  // namespace propriod::drivers
