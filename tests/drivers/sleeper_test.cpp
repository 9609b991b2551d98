#include "drivers/sleeper.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <set>
#include <vector>

namespace propriod::drivers {
namespace {

using namespace std::chrono_literals;

constexpr double kDegPerRad = 180 / std::numbers::pi;
constexpr double kLsbMps2 = kStandardGravityMps2 / 256;

std::vector<Sleeper::State> sleep(const Sleeper::Options& options, std::size_t samples) {
  Sleeper sleeper(options);
  std::vector<Sleeper::State> states(samples);
  for (Sleeper::State& state : states) state = sleeper.next();
  return states;
}

double norm(const Acceleration& accel_mps2) { return std::hypot(accel_mps2[0], accel_mps2[1], accel_mps2[2]); }

double roll_deg(const Sleeper::State& state) {
  return std::atan2(state.accel_mps2[0], state.accel_mps2[2]) * kDegPerRad;
}

// Of angles that all lie within a half turn.
double mean_roll_deg(const std::vector<Sleeper::State>& states, std::size_t begin, std::size_t end) {
  std::complex<double> sum;
  for (std::size_t i = begin; i < end; ++i) sum += std::polar(1.0, roll_deg(states[i]) / kDegPerRad);
  return std::arg(sum) * kDegPerRad;
}

double difference_deg(double a, double b) { return std::remainder(a - b, 360); }

std::uint64_t seed_of_a_sleeper_who_begins(std::size_t posture) {
  std::uint64_t seed = 0;
  while (Sleeper({.seed = seed}).next().posture != posture) ++seed;
  return seed;
}

TEST(Sleeper, RepeatsItselfForASeedAndOnlyForThat) {
  const auto first = sleep({.seed = 7}, 5000);
  const auto again = sleep({.seed = 7}, 5000);
  const auto other = sleep({.seed = 8}, 5000);
  std::size_t equal_to_other = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    ASSERT_EQ(first[i].accel_mps2, again[i].accel_mps2);
    ASSERT_EQ(first[i].posture, again[i].posture);
    if (first[i].accel_mps2 == other[i].accel_mps2) ++equal_to_other;
  }
  EXPECT_LT(equal_to_other, first.size() / 100);
}

TEST(Sleeper, MeasuresOneGWhileLying) {
  for (const auto placement : {SleeperPlacement::kChest, SleeperPlacement::kNeck, SleeperPlacement::kAbdomen}) {
    double sum_mps2 = 0;
    const auto states = sleep({.seed = 3, .placement = placement}, 30000);
    for (const auto& state : states) {
      sum_mps2 += norm(state.accel_mps2);
      ASSERT_NEAR(norm(state.accel_mps2), kStandardGravityMps2, 0.4);
    }
    EXPECT_NEAR(sum_mps2 / 30000, kStandardGravityMps2, 0.02);
  }
}

TEST(Sleeper, StaysOnTheGridOfTheChip) {
  for (const auto& state : sleep({}, 10000)) {
    for (const float axis_mps2 : state.accel_mps2) {
      const double lsb = static_cast<double>(axis_mps2) / kLsbMps2;
      ASSERT_NEAR(lsb, std::round(lsb), 1e-3);
      ASSERT_LE(std::abs(lsb), 512);
    }
  }
}

TEST(Sleeper, MakesTheNoiseOfTheDataSheet) {
  for (const auto& [rate_hz, expected_lsb] : {std::pair{50.0, 0.75}, std::pair{400.0, 1.5}}) {
    const auto states = sleep({.placement = SleeperPlacement::kAbdomen, .rate_hz = rate_hz}, 2900);
    double square_sum = 0;  // of the steps between neighbours, which no slow motion reaches
    for (std::size_t i = 1; i < states.size(); ++i) {
      const double step_lsb = (states[i].accel_mps2[0] - states[i - 1].accel_mps2[0]) / kLsbMps2;
      square_sum += step_lsb * step_lsb;
    }
    const double rounding = 1.0 / 12;
    EXPECT_NEAR(std::sqrt(square_sum / 2 / 2899 - rounding), expected_lsb, 0.1) << rate_hz << " Hz";
  }
}

TEST(Sleeper, TakesEveryPostureOnceBeforeAnyComesAgain) {
  constexpr std::size_t kBout = 20 * 10;  // samples
  const auto states = sleep({.seed = 5, .rate_hz = 20, .bout = 10s}, 36 * kBout);
  for (std::size_t round = 0; round < 3; ++round) {
    std::set<std::size_t> seen;
    for (std::size_t bout = 12 * round; bout < 12 * (round + 1); ++bout) {
      seen.insert(states[(bout + 1) * kBout - 1].posture);
    }
    EXPECT_EQ(seen.size(), kPostures.size());
  }
}

TEST(Sleeper, LiesThirtyDegreesApartFromPostureToPosture) {
  std::array<double, kPostures.size()> error_deg{};
  constexpr int kPeople = 40;
  constexpr std::size_t kBout = 20 * 10;
  for (std::uint64_t seed = 0; seed < kPeople; ++seed) {
    const auto states = sleep({.seed = seed, .rate_hz = 20, .bout = 10s}, 12 * kBout);
    for (std::size_t bout = 0; bout < 12; ++bout) {
      const std::size_t posture = states[(bout + 1) * kBout - 1].posture;
      const double lying_deg = mean_roll_deg(states, bout * kBout + kBout / 2, (bout + 1) * kBout);
      const double nominal_deg = 30 * static_cast<double>(posture);
      EXPECT_LT(std::abs(difference_deg(lying_deg, nominal_deg)), 25) << kPostures[posture] << ", seed " << seed;
      error_deg[posture] += difference_deg(lying_deg, nominal_deg) / kPeople;
    }
  }
  EXPECT_THAT(error_deg, testing::Each(testing::AllOf(testing::Gt(-3), testing::Lt(3))));
}

TEST(Sleeper, ChangesTheLabelHalfWayThroughATurn) {
  constexpr std::size_t kBout = 50 * 20;
  const auto states = sleep({.seed = 2, .bout = 20s}, 12 * kBout);
  for (std::size_t bout = 1; bout < 12; ++bout) {
    const auto begin = states.begin() + static_cast<std::ptrdiff_t>(bout * kBout);
    const auto before = (begin - 1)->posture;
    const auto change = std::find_if(begin, begin + kBout, [&](const auto& state) { return state.posture != before; });
    const auto turn_half = change - begin;
    EXPECT_GE(turn_half, 50);  // 2 to 5 s for the whole turn
    EXPECT_LE(turn_half, 125);
    const double from_deg = mean_roll_deg(states, (bout - 1) * kBout + kBout / 2, bout * kBout);
    const double to_deg = mean_roll_deg(states, bout * kBout + kBout / 2, (bout + 1) * kBout);
    const double turned_deg = difference_deg(roll_deg(*change), from_deg);
    const double way_deg = difference_deg(to_deg, from_deg);
    EXPECT_NEAR(std::abs(turned_deg), std::abs(way_deg) / 2, 12) << "bout " << bout;
  }
}

TEST(Sleeper, TurnsAllSensorsOfAPersonTogetherAtAnyRate) {
  const auto chest = sleep({.seed = 9, .rate_hz = 50, .bout = 10s}, 30000);
  const auto neck = sleep({.seed = 9, .placement = SleeperPlacement::kNeck, .rate_hz = 100, .bout = 10s}, 60000);
  for (std::size_t i = 0; i < chest.size(); ++i) ASSERT_EQ(chest[i].posture, neck[2 * i].posture) << i;
}

TEST(Sleeper, BreathesTwelveToEighteenTimesAMinute) {
  constexpr double kRateHz = 10;
  const auto states = sleep({.seed = seed_of_a_sleeper_who_begins(0), .rate_hz = kRateHz, .bout = 120s}, 1200);
  double strongest = 0;
  double strongest_hz = 0;
  for (double hz = 0.08; hz < 0.6; hz += 0.01) {
    std::complex<double> sum;
    for (std::size_t i = 0; i < states.size(); ++i) {
      sum += std::polar<double>(states[i].accel_mps2[1], 2 * std::numbers::pi * hz * static_cast<double>(i) / kRateHz);
    }
    if (std::abs(sum) > strongest) {
      strongest = std::abs(sum);
      strongest_hz = hz;
    }
  }
  EXPECT_GE(strongest_hz, 0.19);
  EXPECT_LE(strongest_hz, 0.31);
}

TEST(Sleeper, KnowsItsPlacementsByName) {
  EXPECT_EQ(sleeper_placement("chest"), SleeperPlacement::kChest);
  EXPECT_EQ(sleeper_placement("neck"), SleeperPlacement::kNeck);
  EXPECT_EQ(sleeper_placement("abdomen"), SleeperPlacement::kAbdomen);
  EXPECT_EQ(sleeper_placement("Chest"), std::nullopt);
}

}  // namespace
}  // namespace propriod::drivers
