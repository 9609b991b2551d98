#include "model/resampler.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <numbers>
#include <vector>

namespace propriod::model {
namespace {

using drivers::BootTime;
using drivers::Sample;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::Each;
using testing::ElementsAre;
using testing::FloatNear;

struct Point {
  double time_s;
  float x;
  bool first;
};

/// Everything that comes out of a resampler, with the x axis standing for all.
class Output {
 public:
  explicit Output(const Resampler::Options& options) : resampler_(options) {}

  void push(nanoseconds time, double x, bool after_gap = false) {
    const auto value = static_cast<float>(x);
    resampler_.push({BootTime{time}, {value, -value, 2 * value}}, after_gap, [&](const Sample& sample, bool first) {
      EXPECT_EQ(sample.accel_mps2[1], -sample.accel_mps2[0]);
      points.push_back(
          {std::chrono::duration<double>(sample.time.time_since_epoch()).count(), sample.accel_mps2[0], first});
    });
  }

  [[nodiscard]] const Resampler::Counters& counters() const { return resampler_.counters(); }
  [[nodiscard]] std::vector<float> values() const {
    std::vector<float> result;
    for (const auto& point : points) result.push_back(point.x);
    return result;
  }

  std::vector<Point> points;

 private:
  Resampler resampler_;
};

/// Amplitude, by its effective value, of a sine 1 m/s² strong after resampling, once the filter has settled.
double amplitude_after(double frequency_hz, double source_hz, double target_hz) {
  Output output({.source_rate_hz = source_hz, .target_rate_hz = target_hz});
  for (int k = 0; k < static_cast<int>(10 * source_hz); ++k) {
    const double t = k / source_hz;
    output.push(nanoseconds{std::llround(t * 1e9)}, std::sin(2 * std::numbers::pi * frequency_hz * t));
  }
  const auto values = output.values();
  double sum = 0;
  const auto settled = static_cast<std::size_t>(2 * target_hz);
  for (std::size_t k = settled; k < values.size(); ++k) sum += values[k] * values[k];
  return std::sqrt(2 * sum / static_cast<double>(values.size() - settled));
}

TEST(Resampler, PassesSamplesOnTheGridUnchanged) {
  Output output({.source_rate_hz = 50, .target_rate_hz = 50});
  for (int k = 0; k < 5; ++k) output.push(milliseconds{1000 + 20 * k}, 0.1 * k);
  EXPECT_THAT(output.values(), ElementsAre(0.0F, 0.1F, 0.2F, 0.3F, 0.4F));
  EXPECT_TRUE(output.points.front().first);
  EXPECT_FALSE(output.points.back().first);
}

TEST(Resampler, InterpolatesJitteringSamplesLinearly) {
  Output output({.source_rate_hz = 50, .target_rate_hz = 50});
  for (const int ms : {0, 23, 38, 61, 80, 101}) output.push(milliseconds{ms}, ms);  // x equals the time
  EXPECT_THAT(output.values(), ElementsAre(FloatNear(0, 1e-4F), FloatNear(20, 1e-4F), FloatNear(40, 1e-4F),
                                           FloatNear(60, 1e-4F), FloatNear(80, 1e-4F), FloatNear(100, 1e-4F)));
}

TEST(Resampler, KeepsAnUnevenPeriodFromDrifting) {
  Output output({.source_rate_hz = 30, .target_rate_hz = 30});  // 33,333,333.3 ns
  for (int k = 0; k <= 108'000; ++k) output.push(nanoseconds{std::llround(k * 1e9 / 30)}, 0);
  EXPECT_EQ(output.points.size(), 108'001U);
  EXPECT_NEAR(output.points.back().time_s, 3600, 1e-9);
}

TEST(Resampler, StartsANewGridAfterAGap) {
  Output output({.source_rate_hz = 50, .target_rate_hz = 50});
  output.push(milliseconds{0}, 1);
  output.push(milliseconds{60}, 1);   // 3 periods are still none
  output.push(milliseconds{127}, 5);  // 67 ms are one
  output.push(milliseconds{147}, 6);
  ASSERT_EQ(output.points.size(), 6U);
  EXPECT_TRUE(output.points[4].first);
  EXPECT_DOUBLE_EQ(output.points[4].time_s, 0.127);
  EXPECT_EQ(output.points[5].x, 6);
  EXPECT_EQ(output.counters().gaps, 1U);
}

TEST(Resampler, BelievesTheRingBufferAboutAGapThatTimeDoesNotShow) {
  Output output({.source_rate_hz = 50, .target_rate_hz = 50});
  output.push(milliseconds{0}, 1);
  output.push(milliseconds{40}, 2, /*after_gap=*/true);
  ASSERT_EQ(output.points.size(), 2U);
  EXPECT_TRUE(output.points[1].first);
  EXPECT_EQ(output.counters().gaps, 1U);
}

TEST(Resampler, DropsAndCountsSamplesWhoseTimeDoesNotAdvance) {
  Output output({.source_rate_hz = 50, .target_rate_hz = 50});
  output.push(milliseconds{20}, 1);
  output.push(milliseconds{20}, 9);
  output.push(milliseconds{0}, 9);
  output.push(milliseconds{40}, 2);
  EXPECT_THAT(output.values(), ElementsAre(1, 2));
  EXPECT_EQ(output.counters().not_ascending, 2U);
}

TEST(Resampler, KeepsAliasesOutWhenItThinsOut) {
  EXPECT_NEAR(amplitude_after(5, 100, 50), 1, 0.02);
  EXPECT_LT(amplitude_after(40, 100, 50), 0.01);  // would fold to 10 Hz
  EXPECT_GT(amplitude_after(20, 60, 50), 0.6);    // 1.2 times as fast: interpolation alone, no low-pass
  EXPECT_LT(amplitude_after(180, 400, 50), 0.001);
}

TEST(Resampler, LetsGravityPassFromTheFirstSample) {
  Output output({.source_rate_hz = 200, .target_rate_hz = 50});
  for (int k = 0; k < 400; ++k) output.push(milliseconds{5 * k}, 9.81);
  EXPECT_EQ(output.points.size(), 100U);
  EXPECT_THAT(output.values(), Each(FloatNear(9.81F, 1e-4F)));
}

TEST(Resampler, FollowsARateThatJumps) {
  // WISDM's watches fall from 20 into 100 Hz and back. A fast tone in the fast part must not fold into the grid.
  Output output({.source_rate_hz = 20, .target_rate_hz = 20});
  nanoseconds time{0};
  const auto add = [&](int count, nanoseconds interval, double frequency_hz) {
    for (int k = 0; k < count; ++k) {
      time += interval;
      output.push(time, std::sin(2 * std::numbers::pi * frequency_hz * std::chrono::duration<double>(time).count()));
    }
  };
  add(100, milliseconds{50}, 0);
  const auto slow_points = output.points.size();
  add(1000, milliseconds{10}, 17);
  const auto fast_end = output.points.size();
  add(100, milliseconds{50}, 0);
  EXPECT_EQ(output.counters().gaps, 0U);
  EXPECT_EQ(fast_end - slow_points, 200U);
  for (std::size_t k = slow_points + 20; k < fast_end; ++k) EXPECT_LT(std::abs(output.points[k].x), 0.05) << k;
}

TEST(Resampler, NeverTakesLongPausesForARate) {
  // A sensor that slowly dies: however regular its last samples are, nothing is made up between them.
  Output output({.source_rate_hz = 50, .target_rate_hz = 50});
  for (int k = 0; k < 100; ++k) output.push(milliseconds{20 * k}, 1);
  const auto before = output.points.size();
  for (int k = 1; k <= 20; ++k) output.push(std::chrono::hours{24 * k}, 1);
  EXPECT_EQ(output.points.size(), before + 20);
  EXPECT_EQ(output.counters().gaps, 20U);
}

}  // namespace
}  // namespace propriod::model
