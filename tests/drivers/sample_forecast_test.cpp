#include "drivers/sample_forecast.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;

constexpr double kRateHz = 49.3;
constexpr BootTime kStart{1000s};

double made_at(BootTime time) { return std::chrono::duration<double>(time - kStart).count() * kRateHz; }

/// Looks at the chip every 200 ms or so, for `duration`, sometimes slowly.
BootTime watch(SampleForecast& forecast, BootClock::duration duration, unsigned seed = 1) {
  std::mt19937 random{seed};
  std::uniform_int_distribution<> jitter_us{0, 20'000};
  BootTime now = kStart + 5ms;
  for (; now < kStart + duration; now += 200ms + jitter_us(random) * 1us) {
    const BootTime before = now;
    now += jitter_us(random) / 4 * 1us;
    forecast.counted(std::llround(std::floor(made_at(before + (now - before) / 3))), before, now);
  }
  return now;
}

TEST(SampleForecast, KnowsNothingBeforeTheFirstCount) { EXPECT_FALSE(SampleForecast(50, 60'000).made_by(kStart)); }

TEST(SampleForecast, IncludesTheTruthAndGrowsCloseToIt) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SampleForecast forecast{50, 60'000};
    const BootTime last = watch(forecast, 20s, seed);
    for (const auto ahead : {0ms, 100ms, 1000ms}) {
      const auto bounds = forecast.made_by(last + ahead);
      ASSERT_TRUE(bounds) << "seed " << seed << " ahead " << ahead.count();
      EXPECT_LE(bounds->least, made_at(last + ahead)) << "seed " << seed;
      EXPECT_GE(bounds->most, made_at(last + ahead)) << "seed " << seed;
      EXPECT_LT(bounds->most - bounds->least, 0.65) << "seed " << seed;
    }
  }
}

TEST(SampleForecast, SaysNothingWhereItCouldBeWrongByASample) {
  SampleForecast forecast{50, 60'000};
  const BootTime last = watch(forecast, 2s);
  EXPECT_FALSE(forecast.made_by(last + 20s));
}

TEST(SampleForecast, SaysNothingOfAChipThatKeepsNoSteadyRate) {
  SampleForecast forecast{50, 60'000};
  const BootTime last = watch(forecast, 20s);
  forecast.counted(std::llround(made_at(last)) + 30, last, last);
  EXPECT_FALSE(forecast.made_by(last + 1ms));
}

TEST(SampleForecast, ForgetsWhatItIsToldTo) {
  SampleForecast forecast{50, 60'000};
  const BootTime last = watch(forecast, 20s);
  forecast.forget();
  EXPECT_FALSE(forecast.made_by(last));
  const BootTime again = watch(forecast, 10s, 2);
  ASSERT_TRUE(forecast.made_by(again));
  EXPECT_LE(forecast.made_by(again)->least, made_at(again));
  EXPECT_GE(forecast.made_by(again)->most, made_at(again));
}

}  // namespace
}  // namespace propriod::drivers
