#include "drivers/device_clock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <tuple>
#include <vector>

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr BootTime kStart{1000s};
constexpr nanoseconds kLeastDelay = 3ms;

double to_ms(nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

/// A device that measures at its own pace and a link that is late.
struct Link {
  double rate_hz = 50;
  double drift_ppm = 0;  // the device's clock is that much fast
  std::function<BootTime(BootTime measured)> arrival = [](BootTime measured) { return measured + kLeastDelay; };

  [[nodiscard]] BootTime measured(std::int64_t sample) const {
    return kStart + from_seconds(static_cast<double>(sample) / (rate_hz * (1 + drift_ppm * 1e-6)));
  }
};

/// Runs `link` for `seconds` and gives, for every sample, how much later than the truth (and the least delay) the clock
/// says that it was measured. Samples that arrive together are a batch.
std::vector<double> errors_ms(DeviceClock& clock, const Link& link, double seconds, std::int64_t first = 0) {
  std::vector<double> errors;
  const auto samples = static_cast<std::int64_t>(seconds * link.rate_hz);
  std::vector<BootTime> arrivals;
  BootTime latest{};
  for (std::int64_t k = first; k < first + samples; ++k) {
    latest = std::max(latest, link.arrival(link.measured(k)));  // a stream keeps its order
    arrivals.push_back(latest);
  }
  for (std::size_t begin = 0; begin < arrivals.size();) {
    std::size_t end = begin + 1;
    while (end < arrivals.size() && arrivals[end] == arrivals[begin]) ++end;
    clock.observe(first + static_cast<std::int64_t>(end) - 1, arrivals[begin]);
    for (; begin < end; ++begin) {
      const std::int64_t k = first + static_cast<std::int64_t>(begin);
      errors.push_back(to_ms(clock.time_of(k) - link.measured(k) - kLeastDelay));
    }
  }
  return errors;
}

/// The largest error, either way, once a minute has passed.
double worst_after_a_minute(const std::vector<double>& errors, double rate_hz) {
  double worst = 0;
  for (auto k = static_cast<std::size_t>(60 * rate_hz); k < errors.size(); ++k) {
    worst = std::max(worst, std::abs(errors[k]));
  }
  return worst;
}

/// Bluetooth: what was measured waits for the next burst, about every 50 ms, and then for the host a little.
std::function<BootTime(BootTime)> bursts(std::uint64_t seed, double regularity_ms) {
  struct State {
    std::mt19937_64 random;
    BootTime burst = kStart;
  };
  return [state = std::make_shared<State>(State{std::mt19937_64{seed}, kStart}), regularity_ms](BootTime measured) {
    std::uniform_real_distribution<double> wobble{-regularity_ms, regularity_ms};
    while (state->burst < measured) state->burst += from_seconds((50 + wobble(state->random)) / 1e3);
    return state->burst + kLeastDelay;
  };
}

class DriftAndJitter : public testing::TestWithParam<std::tuple<double, double, std::uint64_t>> {
 protected:
  [[nodiscard]] static double rate() { return std::get<0>(GetParam()); }
  [[nodiscard]] static double drift() { return std::get<1>(GetParam()); }
  [[nodiscard]] static std::uint64_t seed() { return std::get<2>(GetParam()); }
};

TEST_P(DriftAndJitter, IsWithinTwoMillisecondsAfterAMinuteOfBursts) {
  DeviceClock clock{{.ticks_per_second = rate(), .most_drift_ppm = 500}};
  const Link link{.rate_hz = rate(), .drift_ppm = drift(), .arrival = bursts(seed(), 20)};
  EXPECT_LE(worst_after_a_minute(errors_ms(clock, link, 300), rate()), 2);
  EXPECT_NEAR(clock.drift_ppm(), drift(), 40);
}

TEST_P(DriftAndJitter, IsWithinTwoMillisecondsAfterAMinuteOfRandomDelays) {
  std::mt19937_64 random{seed()};
  std::exponential_distribution<double> delay{1 / 0.008};
  const Link link{.rate_hz = rate(), .drift_ppm = drift(), .arrival = [&](BootTime measured) {
                    return measured + kLeastDelay + from_seconds(delay(random));
                  }};
  DeviceClock clock{{.ticks_per_second = rate(), .most_drift_ppm = 500}};
  EXPECT_LE(worst_after_a_minute(errors_ms(clock, link, 300), rate()), 2);
}

TEST_P(DriftAndJitter, IsWithinTwoMillisecondsThroughStallsOfTheHost) {
  const auto burst = bursts(seed(), 20);
  std::mt19937_64 random{seed() + 1};
  BootTime stalled_until{};
  BootTime next_stall = kStart + 10s;
  const Link link{.rate_hz = rate(), .drift_ppm = drift(), .arrival = [&](BootTime measured) {
                    const BootTime arrival = burst(measured);
                    if (arrival > next_stall) {
                      stalled_until = next_stall + from_seconds(std::uniform_real_distribution{0.1, 4.0}(random));
                      next_stall = stalled_until + from_seconds(std::uniform_real_distribution{2.0, 20.0}(random));
                    }
                    return std::max(arrival, stalled_until);
                  }};
  DeviceClock clock{{.ticks_per_second = rate(), .most_drift_ppm = 500}};
  EXPECT_LE(worst_after_a_minute(errors_ms(clock, link, 300), rate()), 2);
}

INSTANTIATE_TEST_SUITE_P(Clocks, DriftAndJitter,
                         testing::Combine(testing::Values(25.0, 50.0, 51.2, 100.0), testing::Values(-200.0, 0.0, 200.0),
                                          testing::Values(1, 2, 3)));

TEST(DeviceClock, FollowsAnOscillatorThatIsOffByPerCents) {
  for (const double drift_ppm : {-40'000.0, 40'000.0}) {
    DeviceClock clock{{.ticks_per_second = 100, .most_drift_ppm = 60'000}};
    const Link link{.rate_hz = 100, .drift_ppm = drift_ppm, .arrival = bursts(7, 20)};
    EXPECT_LE(worst_after_a_minute(errors_ms(clock, link, 300), 100), 2) << drift_ppm;
    EXPECT_NEAR(clock.drift_ppm(), drift_ppm, 40);
  }
}

TEST(DeviceClock, KnowsNoDriftBeyondWhatAnOscillatorCanHave) {
  for (const double drift_ppm : {-500'000.0, 1'000'000.0}) {  // the device has another rate than configured
    DeviceClock clock{{.ticks_per_second = 50, .most_drift_ppm = 60'000}};
    const Link link{.rate_hz = 50, .drift_ppm = drift_ppm};
    errors_ms(clock, link, 30);
    EXPECT_TRUE(std::isnan(clock.drift_ppm())) << clock.drift_ppm();
  }
}

TEST(DeviceClock, GoesOnFromTheAnswersOfTheClockBefore) {
  DeviceClock first{{.ticks_per_second = 50, .most_drift_ppm = 500}};
  const BootTime last = first.stamp(0, kStart);
  DeviceClock second{{.ticks_per_second = 10, .most_drift_ppm = 500}};
  second.go_on_from(first);
  second.observe(1, kStart + 20ms);
  EXPECT_GT(second.time_of(0), last);  // it was measured long before, if it may say so
}

TEST(DeviceClock, GivesTheFirstBatchThePaceOfTheDevice) {
  DeviceClock clock{{.ticks_per_second = 50, .most_drift_ppm = 500}};
  clock.observe(15, kStart);  // 16 samples at once
  BootTime last{};
  for (std::int64_t k = 0; k < 16; ++k) {
    const BootTime time = clock.time_of(k);
    EXPECT_EQ(time, kStart - (15 - k) * 20ms);
    EXPECT_GT(time, last);
    last = time;
  }
}

TEST(DeviceClock, NeverRunsBackwards) {
  DeviceClock clock{{.ticks_per_second = 50, .most_drift_ppm = 500}};
  std::mt19937_64 random{11};
  std::exponential_distribution<double> delay{1 / 0.05};
  std::uniform_int_distribution<int> one_in{0, 999};
  BootTime last{};
  BootTime arrival = kStart;
  std::int64_t ticks = 0;
  for (std::int64_t k = 0; k < 100'000; ++k) {
    const int chance = one_in(random);
    if (chance == 0) clock.restart();
    if (chance == 1) ticks -= 500;  // the device's clock was stepped
    if (chance == 2) ticks += 5000;
    ++ticks;
    arrival = std::max(arrival, kStart + k * 20ms + from_seconds(delay(random)));
    const BootTime time = clock.stamp(ticks, arrival);
    ASSERT_GT(time, last) << "sample " << k;
    last = time;
  }
}

TEST(DeviceClock, IsTrueAgainSoonAfterTheDeviceWasRestarted) {
  DeviceClock clock{{.ticks_per_second = 50, .most_drift_ppm = 500}};
  const Link link{.rate_hz = 50, .drift_ppm = 150, .arrival = bursts(5, 20)};
  errors_ms(clock, link, 120);
  clock.restart();  // and its count begins anew, which is all the same to a count of samples
  const auto errors = errors_ms(clock, link, 180, 120 * 50);
  EXPECT_LE(worst_after_a_minute(errors, 50), 2);
  EXPECT_LE(std::abs(errors[10 * 50]), 10);
}

TEST(DeviceClock, NoticesAClockThatWasStepped) {
  for (const std::int64_t step : {-2000, -50, 50, 2000}) {  // ticks: 40 s, 1 s
    DeviceClock clock{{.ticks_per_second = 50, .most_drift_ppm = 500}};
    for (std::int64_t k = 0; k < 3000; ++k) static_cast<void>(clock.stamp(k, kStart + k * 20ms));
    BootTime time{};
    for (std::int64_t k = 3000; k < 3500; ++k) time = clock.stamp(k + step, kStart + k * 20ms);
    EXPECT_NEAR(to_ms(time - (kStart + 3499 * 20ms)), 0, 1) << step;
  }
}

TEST(DeviceClock, ForgivesADamagedTimeStamp) {
  DeviceClock clock{{.ticks_per_second = 50, .most_drift_ppm = 500}};
  for (std::int64_t k = 0; k < 3000; ++k) static_cast<void>(clock.stamp(k, kStart + k * 20ms));
  EXPECT_LE(clock.stamp(9'000'000, kStart + 3000 * 20ms), kStart + 3000 * 20ms);
  EXPECT_EQ(clock.stamp(3001, kStart + 3001 * 20ms), kStart + 3001 * 20ms);
}

TEST(TickUnwrapper, UnwrapsACounterThatTurns) {
  TickUnwrapper unwrapper{{.bits = 16, .ticks_per_second = 32768, .period_ticks = 640}};
  std::uint32_t raw = 65'000;
  for (std::int64_t k = 0; k < 10'000; ++k, raw = (raw + 640) % 65'536) {
    ASSERT_EQ(unwrapper.unwrap(raw, kStart + from_seconds(static_cast<double>(k) * 640 / 32768)), k * 640);
  }
}

/// Samples every 640 ticks; those from `first_missing` on for `missing` were lost in a silence.
std::int64_t ticks_after_a_silence(std::int64_t missing, int settle_samples) {
  TickUnwrapper unwrapper{{.bits = 16, .ticks_per_second = 32768, .period_ticks = 640}};
  std::int64_t ticks = 0;
  const auto take = [&](std::int64_t k) {
    ticks = unwrapper.unwrap(static_cast<std::uint32_t>(k * 640 % 65'536),
                             kStart + from_seconds(static_cast<double>(k) * 640 / 32768));
  };
  for (std::int64_t k = 0; k < 500; ++k) take(k);
  for (std::int64_t k = 500 + missing; k < 500 + missing + settle_samples; ++k) take(k);
  return ticks / 640 - (500 + missing + settle_samples - 1);
}

TEST(TickUnwrapper, FindsTheTurnsThatPassedInSilence) {
  for (const std::int64_t missing : {10, 90, 103, 150, 300, 1000, 10'000}) {  // a turn is 102.4 samples
    EXPECT_EQ(ticks_after_a_silence(missing, 1), 0) << missing;
    EXPECT_EQ(ticks_after_a_silence(missing, 100), 0) << missing;
  }
}

TEST(TickUnwrapper, FindsATurnThatLooksLikeNoLossWithinASecond) {
  // 512 samples of 128 ticks are a turn: the one after them follows the last one to the tick.
  TickUnwrapper unwrapper{{.bits = 16, .ticks_per_second = 32768, .period_ticks = 128}};
  std::int64_t ticks = 0;
  for (std::int64_t k = 0; k < 2000; ++k) {
    if (k >= 500 && k < 500 + 512) continue;
    ticks = unwrapper.unwrap(static_cast<std::uint32_t>(k * 128 % 65'536),
                             kStart + from_seconds(static_cast<double>(k) * 128 / 32768));
  }
  EXPECT_EQ(ticks, 1999 * 128);
}

TEST(TickUnwrapper, DoesNotTakeABacklogForATurn) {
  TickUnwrapper unwrapper{{.bits = 16, .ticks_per_second = 32768, .period_ticks = 640}};
  for (std::int64_t k = 0; k < 2000; ++k) {
    BootTime arrival = kStart + from_seconds(static_cast<double>(k) * 640 / 32768);
    if (k >= 500 && k < 800) arrival = kStart + from_seconds(800. * 640 / 32768);  // six seconds of samples at once
    ASSERT_EQ(unwrapper.unwrap(static_cast<std::uint32_t>(k * 640 % 65'536), arrival), k * 640);
  }
}

}  // namespace
}  // namespace propriod::drivers
